"""Runs a training function once, and says how that ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tunebook.execution.event_channel import EventChannel
from tunebook.execution.failures import failure_of
from tunebook.records import Event, Failure
from tunebook.training import Diverged, TrainingFunction, TrialHandle, Unwind


def run_attempt(
    function: TrainingFunction,
    handle: TrialHandle,
    channel: EventChannel,
    *,
    log: Path | None = None,
) -> Sequence[Event]:
    """Call the user's function and return the events that end the attempt, not yet sent.

    Only what is no ``Exception`` comes out of here, such as a KeyboardInterrupt.
    """
    failure = _failure_in(function, handle, log)
    return end_attempt(handle, channel, failure)


def end_attempt(
    handle: TrialHandle, channel: EventChannel, failure: Failure | None
) -> Sequence[Event]:
    """Close the handle and return all that is left to say."""
    channel.begin_ending()
    handle.close()
    return channel.ending(failure, step=handle.step, seconds=handle.seconds, notice=handle.notice)


def _failure_in(
    function: TrainingFunction, handle: TrialHandle, log: Path | None
) -> Failure | None:
    try:
        handle.conclude(_call(function, handle))
    except Diverged as divergence:
        return failure_of(divergence, log)
    except Unwind:
        return None
    # The user's code is called here: whatever it raises is the trial's failure, not ours.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - see above
        return failure_of(error, log)
    return None


def _call(function: TrainingFunction, handle: TrialHandle) -> object:
    try:
        return function(handle)
    except SystemExit as leaving:
        if leaving.code in (None, 0):
            return None
        raise
