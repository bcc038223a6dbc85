"""Stage 2: preflight, single batch, baselines (S2.7, S2.8, S2.9)."""

from __future__ import annotations

from dataclasses import asdict

from tunebook.guide.session import Measured, Session
from tunebook.probes.check import check
from tunebook.probes.learning import N_UPDATES
from tunebook.probes.single_batch import N_STEPS
from tunebook.records.finding import Finding, Verdict, finding_of

_TRAINED = {"single-batch": N_STEPS, "learning": N_UPDATES}
_CHANCE, _PREFLIGHT = {"learning"}, {"single-batch", "learning", "metric", "validation-size"}


def carry_out(session: Session) -> None:
    """Check the task with the first configuration; problems close the gate."""

    def run() -> Measured:
        # A default rate is no mistake: stage 4 chooses it.
        config = {n: v for n, v in session.config.items() if n != "lr" or n in session.given}
        found = check(session.task, config, seed=session.seed)
        updates = sum(_TRAINED.get(finding.check, 0) for finding in found)
        return [asdict(finding) for finding in found], updates

    for told in session.measure(2, "check", run):
        finding = finding_of(told)
        session.find(2, finding)
        if finding.verdict is not Verdict.PROBLEM:
            continue
        # The gate has one word for several checks.
        gate = "chance" if finding.check in _CHANCE else "preflight"
        if finding.check not in _PREFLIGHT or finding.check in _CHANCE:
            session.find(2, Finding(gate, Verdict.PROBLEM, finding.title, source=finding.source))
