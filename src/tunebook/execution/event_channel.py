"""Turns what a trial says into events. How they get to the driver is its line's affair."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, final

from tunebook.engine.commands import Launch
from tunebook.records import (
    CheckpointRef,
    CheckpointRejected,
    Curves,
    Event,
    Failure,
    FailureKind,
    TrialBegan,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.training import Answer, Leave, TrialHandle


class Line(Protocol):
    """The way from one trial to the driver and back."""

    def send(self, events: Sequence[Event]) -> None:
        """Hand events over, in order."""

    def ask(self, events: Sequence[Event], *, is_tracked: bool) -> Answer:
        """Hand over the end of a slice and wait for the answer."""

    def halt(self) -> TrialState | None:
        """Return how the trial is to end its work early, or None."""


@final
class EventChannel:
    """The channel of one attempt. ``device`` is the physical name of what it trains on."""

    def __init__(
        self,
        line: Line,
        launch: Launch,
        *,
        device: str = "cpu",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._line = line
        self._trial = launch.trial
        self._device = device
        self._now = now
        self._held_back: list[Event] = []
        self._is_ending = False
        self._has_left = False

    def began(self, step: int) -> None:
        """Hold the beginning back until there is more to send."""
        self._held_back.append(TrialBegan(self._now(), self._trial, step, self._device))

    def reported(self, curves: Curves) -> None:
        """Send measurements and what was held back."""
        if curves:
            self._held_back.append(TrialReported(self._now(), self._trial, curves))
        if self._held_back and not self._is_ending:
            self._line.send(self._take())

    def reached(self, step: int, seconds: float, *, is_tracked: bool) -> Answer:
        """Send the end of the slice and wait for the answer."""
        self._held_back.append(TrialReached(self._now(), self._trial, step, seconds))
        answer = self._line.ask(self._take(), is_tracked=is_tracked)
        self._has_left = isinstance(answer, Leave)
        return answer

    def checkpointed(self, checkpoint: CheckpointRef) -> None:
        """Send that a checkpoint is stored."""
        self._held_back.append(TrialCheckpointed(self._now(), self._trial, checkpoint))
        self._line.send(self._take())

    def rejected(self, checkpoint: CheckpointRef, why: str) -> None:
        """Hold back that a checkpoint cannot be used."""
        self._held_back.append(CheckpointRejected(self._now(), self._trial, checkpoint, why))

    def halt(self) -> TrialState | None:
        """Return how the trial is to end its work early, or None."""
        return self._line.halt()

    def end(
        self, handle: TrialHandle, failure: Failure | None, *, is_loss: bool = False
    ) -> Sequence[Event]:
        """Close the handle and return all that is left to say; nothing is sent any more.

        The last event says how the attempt ended, unless the trial just left. A trial that a full
        disk has ended is lost and not to blame. ``is_loss``: what trained it was killed.
        """
        self._is_ending = True
        handle.close()
        now, trial, seconds = self._now(), self._trial, handle.seconds
        if failure is not None and failure.kind is FailureKind.NO_SPACE:
            self._held_back.append(TrialLost(now, trial, failure, is_driver_loss=True))
        elif self._has_left:
            pass
        elif failure is None:
            self._held_back.append(TrialEnded(now, trial, handle.step, seconds, handle.notice))
        elif is_loss:
            self._held_back.append(TrialLost(now, trial, failure))
        else:
            self._held_back.append(TrialFailed(now, trial, failure, seconds))
        return self._take()

    def _take(self) -> Sequence[Event]:
        taken, self._held_back = self._held_back, []
        return taken
