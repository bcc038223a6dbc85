"""Stage 2: the quick checks of a task: its parts, its steps, a single batch, what it learns."""

from __future__ import annotations

from tunebook.checks.check import Ability
from tunebook.checks.registry import CHECKS
from tunebook.guide.session import Session

_GATES = {"learning": "chance"}


def carry_out(session: Session) -> None:
    """Check the task with the first configuration; problems close the gate."""
    # A default rate is no mistake: stage 4 chooses it.
    config = {n: v for n, v in session.config.items() if n != "lr" or n in session.given}
    checks = [c for c in CHECKS if c.is_quick and c.ability is not Ability.HAS_DATA]
    session.ask_all(2, checks, config, gates=_GATES, gate="preflight")
