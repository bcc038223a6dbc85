"""Stage 0: data, splits, metric and target (S2.1, S2.11, S4.1)."""

from __future__ import annotations

from tunebook.guide.session import Session
from tunebook.probes.splits import judge_splits
from tunebook.records.finding import Finding, Verdict

_GATES = {"data": "quality", "conflicting-labels": "quality", "overlap": "leakage"}
_GATES |= {"label-leak": "leakage"}


def carry_out(session: Session) -> None:
    """Read the splits, and see that metric and target are set."""
    for finding in [] if session.file is not None else judge_splits(session.task):
        session.find(0, finding)
        gate = _GATES.get(finding.check)
        if gate is not None and finding.verdict is Verdict.PROBLEM:
            # The gate has one word for several checks.
            session.find(0, Finding(gate, Verdict.PROBLEM, finding.title, source=finding.source))
    objective = session.task.objective
    session.find(
        0,
        Finding(
            "metric",
            Verdict.PASS,
            f"The guide will {objective.direction} {objective.metric}.",
            source="S2.1",
        ),
    )
    if session.target is None:
        told = "No target is given: avoidable bias stays unknown."
        advice = "Give --target: human level, a published result, or what is needed."
        session.find(0, Finding("target", Verdict.NOTICE, told, advice=advice, source="S2.1"))
    else:
        told = f"The target is {session.target:.4g}."
        session.find(0, Finding("target", Verdict.PASS, told, source="S2.1"))
