"""Stage 2: the quick checks of a task: its steps, a single batch, and what may hold it back."""

from __future__ import annotations

from tunebook.checks.check import Ability
from tunebook.checks.examination import Examination, obstacle
from tunebook.checks.registry import CHECKS
from tunebook.guide.session import Session
from tunebook.playbook.stages import STAGES
from tunebook.records.finding import Finding, Verdict

ABILITIES = (Ability.CAN_TRAIN, Ability.CAN_LOOK_INSIDE, Ability.HAS_DATA)
_GATES = {"learning": "chance"}


def carry_out(session: Session) -> None:
    """Check the task with the first configuration; problems close the gate."""
    # A default rate is no mistake: stage 4 chooses it.
    config = {n: v for n, v in session.config.items() if n != "lr" or n in session.given}
    done = Examination()
    for check in (c for c in CHECKS if c.is_quick):
        reason = obstacle(check, ABILITIES, done)
        if reason:
            done.left_out[check.name] = reason
        else:
            done.conclusions[check.name] = session.ask(2, check, config)
    for found in done.findings:
        # The gate has one word for several checks.
        gate = _GATES.get(found.check, "preflight")
        if found.verdict is Verdict.PROBLEM and found.check not in STAGES[2].gate:
            session.find(2, Finding(gate, Verdict.PROBLEM, found.title, source=found.source))
