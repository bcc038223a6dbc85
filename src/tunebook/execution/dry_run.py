"""A timing run before the first trial, of which nothing is kept: what does a step cost? (S0.8)"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import final

from tunebook.engine.commands import Halt, Launch, Release
from tunebook.execution.protocol import Executor
from tunebook.execution.trial_setup import DRY_RUN
from tunebook.records import (
    Configuration,
    DryRunMeasured,
    Event,
    Failure,
    Series,
    TrialBegan,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.records.measurement import BATCH

_POLL_S = 0.1


N_STEPS = 2
"""The first step also builds and loads; only the second one shows what a step costs."""


@final
class DryRun:
    """A short training's ``curves``; ``failure`` says why it broke, None if it did not."""

    def __init__(self, executor: Executor, *, now: Callable[[], float] = time.time) -> None:
        self.failure: Failure | None = None
        self.is_cut = False
        self.curves: dict[str, Series] = {}
        self._executor = executor
        self._now = now
        self._launched_at = self._began_at = now()
        self._seconds_at: dict[int, float] = {}
        self._is_over = False

    def run(
        self,
        config: Configuration,
        max_steps: int | None,
        *,
        limit_s: float,
        n_steps: int = N_STEPS,
    ) -> DryRunMeasured:
        """Train ``config`` for ``n_steps``, or until ``limit_s`` seconds have passed."""
        self._executor.carry_out(Launch(DRY_RUN, config, until_step=n_steps, max_steps=max_steps))
        while not self._is_over:
            self._executor.events(self._take, _POLL_S)
            if not self._is_over and not self.is_cut and self._now() > self._launched_at + limit_s:
                self.is_cut = True
                self._executor.carry_out(Halt(DRY_RUN, TrialState.CANCELLED))
        return self._measured()

    def _measured(self) -> DryRunMeasured:
        startup_s = max(0.0, self._began_at - self._launched_at)
        step_s, times = None, sorted(self._seconds_at.items())
        if len(times) > 1:
            (step, seconds), (last, last_seconds) = times[0], times[-1]
            step_s = (last_seconds - seconds) / (last - step)
            startup_s += max(0.0, seconds - step * step_s)
        elif times:
            step_s = times[0][1] / max(1, times[0][0])
        metrics = {metric: series.values[-1] for metric, series in self.curves.items()}
        return DryRunMeasured(self._now(), startup_s, step_s, metrics)

    def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case TrialBegan(at=at):
                    self._began_at = at
                case TrialReported(series=series):
                    for metric, points in series.items():
                        self.curves.setdefault(metric, Series()).extend(points)
                        if not metric.endswith(BATCH):
                            self._seconds_at |= zip(points.steps, points.seconds, strict=True)
                case TrialReached() | TrialEnded():
                    self._seconds_at.setdefault(event.step, event.seconds)
                    if isinstance(event, TrialReached):
                        self._executor.carry_out(Release(DRY_RUN))
                    self._is_over = True
                case TrialFailed(failure=failure) | TrialLost(failure=failure):
                    self.failure = None if self.is_cut else failure
                    self._is_over = True
                case _:
                    pass
