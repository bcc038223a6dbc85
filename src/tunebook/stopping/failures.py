"""End the study when the user's code keeps raising: the mistake is in the code, not in a trial."""

from __future__ import annotations

from tunebook.records import StudyState
from tunebook.stopping.protocol import Ending, Progress, RunningTrials

_HOPELESS = 3
"""So many failures without a single value end a study that has no limit of its own (our rule)."""


def failures_ending(progress: Progress) -> Ending | None:
    """Return the ending once too many trials have failed.

    More failures than ``max_failures``, or only failures from the start, end the study.
    """
    n, limit = progress.n_failed, progress.budget.max_failures
    last = f"; the last one: {progress.last_error}" if progress.last_error else ""
    if limit is not None:
        if n <= limit:
            return None
        why = f"{n} trials failed, {limit} may{last}"
    elif n >= _HOPELESS and progress.n_succeeded == 0 and progress.best_value is None:
        why = f"the first {n} trials all failed{last}"
    else:
        return None
    return Ending(StudyState.FAILED, "max_failures", why, RunningTrials.STOP)
