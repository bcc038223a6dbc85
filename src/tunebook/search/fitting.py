"""Hyperparameters along a study: a chain of short fits, each warm from the one before.

What a chain comes to must not depend on when it was asked for. So fits happen at fixed numbers of
observations, each sees the first k of them, and every so often one begins from scratch: a searcher
without a cache only computes again what came since then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, final

import numpy as np

from tunebook.search.arrays import Array, Indices
from tunebook.search.models.gaussian_process import Kernel, Theta, fit
from tunebook.search.observations import standardised

if TYPE_CHECKING:
    Unexplained: TypeAlias = Callable[[Array, Array], Array]

WARM_ITERATIONS = 10
COLD_ITERATIONS = 40
COLD_EVERY = 25
ALWAYS_UNTIL = 120
"""So long every new observation is fitted; then every 3 % more."""

MAX_POINTS = 300
"""A model of more observations keeps the best half of this and a spread half of the others."""

_POOL = 2000


def is_cold(k: int) -> bool:
    """Whether the fit of the first k observations begins from scratch."""
    return k == next_cold(k - 1)


def next_cold(k: int) -> int:
    """Return the next number of observations, after k, whose fit begins from scratch."""
    if k < MAX_POINTS:
        return k + 1 if k < 4 else (k // COLD_EVERY + 1) * COLD_EVERY
    found = MAX_POINTS
    while found <= k:
        found = math.ceil(found * 1.25)
    return found


def fit_times(n: int) -> list[int]:
    """Return at how many observations fits happen, from the last cold one at or before n on."""
    k = n
    while not is_cold(k):
        k -= 1
    times = [k]
    while (k := min(k + 1 if k < ALWAYS_UNTIL else math.ceil(1.03 * k), next_cold(k))) <= n:
        times.append(k)
    return times


@final
@dataclass(slots=True)
class Chain:
    """The fits of one study's observations, remembered. Dropping it changes nothing but speed."""

    _points: Array = field(default_factory=lambda: np.empty((0, 0)))
    _values: Array = field(default_factory=lambda: np.empty(0))
    _theta_at: dict[int, Theta] = field(default_factory=dict)

    def theta(
        self, kernel: Kernel, points: Array, values: Array, unexplained: Unexplained | None = None
    ) -> Theta:
        """Return the hyperparameters for n observations; values are raw, NaN for failures.

        ``unexplained`` is what is left of standardised values to explain; always the same one.
        """
        if not self._continues(points, values):
            self._theta_at = {}
        self._points, self._values = points, values
        theta = Theta.initial(kernel.n_groups, kernel.n_dimensions)
        for k in fit_times(len(values)):
            if k not in self._theta_at:
                self._theta_at[k] = _fitted(
                    kernel, points[:k], values[:k], start=theta, unexplained=unexplained
                )
            theta = self._theta_at[k]
        return theta

    def _continues(self, points: Array, values: Array) -> bool:
        n = min(len(values), len(self._values))
        return (
            points.shape[1] == self._points.shape[1]
            and np.array_equal(points[:n], self._points[:n])
            and np.array_equal(values[:n], self._values[:n], equal_nan=True)
        )


def _fitted(
    kernel: Kernel, points: Array, values: Array, *, start: Theta, unexplained: Unexplained | None
) -> Theta:
    z, _ = standardised(values)
    if unexplained is not None:
        z = unexplained(points, z)
    kept = chosen(points, z)
    cold = is_cold(len(values))
    if cold:
        start = Theta.initial(kernel.n_groups, kernel.n_dimensions)
    iterations = COLD_ITERATIONS if cold else WARM_ITERATIONS
    return fit(kernel, points[kept], z[kept], start, n_iterations=iterations)


def chosen(points: Array, z: Array) -> Indices:
    """Return which observations a model keeps: all, or the best and a spread choice of the rest."""
    n = len(z)
    if n <= MAX_POINTS:
        return np.arange(n)
    order = np.argsort(z, kind="stable")
    best, rest = order[: MAX_POINTS // 2], np.sort(order[MAX_POINTS // 2 :])
    rest = rest[:: math.ceil(len(rest) / _POOL)]
    nearest = np.full(len(rest), np.inf)
    spread = [0]
    for _ in range(MAX_POINTS - len(best) - 1):
        away = points[rest] - points[rest[spread[-1]]]
        nearest = np.minimum(nearest, (away * away).sum(1))
        spread.append(int(nearest.argmax()))
    return np.sort(np.concatenate([best, rest[np.unique(spread)]]))
