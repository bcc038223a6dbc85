"""Which learning rate a sweep chooses (S1.9).

A best rate at an end of the sweep is refused, not returned: the sweep has to go on there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.analysis.series import number, quantile, smoothed, tail_mean
from tunebook.records.finding import Finding, Verdict

SWEEP = (1.0, 0.1, 0.01, 0.001, 1e-4, 1e-5)
"""The rates of the exponential sweep (S1.9)."""


_NEAR, _MOST, N_MORE = 0.02, 0.9, 2


@dataclass(frozen=True, slots=True)
class SweepRun:
    """The losses of every step at one constant rate. A run that diverged may be cut short."""

    lr: float
    losses: Sequence[float]

    @property
    def is_diverged(self) -> bool:
        """Whether a loss is not finite, or the run ends above three times its start."""
        if not self.losses or not all(map(math.isfinite, self.losses)):
            return True
        return self.losses[-1] > 3 * abs(self.losses[0])


@dataclass(frozen=True, slots=True)
class SweepRow:
    """A line of the sweep's table: depth d and t90 in steps, None where not reached (S1.9)."""

    lr: float
    depth: float | None
    t90: int | None
    is_diverged: bool


@dataclass(frozen=True, slots=True)
class SweepChoice:
    """The chosen rate, None when refused; ``extension`` are the rates to run next.

    ``best`` is the rate that won, whether or not it is accepted. ``is_below_divergence`` tells that
    the next higher rate diverged: then look for instability (S4.46).
    """

    lr: float | None
    best: float | None
    rows: tuple[SweepRow, ...]
    extension: tuple[float, ...] = ()
    is_below_divergence: bool = False


def choose_rate(runs: Sequence[SweepRun]) -> SweepChoice:
    """Return the rate that falls fastest and deepest, or what to run next (S1.9)."""
    ordered = sorted(runs, key=lambda run: run.lr)
    depths = {run.lr: tail_mean(smoothed(run.losses)) for run in ordered if not run.is_diverged}
    if not depths:
        low = ordered[0].lr if ordered else SWEEP[-1]
        rows = tuple(SweepRow(run.lr, None, None, True) for run in ordered)
        return SweepChoice(None, None, rows, _beyond(low, is_up=False))
    deepest = min(depths.values())
    start = quantile([run.losses[0] for run in ordered if run.lr in depths], 0.5)
    drop = max(start - deepest, 0.0)
    level = start - _MOST * drop
    rows = tuple(
        SweepRow(run.lr, depths.get(run.lr), _first_below(run, level), run.is_diverged)
        for run in ordered
    )
    near = [r for r in rows if r.depth is not None and r.depth <= deepest + _NEAR * drop]
    best = min(near, key=lambda r: (math.inf if r.t90 is None else r.t90, r.depth or 0.0)).lr
    place = [run.lr for run in ordered].index(best)
    if place in (0, len(ordered) - 1):
        return SweepChoice(None, best, rows, _beyond(best, is_up=place > 0 or len(ordered) == 1))
    return SweepChoice(best, best, rows, (), ordered[place + 1].is_diverged)


def _first_below(run: SweepRun, level: float) -> int | None:
    if run.is_diverged:
        return None
    return next((i for i, loss in enumerate(smoothed(run.losses)) if loss <= level), None)


def _beyond(lr: float, *, is_up: bool) -> tuple[float, ...]:
    factor = 10.0 if is_up else 0.1
    return tuple(lr * factor**k for k in range(1, N_MORE + 1))


def judge_sweep(choice: SweepChoice) -> Finding:
    """Return the sweep's finding: a best rate at an edge is a problem, not a choice (S1.9)."""
    if choice.lr is not None:
        notice = choice.is_below_divergence
        return Finding(
            "learning-rate",
            Verdict.NOTICE if notice else Verdict.PASS,
            "The best rate lies just below divergence." if notice else "The sweep has a best rate.",
            value=number(choice.lr),
            expected="inside the sweep",
            next_test="Probe stability at 2, 5 and 10 times the rate." if notice else "",
            source="S1.9",
        )
    more = ", ".join(number(lr) for lr in choice.extension)
    return Finding(
        "learning-rate",
        Verdict.PROBLEM,
        "Every run diverged." if choice.best is None else "The best rate is at edge of the sweep.",
        value="none" if choice.best is None else number(choice.best),
        expected="inside the sweep",
        next_test=f"Run {more} too.",
        advice="Do not accept a rate from the end of a sweep.",
        source="S1.9",
    )
