"""Batch size and momentum searched together, with the learning rate scaled for each cell (S1.13).

Without that scaling the grid mostly measures how ill the rate suits. For SGD-like optimizers only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

BATCH_SIZES, MOMENTA = (16, 32, 64, 128, 256), (0.0, 0.5, 0.9, 0.95, 0.99)
RATE_FACTORS = (1 / 3, 1.0, 3.0)
_SPREAD = 2.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One trial of the grid."""

    batch_size: int
    momentum: float
    lr: float


def scaled_rate(
    lr: float, *, momentum: float, momentum_before: float, batch: int, batch_before: int
) -> float:
    """Return lr * (1 - m) / (1 - m0) * B / B0 (S1.13)."""
    return lr * (1 - momentum) / (1 - momentum_before) * batch / batch_before


def cells(
    lr: float,
    *,
    momentum: float,
    batch_size: int,
    batch_sizes: Sequence[int] = BATCH_SIZES,
    momenta: Sequence[float] = MOMENTA,
    retunes: bool = True,
) -> list[Cell]:
    """Return each cell at a third of, at, and at three times its scaled rate (S1.13)."""
    factors = RATE_FACTORS if retunes else (1.0,)
    return [
        Cell(
            size,
            m,
            factor
            * (
                scaled_rate(
                    lr,
                    momentum=m,
                    momentum_before=momentum,
                    batch=size,
                    batch_before=batch_size,
                )
                if retunes
                else lr
            ),
        )
        for size, m, factor in product(batch_sizes, momenta, factors)
    ]


def batch_effect(
    best_errors: Mapping[int, float], trial_deviation: float, *, is_rate_retuned: bool
) -> str:
    """Return the sentence on the effect of batch size (S1.13, C1).

    ``best_errors`` is the best error by size. Without tuning the rate again it is confounded.
    """
    if not is_rate_retuned:
        return "batch effect confounded with the learning rate, which was not tuned for each size"
    spread = max(best_errors.values()) - min(best_errors.values())
    if spread <= _SPREAD * trial_deviation:
        return f"no difference between batch sizes beyond noise: {spread:.3g}"
    best = min(best_errors, key=lambda size: best_errors[size])
    return f"batch size {best} is better by up to {spread:.3g}"
