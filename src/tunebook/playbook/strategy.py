"""Which search strategy, which strength of regularization next, what carries over to long runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_LADDER = 6
RERUN_TOP = 3
_CONCURRENT_SHARE = 10
_N_GRID = 2


@dataclass(frozen=True, slots=True)
class Situation:
    """What a search is for, and with what."""

    n_trials: int
    n_parallel: int = 1
    n_parameters: int = 3
    is_exploring: bool = True
    wants_trained_model: bool = False
    searches_structure: bool = False


@dataclass(frozen=True, slots=True)
class StrategyAdvice:
    """The searcher to use, why, and a warning where the wish cannot be met."""

    searcher: str
    reason: str
    warning: str = ""


def advise(situation: Situation) -> StrategyAdvice:
    """Return the searcher for a situation, with its reason (S0.27, C8, S4.43)."""
    s = situation
    if s.wants_trained_model and s.searches_structure:
        reason = "weights cannot be inherited when the structure changes"
        return StrategyAdvice("halton", reason, "population based training is not possible")
    if s.wants_trained_model:
        reason = "the product is the trained model with its schedule"
        return StrategyAdvice("evolution", reason, "its values are a schedule, not constants")
    if s.is_exploring:
        reason = "even points can be read on every axis, at any parallelism"
        return StrategyAdvice("halton", reason)
    if s.n_parallel * _CONCURRENT_SHARE <= s.n_trials:
        reason = "few trials at once and many in sequence: feedback pays"
        return StrategyAdvice("bayes", reason, "its axis plots come from adaptive sampling")
    reason = "with so many trials at once hardly any proposal could use feedback"
    return StrategyAdvice("halton", reason)


METHODS: Mapping[str, str] = {
    "manual": "least compute for experts; slow, needs insight; combine it with others",
    "grid": "simple; wasteful, needs good ranges",
    "random": "simple, usually better than a grid; harder to interpret",
    "coarse-to-fine": "most popular; partly manual",
    "bayes": "most efficient without hands; harder to build and integrate",
}
"""Five methods with their trade-offs (S2.18). Begin with coarse-to-fine, move on to Bayesian."""


def grid_warning(sizes: Sequence[int]) -> str | None:
    """Return the warning of a grid in more than two dimensions, with its count (S2.18)."""
    if len(sizes) <= _N_GRID:
        return None
    n = 1
    for size in sizes:
        n *= size
    return f"A grid of {len(sizes)} hyperparameters needs {n} trials"


def next_strength(errors: Mapping[float, float], *, start: float = 1.0) -> float | None:
    """Return the strength of regularization to try next, None when its magnitude is known (S0.35).

    The learning rate was found without regularization; then 1, and times or by ten, by validation
    error; at most six trials. Fine-tune, and tune the rate again afterwards.
    """
    if not errors:
        return start
    if len(errors) >= MAX_LADDER:
        return None
    best = min(errors, key=lambda lam: errors[lam])
    up, down = _clean(best * 10), _clean(best / 10)
    if len(errors) == 1:
        return up
    wanted = (up, down) if max(errors) == best else (down, up)
    return next((lam for lam in wanted if lam not in errors), None)


def after_regularization() -> tuple[str, ...]:
    """Return what to tune again once the strength is found (S0.35, S0.37)."""
    return ("lr",)


def _clean(value: float) -> float:
    return float(f"{value:.6g}")


class Transfer(StrEnum):
    """How likely a value found in short runs holds in long ones (S4.33)."""

    VERY_LIKELY = "very likely"
    LIKELY = "likely"
    MAYBE = "maybe"
    UNLIKELY = "unlikely"


TRANSFER: Mapping[str, Transfer] = {
    **dict.fromkeys(("warmup", "initialization"), Transfer.VERY_LIKELY),
    **dict.fromkeys(("depth", "width", "activation", "normalization"), Transfer.LIKELY),
    **dict.fromkeys(
        ("optimizer", "momentum", "beta1", "beta2", "epsilon", "augmentation", "mixup"),
        Transfer.MAYBE,
    ),
    **dict.fromkeys(("weight_decay", "dropout", "label_smoothing"), Transfer.MAYBE),
    **dict.fromkeys(("lr", "schedule", "end_lr"), Transfer.UNLIKELY),
}
"""The table of S4.33 by hyperparameter."""


def carried(names: Sequence[str]) -> dict[str, bool]:
    """Return whether each value is carried to long runs; the others are tuned again (S4.33)."""
    good = {Transfer.VERY_LIKELY, Transfer.LIKELY}
    return {name: TRANSFER.get(name, Transfer.MAYBE) in good for name in names}


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


def stretched(n_before: int, n_after: int, *, schedule: str, decay_steps: int) -> tuple[int, int]:
    """Return (constant steps, decay steps) of a longer run (S4.33).

    A linear schedule keeps its decay and extends the constant part; a cosine is stretched over all.
    """
    if schedule == "cosine":
        return 0, n_after
    return n_after - decay_steps, min(decay_steps, n_before)
