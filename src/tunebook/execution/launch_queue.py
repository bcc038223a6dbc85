"""Launches that wait for a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import final

from tunebook.engine.commands import Launch
from tunebook.records import (
    CheckpointRef,
    Event,
    TrialEnded,
    TrialNumber,
    TrialReached,
    TrialState,
)


@final
class LaunchQueue:
    """A line of launches, first come, first served."""

    def __init__(self) -> None:
        self._launches: list[Launch] = []

    def add(self, launch: Launch) -> None:
        """Put a launch at the end."""
        self._launches.append(launch)

    def put_first(self, launch: Launch) -> None:
        """Put a launch at the head: its trial was interrupted and goes on before others."""
        self._launches.insert(0, launch)

    def take(self, may_start: Callable[[Launch], bool] = lambda launch: True) -> Launch | None:
        """Return the first launch that may start, which waits no longer."""
        for i, launch in enumerate(self._launches):
            if may_start(launch):
                return self._launches.pop(i)
        return None

    def add_checkpoint(self, checkpoint: CheckpointRef) -> None:
        """Let a waiting trial go on from a checkpoint that was saved after it was launched."""
        self._launches = [
            replace(launch, checkpoints=(*launch.checkpoints, checkpoint), is_clone=False)
            if launch.trial == checkpoint.trial
            else launch
            for launch in self._launches
        ]

    def halt(self, trial: TrialNumber, outcome: TrialState, at: float) -> Event | None:
        """Take a waiting trial out and return the event that ends its slice; None if none waits."""
        launch = self.take(lambda waiting: waiting.trial == trial)
        if launch is None:
            return None
        step = launch.checkpoints[-1].step if launch.checkpoints else 0
        if outcome is TrialState.PAUSED:
            return TrialReached(at, trial, step, launch.seconds)
        return TrialEnded(at, trial, step, launch.seconds)
