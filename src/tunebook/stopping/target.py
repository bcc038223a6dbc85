"""End the search when a trial reaches the target (S0.11); what runs is cancelled."""

from __future__ import annotations

from tunebook.records import StudyState
from tunebook.stopping.protocol import Ending, Progress, RunningTrials


def target_ending(progress: Progress) -> Ending | None:
    """Return the ending once the incumbent meets the target.

    The first trial whose value is at least as good as the target ends the study.
    """
    target, best = progress.budget.target, progress.best_value
    if target is None or best is None or progress.objective.is_better(target, best):
        return None
    why = (
        f"target reached: trial {progress.best_trial} has "
        f"{progress.objective.metric} {best:.6g} (target {target:g})"
    )
    return Ending(StudyState.DONE, "target", why, RunningTrials.CANCEL)
