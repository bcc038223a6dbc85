"""Batch size by what it costs to reach a goal: critical size, time, resources, learning speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

CRITICAL = 0.75
"""Below this scaling efficiency, doubling the batch is no longer worth its examples (S4.7)."""

LEVEL, TIE = 0.95, 0.05
_SAME_COST = 0.05


@dataclass(frozen=True, slots=True)
class Scaling:
    """How steps to a target fall with the batch. Efficiency is that of doubling up to the size.

    ``critical`` is (last efficient size, first inefficient one), None if no size was inefficient.
    """

    efficiency: Mapping[int, float]
    critical: tuple[int, int] | None
    largest_useful: int
    """The largest size that still reduces the steps."""


def scaling(steps: Mapping[int, int]) -> Scaling:
    """Return e(B) = steps(B/2) / steps(B) / 2 for doublings, and the critical size (S4.7)."""
    sizes = sorted(steps)
    efficiency = {b: steps[b // 2] / steps[b] / 2 for b in sizes if b % 2 == 0 and b // 2 in steps}
    first_bad = next((b for b in sorted(efficiency) if efficiency[b] < CRITICAL), None)
    critical = None if first_bad is None else (first_bad // 2, first_bad)
    useful = [b for i, b in enumerate(sizes) if i == 0 or steps[b] < steps[sizes[i - 1]]]
    return Scaling(efficiency, critical, useful[-1])


def fastest_to_goal(steps: Mapping[int, int], seconds_per_step: Mapping[int, float]) -> int:
    """Return the size with the least steps * seconds; within 5 % the larger one (S4.7, S0.36)."""
    return _least({b: steps[b] * seconds_per_step[b] for b in steps if b in seconds_per_step})


def _least(times: Mapping[int, float]) -> int:
    least = min(times.values())
    return max(b for b, time in times.items() if time <= (1 + TIE) * least)


@dataclass(frozen=True, slots=True)
class AccuracyRun:
    """Validation accuracy against elapsed seconds, of one batch size and one seed."""

    batch_size: int
    seconds: Sequence[float]
    accuracies: Sequence[float]


@dataclass(frozen=True, slots=True)
class LearningSpeed:
    """The level L, the median seconds to it by size (None: not reached), and the winner."""

    level: float
    seconds: Mapping[int, float | None]
    batch_size: int | None


def learning_speed(runs: Sequence[AccuracyRun]) -> LearningSpeed:
    """Return who first reaches 95 % of the best accuracy that any run reached (S0.36).

    The median over seeds counts; a seed that never gets there counts as endless.
    """
    level = LEVEL * max(max(run.accuracies) for run in runs)
    times: dict[int, list[float]] = {}
    for run in runs:
        pairs = zip(run.seconds, run.accuracies, strict=True)
        reached = next((s for s, accuracy in pairs if accuracy >= level), float("inf"))
        times.setdefault(run.batch_size, []).append(reached)
    medians = {b: median(found) for b, found in times.items()}
    finite = {b: t for b, t in medians.items() if t != float("inf")}
    shown = {b: finite.get(b) for b in sorted(medians)}
    return LearningSpeed(level, shown, _least(finite) if finite else None)


class Change(StrEnum):
    """What a larger batch does to the resources of reaching a goal (S4.8)."""

    LOWER = "lower"
    SAME = "the same"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class BatchCost:
    """What it takes to reach the goal at a size. ``upfront`` is hardware or work paid once."""

    batch_size: int
    steps: int
    seconds_per_step: float
    n_devices: int = 1
    price_per_device_hour: float = 0.0
    upfront: float = 0.0

    @property
    def hours(self) -> float:
        """Wall time in hours."""
        return self.steps * self.seconds_per_step / 3600

    @property
    def device_hours(self) -> float:
        """Hours summed over devices."""
        return self.hours * self.n_devices

    @property
    def cost(self) -> float:
        """Price of the hours and what is paid up front."""
        return self.device_hours * self.price_per_device_hour + self.upfront


def cost_change(small: BatchCost, large: BatchCost) -> Change:
    """Return whether the larger batch lowers, leaves or raises resource use, within 5 % (S4.8)."""
    priced = small.cost > 0 or large.cost > 0
    before, after = (small.cost, large.cost) if priced else (small.device_hours, large.device_hours)
    if abs(after - before) <= _SAME_COST * before:
        return Change.SAME
    return Change.HIGHER if after > before else Change.LOWER
