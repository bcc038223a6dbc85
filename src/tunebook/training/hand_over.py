"""A trial whose handle lives in another process: what it says is passed on, and the books are kept.

A script that attaches itself trains with a handle of its own. The handle of the worker that
started the script has handed the trial over, and knows from here how far it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import final

from tunebook.records import Curves, Objective
from tunebook.records.measurement import last_step
from tunebook.training.assignment import Assignment
from tunebook.training.channel import Answer, Channel, Checkpoints, Proceed
from tunebook.training.endings import Diverged
from tunebook.training.stopwatch import Stopwatch


@final
class PassingChannel:
    """The channel of a handle elsewhere, which went on from ``start`` and is at ``step``."""

    def __init__(
        self, channel: Channel, stopwatch: Stopwatch, objective: Objective, *, has_begun: bool
    ) -> None:
        self.step = self.start = 0
        self.metrics: set[str] = set()
        self.has_left = False
        self.divergence: Diverged | None = None
        self._channel = channel
        self._stopwatch = stopwatch
        self._objective = objective
        self.has_begun = has_begun
        self.checkpointed, self.rejected = channel.checkpointed, channel.rejected
        self.halt = channel.halt

    @property
    def seconds(self) -> float:
        """The training time of the trial so far, waiting excluded."""
        return self._stopwatch.seconds

    def began(self, step: int) -> None:
        """Pass on once that training goes on from ``step``."""
        self.step = self.start = step
        if not self.has_begun:
            self.has_begun = True
            self._channel.began(step)

    def reported(self, curves: Curves) -> None:
        """Pass measurements on, and note a value of the objective that is not finite (I4)."""
        self.step = max(self.step, last_step(curves))
        for metric, series in curves.items():
            self.metrics.add(metric)
            if metric == self._objective.metric and not math.isfinite(series.values[-1]):
                self.divergence = Diverged(metric, series.values[-1], series.steps[-1])
        self._channel.reported(curves)

    def reached(self, step: int, seconds: float, *, is_tracked: bool) -> Answer:
        """Pass the end of the slice on and wait for the answer; that time does not count."""
        self.step = step
        self._stopwatch.pause()
        answer = self._channel.reached(step, seconds, is_tracked=is_tracked)
        if isinstance(answer, Proceed):
            self._stopwatch.go_on()
        else:
            self.has_left = True
        return answer


@dataclass(frozen=True, slots=True)
class HandOver:
    """What is handed over: what there was to do, the channel to speak through, the checkpoints."""

    given: Assignment
    channel: PassingChannel
    checkpoints: Checkpoints | None

    @property
    def assignment(self) -> Assignment:
        """What is left to do. A trial that has begun without its checkpoint goes on without it."""
        launch = replace(self.given.launch, seconds=self.channel.seconds)
        if self.channel.has_begun:
            launch = replace(launch, checkpoints=())
        return replace(self.given, launch=launch, sends_in_background=True)
