"""Which way a parameter and the value go together, over all trials of a study (S0.25).

An association in one study, never a cause; with few trials there is no sentence at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from tunebook.analysis.axis import end_of, units_of
from tunebook.analysis.ranking import N_TOP, error, feasible, infeasible
from tunebook.records import Objective, Trial, Value
from tunebook.space import Bool, Choice, Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_TRIALS = 10
"""Below so many feasible trials no trend is shown (S0.25)."""

_Z = 2.576
"""99 %: with several parameters looked at, 95 % would too often find one by chance."""

_AT_END = 2 / 3
"""A trend holds to its end if the best trials lie beyond this share of all, on its side."""

_Z_SIDE, MIN_PER_SIDE = 1.96, 4
"""For each side of a peak; both have to be worse, so that chance rarely finds one."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The rank correlation of a parameter with being good: above 0, more is better.

    ``low`` and ``high`` are its interval. ``best_near`` is where the best trials lie if they do not
    lie at an end, None otherwise: then neither more nor less is better.
    """

    parameter: str
    correlation: float
    low: float
    high: float
    n: int
    best_near: Value = None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0, or the best trials lie between worse ones."""
        return self.low > 0 or self.high < 0 or self.best_near is not None

    @property
    def effect(self) -> str:
        """What the parameter does, in a few words."""
        if self.best_near is not None:
            at = self.best_near
            return f"best near {at:.2g}" if isinstance(at, float) else f"best near {at}"
        side = "higher" if self.correlation > 0 else "lower"
        return f"{side} is better" if self.is_clear else "no clear effect"


def trends(trials: Sequence[Trial], space: Space, objective: Objective) -> list[Trend]:
    """Return the trend of each numeric parameter; [] below ``MIN_TRIALS`` feasible trials.

    Infeasible trials count as worse than all others: what diverges is not left out (I4).
    """
    placed = [(units_of(trial, space), -error(trial, objective)) for trial in feasible(trials)]
    if len(placed) < MIN_TRIALS:
        return []
    worst = min(goodness for _, goodness in placed)
    placed += [(units_of(trial, space), worst - 1.0) for trial in infeasible(trials)]
    found = []
    for name in space.dimensions:
        parameter = space.parameters[name]
        if isinstance(parameter, Bool) or (isinstance(parameter, Choice) and not parameter.ordered):
            continue
        pairs = [(units[name], goodness) for units, goodness in placed if name in units]
        if len(pairs) >= MIN_TRIALS:
            trend = _trend(name, [x for x, _ in pairs], [y for _, y in pairs])
            at = _best_unit(pairs, trend)
            found.append(replace(trend, best_near=None if at is None else _value(space, name, at)))
    return found


def _value(space: Space, name: str, unit: float) -> Value:
    parameter = space.parameters[name]
    if isinstance(parameter, Choice):
        return parameter.values[min(len(parameter.values) - 1, int(unit * len(parameter.values)))]
    return end_of(space, name, unit)


def _trend(name: str, xs: Sequence[float], ys: Sequence[float], z: float = _Z) -> Trend:
    n = len(xs)
    r = rank_correlation(xs, ys)
    # Fisher's transformation with the variance for ranks (Bonett and Wright 2000).
    deviation = math.sqrt((1 + r * r / 2) / (n - 3))
    middle = math.atanh(max(-0.999999, min(0.999999, r)))
    low, high = math.tanh(middle - z * deviation), math.tanh(middle + z * deviation)
    return Trend(name, r, low, high, n)


def _best_unit(pairs: Sequence[tuple[float, float]], trend: Trend) -> float | None:
    """Return where the best trials lie, if those on both sides are worse or a trend misses them.

    A side is worse if its trials get worse outwards, or are worse than the nearest ones of the
    other side: beyond a cliff all are alike. The best trials say where to look, so they are left
    out of both tests (after the two lines of Simonsohn 2018).
    """
    ordered = sorted(pairs, key=lambda pair: -pair[1])
    n_top = max(N_TOP, len(pairs) // 10)
    at, rest = median(x for x, _ in ordered[:n_top]), ordered[n_top:]
    if trend.is_clear:
        share = sum(x < at for x, _ in pairs) / len(pairs)
        if (share if trend.correlation > 0 else 1 - share) < _AT_END:
            return at
    sides = [
        sorted((abs(x - at), y) for x, y in rest if (x - at) * sign > 0) for sign in (-1.0, 1.0)
    ]
    if min(map(len, sides)) < MIN_PER_SIDE:
        return None
    for side, other in (sides, sides[::-1]):
        near = other[: max(MIN_PER_SIDE, len(other) // 2)]
        outwards = _trend("", [x for x, _ in side], [y for _, y in side], _Z_SIDE)
        group = [0.0] * len(side) + [1.0] * len(near)
        beside = _trend("", group, [y for _, y in [*side, *near]], _Z_SIDE)
        if outwards.high >= 0 and beside.low <= 0:
            return None
    return at


def rank_correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return Spearman's rank correlation, 0 if either side is constant."""
    if len(set(xs)) == 1 or len(set(ys)) == 1:
        return 0.0
    return float(np.corrcoef(_ranks(xs), _ranks(ys))[0, 1])


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    """Return ranks; equals share the mean of theirs."""
    _, place, n = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(n) - (n - 1) / 2)[place])
