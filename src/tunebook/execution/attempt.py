"""Runs a training function once, and says how that ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tunebook.execution.event_channel import EventChannel
from tunebook.execution.failures import TaskFailed, failure_of
from tunebook.records import Event
from tunebook.training import Diverged, TrainingFunction, TrialHandle, Unwind


def run_attempt(
    function: TrainingFunction,
    handle: TrialHandle,
    channel: EventChannel,
    *,
    log: Path | None = None,
) -> Sequence[Event]:
    """Call the user's function; return the events of its end, not yet sent. Passes Ctrl-C on."""
    error = _error_of(function, handle)
    failure = None if error is None else failure_of(error, log)
    is_loss = isinstance(error, TaskFailed) and error.is_loss
    return channel.end(handle, failure, is_loss=is_loss)


def _error_of(function: TrainingFunction, handle: TrialHandle) -> BaseException | None:
    try:
        handle.conclude(_call(function, handle))
    except Diverged as divergence:
        return divergence
    except Unwind:
        return None
    # The user's code is called here: whatever it raises is the trial's failure, not ours.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - see above
        return error
    return None


def _call(function: TrainingFunction, handle: TrialHandle) -> object:
    try:
        return function(handle)
    except SystemExit as leaving:
        if leaving.code in (None, 0):
            return None
        raise
