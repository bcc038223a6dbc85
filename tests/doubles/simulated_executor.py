"""An executor on simulated time: trials follow recorded or computed curves, nothing is trained.

The driver, the engine and the store are the real ones, so a thousand trials of successive halving
are a matter of seconds. ``clock`` is the time that the driver is given too.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never, final

from tunebook.engine.commands import Command, Continue, Discard, Halt, Launch, Release
from tunebook.execution.protocol import Deliver
from tunebook.records import (
    CheckpointRef,
    Configuration,
    Event,
    Failure,
    FailureKind,
    Series,
    TrialBegan,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.testing.training import ManualClock


@dataclass(slots=True)
class _Attempt:
    launch: Launch
    step: int
    until: int
    halting: TrialState | None = None


@final
class SimulatedExecutor:
    """``n_slots`` workers. ``curve`` gives the values of ``metric`` after each step of a training.

    A step takes ``step_s`` seconds of ``clock``. A value that is not finite is a divergence. A
    paused trial gets a checkpoint, unless ``is_tracked`` is False: then it begins again.
    """

    def __init__(
        self,
        curve: Callable[[Configuration], Sequence[float]],
        *,
        metric: str = "val_accuracy",
        n_slots: int = 1,
        step_s: float = 1.0,
        is_tracked: bool = True,
        clock: ManualClock | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.n_slots = n_slots
        self.can_pause = True
        self.is_saving = False
        self.commands: list[Command] = []
        self._curve = curve
        self._metric = metric
        self._step_s = step_s
        self._is_tracked = is_tracked
        self._attempts: dict[TrialNumber, _Attempt] = {}
        self._due: list[tuple[float, int, TrialNumber, _Attempt]] = []
        self._ids = itertools.count()

    def carry_out(self, command: Command) -> None:
        """Begin, go on, or note what is to happen at the next step."""
        self.commands.append(command)
        match command:
            case Launch(trial=trial):
                step = command.checkpoints[-1].step if command.checkpoints else 0
                self._go_on(_Attempt(command, step, self._end_of(command, command.until_step)))
            case Continue(trial=trial, until_step=until):
                held = self._attempts[trial]
                self._go_on(_Attempt(held.launch, held.step, self._end_of(held.launch, until)))
            case Release(trial=trial):
                self._attempts.pop(trial, None)
            case Halt(trial=trial, outcome=outcome):
                if trial in self._attempts:
                    self._attempts[trial].halting = outcome
            case Discard():
                pass
            case _:
                assert_never(command)

    def events(self, deliver: Deliver, timeout_s: float) -> None:
        """Let time pass to the end of the next step and deliver what it brought."""
        wake = self.clock.now + timeout_s
        if not self._due or self._due[0][0] > wake:
            self.clock.now = wake
            return
        at, _, trial, attempt = heapq.heappop(self._due)
        self.clock.now = max(self.clock.now, at)
        if self._attempts.get(trial) is attempt:
            deliver(self._step(trial, attempt))

    def close(self) -> None:
        """Forget all trials."""
        self._attempts.clear()
        self._due.clear()

    def _end_of(self, launch: Launch, until: int | None) -> int:
        n = len(self._curve(launch.config))
        full = n if launch.max_steps is None else min(n, launch.max_steps)
        return full if until is None else min(full, until)

    def _go_on(self, attempt: _Attempt) -> None:
        trial = attempt.launch.trial
        self._attempts[trial] = attempt
        at = self.clock.now + self._step_s * (attempt.step < attempt.until)
        heapq.heappush(self._due, (at, next(self._ids), trial, attempt))

    def _step(self, trial: TrialNumber, attempt: _Attempt) -> list[Event]:
        now, launch = self.clock.now, attempt.launch
        start = launch.checkpoints[-1].step if launch.checkpoints else 0
        found: list[Event] = []
        if attempt.step == start:
            found.append(TrialBegan(now, trial, start))
        if attempt.step < attempt.until:
            attempt.step += 1
            value = self._curve(launch.config)[attempt.step - 1]
            series = Series.of([attempt.step], [value], [self._step_s * attempt.step])
            found.append(TrialReported(now, trial, {self._metric: series}))
            if not math.isfinite(value):
                del self._attempts[trial]
                failure = Failure(FailureKind.DIVERGED, f"{value} at step {attempt.step}")
                return [*found, TrialFailed(now, trial, failure, self._seconds(attempt))]
        return [*found, *self._boundary(trial, attempt)]

    def _boundary(self, trial: TrialNumber, attempt: _Attempt) -> list[Event]:
        now, step, seconds = self.clock.now, attempt.step, self._seconds(attempt)
        is_end = step >= self._end_of(attempt.launch, None)
        is_over = attempt.halting in (TrialState.STOPPED, TrialState.CANCELLED)
        if is_end or is_over:
            del self._attempts[trial]
            return [TrialEnded(now, trial, step, seconds)]
        if step < attempt.until and attempt.halting is None:
            self._go_on(attempt)
            return []
        saved: list[Event] = []
        if self._is_tracked:
            ref = CheckpointRef(trial, step, f"{trial:016x}{step:016x}", 1)
            saved.append(TrialCheckpointed(now, trial, ref))
        return [*saved, TrialReached(now, trial, step, seconds)]

    def _seconds(self, attempt: _Attempt) -> float:
        return self._step_s * attempt.step
