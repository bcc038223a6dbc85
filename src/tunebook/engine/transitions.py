"""The one table of which trial state may follow which. A forbidden move tells the trial's story."""

from __future__ import annotations

from collections.abc import Iterable

from tunebook.errors import InvalidTransitionError
from tunebook.records import Event, Trial, TrialState

_S = TrialState

TRANSITIONS: dict[tuple[TrialState, TrialState], str] = {
    (_S.QUEUED, _S.RUNNING): "a worker is free",
    (_S.QUEUED, _S.CANCELLED): "called off before it began",
    (_S.RUNNING, _S.PAUSED): "came to the end of its slice, or was set aside",
    (_S.RUNNING, _S.DONE): "trained to its end",
    (_S.RUNNING, _S.STOPPED): "ended early; its value counts",
    (_S.RUNNING, _S.INFEASIBLE): "diverged, out of memory, over its time limit",
    (_S.RUNNING, _S.FAILED): "the user's code raised",
    (_S.RUNNING, _S.CANCELLED): "called off; its value does not count",
    (_S.RUNNING, _S.LOST): "its worker vanished",
    (_S.PAUSED, _S.RUNNING): "was given another slice",
    (_S.PAUSED, _S.STOPPED): "not worth another slice; its value counts",
    (_S.PAUSED, _S.CANCELLED): "called off while paused",
    (_S.LOST, _S.RUNNING): "retried from its last checkpoint",
    (_S.LOST, _S.INFEASIBLE): "lost too often",
    (_S.LOST, _S.STOPPED): "the study ended before it was retried",
    (_S.LOST, _S.CANCELLED): "called off before it was retried",
}
"""(from, to) and when it happens."""


def check_transition(trial: Trial, to: TrialState, story: Iterable[Event]) -> None:
    """Raise ``InvalidTransitionError`` unless the trial may go to ``to``.

    The error tells the trial's own events in ``story``, the study's last ones.
    """
    if (trial.state, to) in TRANSITIONS:
        return
    allowed = sorted(target for source, target in TRANSITIONS if source is trial.state)
    own = [type(event).__name__ for event in story if getattr(event, "trial", None) == trial.number]
    told = "; ".join(own[-12:]) or "nothing yet"
    raise InvalidTransitionError(
        f"Trial {trial.number} cannot go from {trial.state} to {to}. Its story: {told}",
        got=str(to),
        expected=f"one of {', '.join(allowed)}" if allowed else "nothing more: the state is final",
        do="This is a bug in tunebook: please report it with this message",
    )
