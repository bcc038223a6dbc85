"""Trials in this very process, one after the other: for notebooks, debugging and tests.

The driver is called from within the training: ``deliver`` hands it the events, and the commands
with which it answers steer the trial that waits below it on the stack.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never, final

from tunebook.engine.commands import Command, Continue, Discard, Halt, Launch, Release
from tunebook.execution.attempt import run_attempt
from tunebook.execution.devices import CPU
from tunebook.execution.event_channel import EventChannel
from tunebook.execution.failures import time_limit_failure
from tunebook.execution.launch_queue import LaunchQueue
from tunebook.execution.process_tree import OwnProcesses, mark_of
from tunebook.execution.protocol import Deliver
from tunebook.execution.trial_setup import DRY_RUN, TrialSetup
from tunebook.records import (
    Event,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialNumber,
    TrialState,
)
from tunebook.training import (
    Answer,
    Checkpoints,
    Leave,
    Proceed,
    TrainingFunction,
    TrialHandle,
    Unwind,
    preserved_randomness,
    seed_everything,
)


@final
class InlineExecutor:
    """One slot, in the thread that calls ``events``.

    A tracked trial that is paused goes on from its checkpoint; any other starts again, since a
    function on this stack cannot wait while the next one runs.
    """

    n_slots = 1
    can_pause = True
    is_saving = False
    """Never after ``events`` has returned."""

    def __init__(
        self,
        function: TrainingFunction,
        setup: TrialSetup,
        *,
        checkpoints: Checkpoints | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._function = function
        self._setup = setup
        self._checkpoints = checkpoints
        self._clock = clock
        self._now = now
        self._wait = wait
        self._queue = LaunchQueue()
        self._set_aside: dict[TrialNumber, Launch] = {}
        self._outbox: list[Event] = []
        self._processes = OwnProcesses(mark_of(setup.home, setup.study))
        self._line: _InlineLine | None = None

    def carry_out(self, command: Command) -> None:
        """Do what the command says, or remember it until ``events`` is called."""
        match command:
            case Launch():
                self._set_aside.pop(command.trial, None)
                self._queue.add(command)
            case Continue(trial=trial, until_step=until):
                self._continue(trial, until)
            case Release(trial=trial):
                self._set_aside.pop(trial, None)
                if self._line is not None and self._line.launch.trial == trial:
                    self._line.answer = Leave(is_kept=True)
            case Halt(trial=trial, outcome=outcome):
                self._halt(trial, outcome)
            case Discard():
                pass
            case _:
                assert_never(command)

    def events(self, deliver: Deliver, timeout_s: float) -> None:
        """Train the next trial here and deliver what it says; wait if there is none."""
        if self._outbox:
            batch, self._outbox = self._outbox, []
            deliver(batch)
            return
        launch = self._queue.take()
        if launch is None:
            self._wait(timeout_s)
            return
        if self._checkpoints is None:
            self._checkpoints = self._setup.open_checkpoints()
        limit_s = self._setup.trial_timeout_s
        line = self._line = _InlineLine(launch, deliver, self._queue, limit_s)
        try:
            with self._processes.marked():
                self._train(line)
        finally:
            self._line = None

    def close(self) -> None:
        """Forget what waits, and end the processes that trials have started."""
        self._processes.end()
        self._queue = LaunchQueue()
        self._set_aside.clear()

    def _continue(self, trial: TrialNumber, until: int | None) -> None:
        if self._line is not None and self._line.launch.trial == trial:
            self._line.answer = Proceed(until)
            return
        launch = self._set_aside.pop(trial, None)
        if launch is not None:
            self._queue.add(replace(launch, until_step=until))

    def _halt(self, trial: TrialNumber, outcome: TrialState) -> None:
        if self._line is not None and self._line.launch.trial == trial:
            self._line.halting = outcome
            return
        event = self._queue.halt(trial, outcome, self._now())
        if event is not None:
            self._outbox.append(event)
        else:
            self._set_aside.pop(trial, None)

    def _train(self, line: _InlineLine) -> None:
        launch = line.launch
        channel = EventChannel(line, launch, now=self._now)
        handle = TrialHandle(
            self._setup.assignment(launch, CPU, in_background=False),
            channel,
            checkpoints=None if launch.trial == DRY_RUN else self._checkpoints,
            clock=self._clock,
        )
        line.seconds = lambda: handle.seconds
        try:
            with preserved_randomness():
                seed_everything(handle.seed)
                last = run_attempt(self._function, handle, channel)
        except BaseException:
            # Ctrl-C: what was measured is delivered, and the trial is as if it had not been begun
            # since its last checkpoint. Whether it goes on is for the driver to say.
            if not handle.has_left:
                self._queue.put_first(replace(line.launch, seconds=handle.seconds))
            ended = channel.end(handle, None)
            line.deliver([event for event in ended if not isinstance(event, TrialEnded)])
            raise
        if line.error is not None:
            raise line.error
        if line.is_unanswered:
            self._set_aside[launch.trial] = replace(line.launch, seconds=handle.seconds)
        if last:
            line.deliver([line.judged(event) for event in last])


@final
@dataclass(slots=True)
class _InlineLine:
    """The way from a trial to the driver below it on the stack, and the driver's orders."""

    launch: Launch
    deliver: Deliver
    queue: LaunchQueue
    limit_s: float | None
    seconds: Callable[[], float] = lambda: 0.0
    answer: Answer | None = None
    halting: TrialState | None = None
    is_unanswered: bool = False
    is_timed_out: bool = False
    error: Exception | None = None

    def send(self, events: Sequence[Event]) -> None:
        """Deliver; an error of the driver is no error of the user's code and passes it by."""
        for event in events:
            if isinstance(event, TrialCheckpointed):
                kept = (*self.launch.checkpoints, event.checkpoint)
                self.launch = replace(self.launch, checkpoints=kept, is_clone=False)
                self.queue.add_checkpoint(event.checkpoint)
        try:
            self.deliver(events)
        except Exception as error:
            self.error = error
            raise Unwind from error

    def ask(self, events: Sequence[Event], *, is_tracked: bool) -> Answer:
        """Deliver the end of the slice; the driver has answered when that returns."""
        self.send(events)
        self.halting = None
        answer, self.answer = self.answer, None
        self.is_unanswered = answer is None
        return answer or Leave(is_kept=True)

    def halt(self) -> TrialState | None:
        """Return what the driver asked for, or the end of the trial's time."""
        if self.limit_s is not None and self.seconds() > self.limit_s:
            self.is_timed_out = True
            return TrialState.STOPPED
        return self.halting

    def judged(self, event: Event) -> Event:
        """Make the end of a trial that ran out of time a failure."""
        if self.is_timed_out and self.limit_s is not None and isinstance(event, TrialEnded):
            failure = time_limit_failure(self.limit_s)
            return TrialFailed(event.at, event.trial, failure, event.seconds)
        return event
