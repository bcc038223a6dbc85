"""Quadratics whose training is known exactly: T-QUAD and the noisy T-NQM."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TARGET = 0.01
"""The loss that steps to the target of T-NQM are counted to."""

STEPS_TO_TARGET = {
    **{1: 32807, 2: 16107, 4: 8114, 8: 4069, 16: 2044, 32: 1043, 64: 543},
    **{128: 290, 256: 170, 512: 118, 1024: 96, 4096: 77},
}
"""Steps of T-NQM by batch size, each at its best learning rate."""


def quadratic_losses(curvatures: Sequence[float], lr: float, n_steps: int) -> list[float]:
    """Return T-QUAD's losses: gradient descent on half the sum of c*w^2 from w = 1.

    Descent is stable below a rate of 2 / max(c).
    """
    c = np.asarray(curvatures, dtype=float)
    with np.errstate(over="ignore", invalid="ignore"):
        w = np.power((1 - lr * c)[None, :], 2 * np.arange(n_steps + 1)[:, None])
        losses: list[float] = (0.5 * (w * c).sum(axis=1)).tolist()
    return losses


def noisy_losses(batch_size: int, lr: float, n_steps: int, *, noise: float = 1.0) -> Array:
    """Return T-NQM's expected losses after 0 to ``n_steps`` steps at a constant rate.

    Curvatures are 1/i for i from 1 to 100; each coordinate's second moment e goes from 1 by
    e <- (1 - lr*c)^2 e + lr^2 c / B.
    """
    c = 1 / np.arange(1, 101)
    shrink = (1 - lr * c) ** 2
    floor = noise * lr**2 * c / batch_size / (1 - shrink)
    with np.errstate(over="ignore", invalid="ignore"):
        decay = np.power(shrink[None, :], np.arange(n_steps + 1)[:, None])
        return np.asarray(0.5 * ((floor + decay * (1 - floor)) * c).sum(axis=1))


def steps_to_target(batch_size: int, lr: float, *, n_max: int = 100_000) -> int | None:
    """Return the first step of T-NQM with a loss of 0.01 or less, None if there is none."""
    low, high = 0, n_max
    c = 1 / np.arange(1, 101)
    shrink = (1 - lr * c) ** 2
    if shrink.max() >= 1:
        return None
    floor = lr**2 * c / batch_size / (1 - shrink)

    def loss(step: int) -> float:
        return float(0.5 * ((floor + shrink**step * (1 - floor)) * c).sum())

    if loss(high) > TARGET:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if loss(middle) <= TARGET else (middle, high)
    return high


def best_steps_to_target(batch_size: int, *, n_rates: int = 400) -> int:
    """Return the steps to the target at the best of ``n_rates`` rates from 1e-4 to 2."""
    rates = np.geomspace(1e-4, 1.99, n_rates)
    found = (steps_to_target(batch_size, float(lr)) for lr in rates)
    return min(n for n in found if n is not None)
