"""When a trial saves a checkpoint by itself: what saving costs, against what may be lost."""

from __future__ import annotations

from typing import final

MAX_SHARE = 0.05
"""Saving may take this share of the training time."""

FIRST_COST_S = 0.01
"""What the first save is taken to cost, before one was measured."""


@final
class CheckpointPolicy:
    """Decides at each step boundary whether to save.

    A checkpoint is due every ``every_steps`` steps if that is set. Otherwise it is due when more
    than ``every_s`` seconds of training would be lost, or when the objective ``has_improved`` since
    the last one (S4.37: the best is chosen afterwards); both wait until saving costs at most
    ``MAX_SHARE`` of the time. Times are seconds of training and only rise.
    """

    def __init__(
        self, *, step: int, seconds: float, every_s: float = 30.0, every_steps: int | None = None
    ) -> None:
        self._every_s = every_s
        self._every_steps = every_steps
        self.saved_step = step
        self._seconds = seconds
        self._cost_s = FIRST_COST_S
        self.has_improved = False

    def saved(self, step: int, seconds: float, cost_s: float) -> None:
        """Take note of a checkpoint that took ``cost_s`` seconds to save."""
        self.saved_step, self._seconds, self._cost_s = step, seconds, cost_s
        self.has_improved = False

    def is_due(self, step: int, seconds: float) -> bool:
        """Whether to save now, after ``step`` steps and ``seconds`` seconds of training."""
        if step <= self.saved_step:
            return False
        if self._every_steps is not None:
            return step - self.saved_step >= self._every_steps
        unsaved_s = seconds - self._seconds
        if unsaved_s * MAX_SHARE < self._cost_s:
            return False
        return self.has_improved or unsaved_s > self._every_s
