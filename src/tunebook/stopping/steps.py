"""End the study when its training steps are used up (I7)."""

from __future__ import annotations

from tunebook.records import StudyState
from tunebook.stopping.protocol import Ending, Progress, RunningTrials


def steps_ending(progress: Progress) -> Ending | None:
    """Return the ending once no step is left to grant and none is being trained.

    Steps are granted before they are trained, so the limit is never passed.
    """
    limit = progress.budget.steps
    if limit is None or progress.steps_done < limit:
        return None
    why = f"step limit: {progress.steps_done:,} of {limit:,} steps are trained"
    return Ending(StudyState.STOPPED, "steps", why, RunningTrials.STOP)
