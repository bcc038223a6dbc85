"""The driver's side of one worker: what it was told, what it said, and how long it may take.

A worker that does not end when it was asked to is killed; its kill is ordered by the executor,
when ``is_overdue`` says so.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import final

from tunebook.engine.commands import Launch
from tunebook.execution.failures import Death, death_failure, log_tail, time_limit_failure
from tunebook.execution.messages import answer_order, halt_order, launch_order, read_events
from tunebook.execution.trial_setup import TrialSetup
from tunebook.execution.wire import Message, Wire
from tunebook.records import (
    Event,
    Failure,
    FailureKind,
    TrialBegan,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialState,
)
from tunebook.training import Leave, Proceed

_CANCEL_GRACE_S = 2.0
"""So long a trial of which nothing is wanted may take to end by itself."""

_OVERTIME_S = 3.0
"""Seconds after its time limit at which a trial is killed that has not ended when asked to."""

_CLOSED_GRACE_S = 1.0
"""So long a worker that closed its wire may take to be gone."""

_SAVES = 10
"""A trial that is to be kept may take so many times the usual grace: it saves a checkpoint."""


class Phase(Enum):
    """What a worker is doing."""

    IDLE = auto()
    TRAINING = auto()
    HELD = auto()
    """Came to the end of its slice and waits for the answer."""
    WAITING = auto()
    """Was released and keeps its trial all the same, in case that goes on."""
    LEAVING = auto()
    """Was taken from its trial, and is saving it or unwinding."""


@final
class WorkerLink:
    """One worker. ``launch`` is the trial it has, None while it has none.

    ``is_dying``: it is about to be gone and takes no trial any more. ``has_ended``: it says
    nothing more. ``is_tracked``: the trial that it holds can be saved. ``grace_s`` is what a
    trial gets to reach the end of a step once it was asked to end; one whose steps were seen to
    take longer gets twice its longest silence.
    """

    def __init__(
        self,
        number: int,
        wire: Wire,
        setup: TrialSetup,
        *,
        grace_s: float,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.number = number
        self.wire = wire
        self.phase = Phase.IDLE
        self.launch: Launch | None = None
        self.is_dying = False
        self.has_ended = False
        self.is_tracked = False
        self._setup = setup
        self._grace_s = grace_s
        self._clock = clock
        self._now = now
        self._halting: TrialState | None = None
        self._is_timed_out = False
        self._step, self._seconds = 0, 0.0
        self._trains_since = self._heard_at = 0.0
        self._longest_silence_s = 0.0
        self._limit_at: float | None = None
        self._kill_at: float | None = None

    def has(self, trial: TrialNumber) -> bool:
        """Whether the worker has not yet let go of that trial."""
        is_its = self.launch is not None and self.launch.trial == trial
        return is_its and self.phase is not Phase.WAITING

    def begin(self, launch: Launch) -> bool:
        """Give a trial to the idle worker; False when there is no worker any more."""
        try:
            self.wire.send(launch_order(launch))
        except OSError:
            self.is_dying = True
            return False
        self.launch = launch
        self._longest_silence_s = 0.0
        self._seconds = launch.seconds
        self._train()
        return True

    def proceed(self, until: int | None) -> None:
        """Let the trial that is held go on."""
        if self.phase is Phase.HELD:
            self._send(answer_order(Proceed(until)))
            self._train()

    def release(self) -> None:
        """Take the worker from the trial that is held."""
        if self.phase is Phase.HELD:
            is_kept = self._halting is not TrialState.CANCELLED
            self._send(answer_order(Leave(is_kept=is_kept)))
            self.phase = Phase.LEAVING
            self._kill_at = self._clock() + self._patience_s() * (_SAVES if is_kept else 1)

    def park(self) -> None:
        """Let the trial that is held wait although it is released."""
        self.phase = Phase.WAITING

    def can_resume(self, launch: Launch) -> bool:
        """Whether a launch of the waiting trial would go on where it stands."""
        is_ahead = launch.until_step is None or launch.until_step > self._step
        return is_ahead and not launch.checkpoints

    def resume(self, launch: Launch, device: str) -> Event:
        """Let the waiting trial go on as it was launched; return the event that says so."""
        self.launch = launch
        self._send(answer_order(Proceed(launch.until_step)))
        self._train()
        return TrialBegan(self._now(), launch.trial, self._step, device)

    def dismiss(self) -> None:
        """End the worker, which is idle or waits; a trial that waits unwinds first."""
        if self.phase is Phase.WAITING:
            self._send(answer_order(Leave(is_kept=False)))
            self.phase = Phase.LEAVING
        self.is_dying = True
        self.wire.finish_sending()
        self._kill_at = self._clock() + self._patience_s()

    def halt(self, outcome: TrialState) -> None:
        """Ask the trial to end at its next step; if it never gets there, it will be overdue.

        A trial that cannot be set aside goes on to the end of its slice: nothing forces it.
        """
        self._halting = outcome
        if self.phase is not Phase.TRAINING:
            return
        self._send(halt_order(outcome))
        if outcome is TrialState.CANCELLED:
            self._kill_at = self._clock() + min(self._grace_s, _CANCEL_GRACE_S)
        elif outcome is TrialState.STOPPED:
            self._kill_at = self._clock() + self._patience_s()

    @property
    def due_at(self) -> float | None:
        """When ``is_overdue`` is to be asked next; None: no need before the worker speaks."""
        if self._limit_at is None or self._kill_at is None:
            return self._kill_at if self._limit_at is None else self._limit_at
        return min(self._limit_at, self._kill_at)

    def is_overdue(self) -> bool:
        """Whether the worker must be killed now. Asks a trial over its time limit to end."""
        now = self._clock()
        if self._limit_at is not None and now >= self._limit_at:
            self._limit_at = None
            self._is_timed_out = True
            # Nothing of it will be used, so nothing is to be saved.
            self._send(halt_order(TrialState.CANCELLED))
            kill_at = now + min(self._grace_s, _OVERTIME_S)
            self._kill_at = kill_at if self._kill_at is None else min(kill_at, self._kill_at)
        if self._kill_at is None or now < self._kill_at:
            return False
        self._kill_at = None
        self.is_dying = True
        return True

    def read(self) -> list[Event]:
        """Return the events that have come; ``has_ended`` says that there will be no more."""
        return [event for message in self._messages() for event in self._hear(message)]

    def buried(self, death: Death) -> list[Event]:
        """Return all that is left to say of a worker that is gone, and let go of its wire."""
        events: list[Event] = []
        while messages := self._messages():
            for message in messages:
                events += self._hear(message)
        if self.launch is not None and self.phase in {Phase.TRAINING, Phase.HELD}:
            events.append(self._judged(self._end_of(self.launch.trial, death)))
        self.launch = None
        self.wire.close()
        return events

    def _train(self) -> None:
        self.phase = Phase.TRAINING
        self._halting = None
        self._is_timed_out = False
        self._kill_at = None
        self._trains_since = self._heard_at = self._clock()
        limit_s = self._setup.trial_timeout_s
        if limit_s is not None:
            self._limit_at = self._heard_at + max(0.0, limit_s - self._seconds)

    def _patience_s(self) -> float:
        return max(self._grace_s, 2 * self._longest_silence_s)

    def _send(self, order: Message) -> None:
        # A worker that is gone is buried soon.
        with contextlib.suppress(OSError):
            self.wire.send(order)

    def _messages(self) -> Sequence[Message]:
        if self.has_ended:
            return ()
        try:
            return self.wire.read(0.0)
        except EOFError:
            self.has_ended = True
            self._kill_at = self._clock() + _CLOSED_GRACE_S
            return ()

    def _hear(self, message: Message) -> list[Event]:
        now = self._clock()
        if self.phase is Phase.TRAINING:
            self._longest_silence_s = max(self._longest_silence_s, now - self._heard_at)
        self._heard_at = now
        events = [self._judged(event) for event in read_events(message["events"])]
        if events and isinstance(events[-1], TrialReached):
            self._step, self._seconds = events[-1].step, events[-1].seconds
            self.is_tracked = message["is_tracked"]
            self._rest(Phase.HELD)
        if message.get("is_idle"):
            self.launch = None
            self._rest(Phase.IDLE)
            if message["is_tired"]:
                self.dismiss()
        return events

    def _rest(self, phase: Phase) -> None:
        """Take note that nothing has to happen in time any more."""
        self.phase = phase
        self._limit_at = self._kill_at = None

    def _judged(self, event: Event) -> Event:
        """Make the end of a trial that ran out of time a failure."""
        limit_s = self._setup.trial_timeout_s
        if not self._is_timed_out or limit_s is None:
            return event
        match event:
            case TrialEnded(seconds=seconds):
                pass
            case TrialLost(is_driver_loss=False):
                seconds = self._seconds
                if self.phase is Phase.TRAINING:
                    seconds += self._clock() - self._trains_since
            case _:
                return event
        failure = time_limit_failure(limit_s, self._setup.log_of(event.trial))
        return TrialFailed(event.at, event.trial, failure, seconds)

    def _end_of(self, trial: TrialNumber, death: Death) -> Event:
        """Return what a death in the middle of a trial means for it.

        A trial that took too long would do so again, and ends. Any other is lost and tried again:
        even the kernel, when memory runs out, may kill one trial because of another. What became
        of its server is not counted against a trial.
        """
        now, log = self._now(), self._setup.log_of(trial)
        if self.is_dying and self._halting is not None:
            message = "the trial was asked to end, came to the end of no step, and was killed"
            return TrialLost(now, trial, Failure(FailureKind.KILLED, message, None, log_tail(log)))
        failure = death_failure(death, log)
        return TrialLost(now, trial, failure, is_driver_loss=death.status is None)
