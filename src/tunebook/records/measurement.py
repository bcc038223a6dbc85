"""Measurements: bulk data, kept as columns of numbers, never one document each."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a metric by rising ``steps`` (0: untrained); ``values`` may be NaN or infinite."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    seconds: array[float] = field(default_factory=lambda: array("d"))

    @classmethod
    def of(cls, steps: Iterable[int], values: Iterable[float], seconds: Iterable[float]) -> Series:
        """Build a series from any three columns."""
        return cls(array("q", steps), array("d", values), array("d", seconds))

    def __len__(self) -> int:
        return len(self.steps)

    def trained(self) -> Series:
        """Return the series without step 0, the untrained state, which is no result."""
        if not self.steps or self.steps[0] > 0:
            return self
        return Series(self.steps[1:], self.values[1:], self.seconds[1:])

    def extend(self, later: Series) -> None:
        """Add ``later`` points in place of those from their first step on (before a loss)."""
        if not later.steps:
            return
        if self.steps and later.steps[0] <= self.steps[-1]:
            keep = bisect_left(self.steps, later.steps[0])
            del self.steps[keep:], self.values[keep:], self.seconds[keep:]
        self.steps.extend(later.steps)
        self.values.extend(later.values)
        self.seconds.extend(later.seconds)

    def copy(self) -> Series:
        """Return a series of its own columns."""
        return Series(self.steps[:], self.values[:], self.seconds[:])


Curves = Mapping[str, Series]
"""All metrics of one trial by name."""

CLASS, BATCH = "/", "@batch"
"""``val_f1/cat`` is a metric of one class; the steps of ``train_loss@batch`` count updates."""


def is_of_class(metric: str, metrics: Collection[str]) -> bool:
    """Return whether a metric is one of these on a single class, not one named ``val/loss``."""
    whole, slash, _ = metric.partition(CLASS)
    return bool(slash) and whole in metrics


def last_step(curves: Curves) -> int:
    """Return the last step of a training that was measured; updates are no steps of it."""
    steps = (s.steps[-1] for name, s in curves.items() if s.steps and not name.endswith(BATCH))
    return max(steps, default=0)


def thinned(values: Sequence[_T], n: int) -> list[_T]:
    """Return at most ``n`` of the values, evenly spread, the first and the last among them."""
    if len(values) <= n:
        return list(values)
    return [values[round(i * (len(values) - 1) / (n - 1))] for i in range(n)]
