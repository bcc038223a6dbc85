"""Whether to adopt a change, whether one strategy beat another, and what a claim may say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev

from scipy.stats import t

N_SEEDS, N_REPEATS = 5, 5
"""Seeds to retrain candidate and baseline with (S4.28), repeats to compare strategies by (C8)."""

SURE = 2.0


class Decision(StrEnum):
    """What to do with a candidate."""

    LAUNCH = "launch"
    HOLD = "hold"
    MORE_SEEDS = "not enough seeds"


@dataclass(frozen=True, slots=True)
class Adoption:
    """The gain in error of a candidate over the baseline with its bound; positive is better."""

    decision: Decision
    gain: float
    margin: float
    sentence: str

    @property
    def interval(self) -> tuple[float, float]:
        """The gain, give or take two standard errors."""
        return self.gain - self.margin, self.gain + self.margin


def adopt(candidate: Sequence[float], baseline: Sequence[float]) -> Adoption:
    """Return launch if the mean gain exceeds 2*sqrt(s1^2/n1 + s2^2/n2) (S4.28).

    Both are errors of retraining with seeds other than the one that won.
    """
    n = min(len(candidate), len(baseline))
    gain = fmean(baseline) - fmean(candidate) if n else 0.0
    if n < 2:
        return Adoption(Decision.MORE_SEEDS, gain, math.inf, f"{n} of {N_SEEDS} seeds so far")
    margin = SURE * _error(candidate, baseline)
    figures = f"gain {gain:.4g}, bound {margin:.4g}, {n} seeds each"
    if n < N_SEEDS:
        return Adoption(Decision.MORE_SEEDS, gain, margin, figures)
    decision = Decision.LAUNCH if gain > margin else Decision.HOLD
    return Adoption(decision, gain, margin, figures)


def _error(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the standard error of the difference of two means."""
    return math.sqrt(stdev(a) ** 2 / len(a) + stdev(b) ** 2 / len(b))


def compare_strategies(
    a: str, errors_of_a: Sequence[float], b: str, errors_of_b: Sequence[float]
) -> str:
    """Return the sentence on two strategies by the confirmed errors of their repeats (S0.24, C8).

    Who asks has seen to equal conditions. A winner needs five repeats of each, and a 95 % interval
    that leaves out 0: Student's t with the degrees of freedom of the smaller sample, which errs on
    the side of no winner.
    """
    n = min(len(errors_of_a), len(errors_of_b))
    if n < N_REPEATS:
        return f"{a} and {b}: {n} repeats; {N_REPEATS} tell their order from chance"
    difference = fmean(errors_of_b) - fmean(errors_of_a)
    margin = float(t.ppf(0.975, n - 1)) * _error(errors_of_a, errors_of_b)
    interval = (
        f"{difference:.4g} (95 % interval {difference - margin:.4g} to {difference + margin:.4g})"
    )
    if abs(difference) <= margin:
        return f"{a} and {b}: no clear difference: {interval}"
    winner, loser = (a, b) if difference > 0 else (b, a)
    return f"{winner} was better than {loser} by {interval}"
