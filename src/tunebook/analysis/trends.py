"""Which way a parameter and the value go together, over all trials of a study (S0.25).

An association in one study, never a cause; with few trials there is no sentence at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.analysis.axis import units_of
from tunebook.analysis.ranking import error, feasible
from tunebook.records import Objective, Trial
from tunebook.space import Bool, Choice, Space

MIN_TRIALS = 10
"""Below so many feasible trials no trend is shown (S0.25)."""

_Z = 2.576
"""99 %: with several parameters looked at, 95 % would too often find one by chance."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The rank correlation of a parameter with being good: above 0, more is better.

    ``low`` and ``high`` are its interval.
    """

    parameter: str
    correlation: float
    low: float
    high: float
    n: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def trends(trials: Sequence[Trial], space: Space, objective: Objective) -> list[Trend]:
    """Return the trend of each numeric parameter; [] below ``MIN_TRIALS`` feasible trials."""
    good = feasible(trials)
    placed = [(units_of(trial, space), -error(trial, objective)) for trial in good]
    found = []
    for name in space.dimensions:
        parameter = space.parameters[name]
        if isinstance(parameter, Bool) or (isinstance(parameter, Choice) and not parameter.ordered):
            continue
        pairs = [(units[name], goodness) for units, goodness in placed if name in units]
        if len(pairs) >= MIN_TRIALS:
            found.append(_trend(name, [x for x, _ in pairs], [y for _, y in pairs]))
    return found


def _trend(name: str, xs: Sequence[float], ys: Sequence[float]) -> Trend:
    n = len(xs)
    r = rank_correlation(xs, ys)
    # Fisher's transformation with the variance for ranks (Bonett and Wright 2000).
    deviation = math.sqrt((1 + r * r / 2) / (n - 3))
    z = math.atanh(max(-0.999999, min(0.999999, r)))
    low, high = math.tanh(z - _Z * deviation), math.tanh(z + _Z * deviation)
    return Trend(name, r, low, high, n)


def rank_correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return Spearman's rank correlation, 0 if either side is constant."""
    a, b = _ranks(xs), _ranks(ys)
    mean = (len(xs) + 1) / 2
    covariance = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    norm = math.sqrt(sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b))
    return covariance / norm if norm > 0 else 0.0


def _ranks(values: Sequence[float]) -> list[float]:
    """Return ranks from 1; equals share the mean of theirs."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    ranks = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for i in order[first : last + 1]:
            ranks[i] = (first + last) / 2 + 1
        first = last + 1
    return ranks
