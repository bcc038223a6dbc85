"""How good the best of k trials is expected to be: was the study large enough? (S4.45)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_TRIALS = 20
"""Below so many feasible trials the curve says nothing (S4.45)."""


@dataclass(frozen=True, slots=True)
class ExpectedBest:
    """The best error among ``k`` trials drawn from the study: its mean and its quartiles."""

    k: int
    mean: float
    lower: float
    median: float
    upper: float


def expected_best(errors: Sequence[float], ks: Sequence[int] | None = None) -> list[ExpectedBest]:
    """Return the expected best for each ``k``, 1 to n unless given; lower errors are better.

    With sorted errors v_1 ... v_n, E[best of k] = sum v_i ((1 - (i-1)/n)^k - (1 - i/n)^k): exactly
    what a bootstrap of k trials comes to (S4.45). ``ValueError`` without any error.
    """
    if not errors:
        raise ValueError("expected_best needs at least one error")
    ordered = np.sort(errors)
    return [_best_of(ordered, k) for k in (ks or range(1, len(ordered) + 1))]


def _best_of(ordered: NDArray[np.float64], k: int) -> ExpectedBest:
    n = len(ordered)
    # With this probability the best of k is among the first i.
    reached = 1 - (1 - np.arange(n + 1) / n) ** k
    quartiles = ordered[np.searchsorted(reached[1:-1], [0.25, 0.5, 0.75])]
    return ExpectedBest(k, float(ordered @ np.diff(reached)), *map(float, quartiles))
