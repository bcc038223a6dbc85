"""End the study when trial after trial has not improved the incumbent."""

from __future__ import annotations

from tunebook.records import StudyState
from tunebook.stopping.protocol import Ending, Progress, RunningTrials


def patience_ending(progress: Progress) -> Ending | None:
    """Return the ending once patience has run out.

    ``patience`` trials in a row that ended without a better value end the study.
    """
    patience = progress.budget.patience
    if patience is None or progress.best_value is None:
        return None
    if progress.n_since_improvement < patience:
        return None
    why = f"patience: {progress.n_since_improvement} trials in a row brought no better value"
    return Ending(StudyState.STOPPED, "patience", why, RunningTrials.FINISH)
