"""How long trials train before they are compared again, and where on their curves.

Everything is in shares of a full training, so 30 epochs and 30,000 steps are treated alike; and
slices end where measurements come, because a slice without one teaches nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import final

from tunebook.records import Trial

FIRST_SHARE = 0.06
"""The share of a full training that a new trial gets; a first report alone says almost nothing."""

MIN_FIRST = 2
N_UNITS = 50
"""Curves are seen in at most so many units of a full training."""

RUNGS = (1.0, 2.0, 4.0, 7.0, 13.0, 23.0, 41.0)
"""The units at which curves are looked at, besides their ends: each about 1.8 times the last."""


@final
@dataclass(frozen=True, slots=True)
class Slices:
    """The slices of a training of ``n_steps`` that is measured every ``gap`` steps."""

    n_steps: int
    gap: int = 1

    @property
    def unit(self) -> float:
        """How many steps a unit has: at least 1."""
        return max(1.0, self.n_steps / N_UNITS)

    @property
    def first(self) -> int:
        """Where the first slice ends."""
        return self._measured(max(MIN_FIRST, math.ceil(FIRST_SHARE * self.n_steps)))

    def after(self, step: int) -> int:
        """Return where the slice ends that begins at ``step``: a third longer than all so far."""
        if step <= 0:
            return self.first
        return self._measured(step + math.ceil(step / 3))

    def doublings(self) -> list[int]:
        """Return the steps, each twice the last, at which a trial that cannot pause is judged."""
        found, step = [], self.first
        while step < self.n_steps:
            found.append(step)
            step = self._measured(2 * step)
        return found

    def _measured(self, step: int) -> int:
        """Return the first step from ``step`` on that is measured, or the last one."""
        return min(math.ceil(step / self.gap) * self.gap, self.n_steps)

    def units(self, step: float) -> float:
        """Return a step in units, 1 or more."""
        return max(1.0, step / self.unit)


def measuring_gap(trials: Iterable[Trial], metric: str) -> int:
    """Return how many steps lie between measurements, by the first trial that shows it."""
    for trial in trials:
        series = trial.curves.get(metric)
        if series is not None and len(series) >= 2:
            steps = series.steps
            return max(1, round(median(b - a for a, b in pairwise(steps))))
    return 1
