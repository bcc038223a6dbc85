"""Which search strategy, and whether a ranking of short runs holds in long ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

RERUN_TOP = 3
_CONCURRENT_SHARE = 10


@dataclass(frozen=True, slots=True)
class StrategyAdvice:
    """The searcher to use, why, and a warning where the wish cannot be met."""

    searcher: str
    reason: str
    warning: str = ""


def advise(
    n_trials: int, n_parallel: int, *, is_exploring: bool = True, wants_trained_model: bool = False
) -> StrategyAdvice:
    """Return the searcher for so many trials and a goal, with its reason (S0.27, C8, S4.43)."""
    if wants_trained_model:
        reason = "the product is the trained model with its schedule"
        return StrategyAdvice("evolution", reason, "its values are a schedule, not constants")
    if is_exploring:
        return StrategyAdvice("halton", "even points can be read on every axis, at any parallelism")
    if n_parallel * _CONCURRENT_SHARE <= n_trials:
        reason = "few trials at once and many in sequence: feedback pays"
        return StrategyAdvice("bayes", reason, "its axis plots come from adaptive sampling")
    reason = "with so many trials at once hardly any proposal could use feedback"
    return StrategyAdvice("halton", reason)


@dataclass(frozen=True, slots=True)
class RankAgreement:
    """How the same configurations rank at two lengths or data fractions.

    ``tau`` is Kendall's, in [-1, 1]. ``is_flipped`` tells that the best of one is not in the best
    third of the other.
    """

    tau: float
    is_flipped: bool

    @property
    def sentence(self) -> str:
        """What to tell of it."""
        held = "held" if self.tau >= 0.5 and not self.is_flipped else "did not hold"
        flip = "; the best changed places" if self.is_flipped else ""
        return f"the ranking {held} (Kendall tau {self.tau:.2f}{flip})"


def rank_agreement(short: Sequence[float], long: Sequence[float]) -> RankAgreement:
    """Return Kendall's tau of two lists of errors of the same configurations (S4.33, S0.11, C9)."""
    n = len(short)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    agreeing = sum(_sign(short[i] - short[j]) * _sign(long[i] - long[j]) for i, j in pairs)
    tau = agreeing / len(pairs) if pairs else 1.0
    best = min(range(n), key=short.__getitem__)
    better = sum(value < long[best] for value in long)
    return RankAgreement(tau, better >= max(1, n // 3))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
