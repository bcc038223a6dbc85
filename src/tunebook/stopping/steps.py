"""End the study when its training steps are used up (I7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from tunebook.records import StudyState
from tunebook.stopping.protocol import Ending, Progress, RunningTrials


@final
@dataclass(frozen=True, slots=True)
class StepsRule:
    """Steps are granted before they are trained, so the limit is never passed."""

    def ending(self, progress: Progress) -> Ending | None:
        """Return the ending once no step is left to grant and none is being trained."""
        limit = progress.budget.steps
        if limit is None or progress.steps_done < limit:
            return None
        why = f"step limit: {progress.steps_done:,} of {limit:,} steps are trained"
        return Ending(StudyState.STOPPED, "steps", why, RunningTrials.STOP)
