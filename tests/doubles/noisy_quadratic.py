"""T-NQM: a noisy quadratic whose expected training is known exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def noisy_losses(batch_size: int, lr: float, n_steps: int) -> NDArray[np.float64]:
    """Return T-NQM's expected losses after 0 to ``n_steps`` steps at a constant rate.

    Curvatures are 1/i for i from 1 to 100; each coordinate's second moment e goes from 1 by
    e <- (1 - lr*c)^2 e + lr^2 c / B.
    """
    c = 1 / np.arange(1, 101)
    shrink = (1 - lr * c) ** 2
    floor = lr**2 * c / batch_size / (1 - shrink)
    with np.errstate(over="ignore", invalid="ignore"):
        decay = np.power(shrink[None, :], np.arange(n_steps + 1)[:, None])
        return np.asarray(0.5 * ((floor + decay * (1 - floor)) * c).sum(axis=1))
