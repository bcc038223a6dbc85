"""End the study when its hours or its money are used up; every result is kept (I7, S0.8)."""

from __future__ import annotations

from tunebook.records import StudyState
from tunebook.stopping.protocol import Ending, Progress, RunningTrials


def deadline_ending(progress: Progress) -> Ending | None:
    """Return the ending once hours or cost have reached their limit.

    Time counts while a driver is at work; money is that time at the price per hour.
    """
    budget = progress.budget
    if budget.hours is not None and progress.active_s >= budget.hours * 3600:
        why = f"time limit: {budget.hours:g} h of work are used"
        return Ending(StudyState.STOPPED, "hours", why, RunningTrials.STOP)
    cost = progress.cost
    if budget.cost is not None and cost is not None and cost >= budget.cost:
        why = f"cost limit: {cost:.2f} of {budget.cost:g} are spent"
        return Ending(StudyState.STOPPED, "cost", why, RunningTrials.STOP)
    return None
