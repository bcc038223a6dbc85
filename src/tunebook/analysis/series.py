"""What every verdict on a series of losses needs: smoothing, sign changes, amplitude, its tail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import fmean

import numpy as np

SMOOTHING = 0.9
"""The factor of exponential smoothing at one value per step (S1.1)."""


def smoothed(values: Sequence[float], factor: float = SMOOTHING) -> list[float]:
    """Return the exponentially smoothed series, which starts at its first value (S1.1)."""
    return list(accumulate(values, lambda mean, value: factor * mean + (1 - factor) * value))


def running_mean(values: Sequence[float], window: int) -> list[float]:
    """Return the mean around each place, over at most ``window`` values; shorter at the ends."""
    half = max(0, window // 2)
    return [fmean(values[max(0, i - half) : i + half + 1]) for i in range(len(values))]


def sign_change_share(values: Sequence[float]) -> float:
    """Return the share of neighbouring differences that have opposite signs, in [0, 1]."""
    differences = [b - a for a, b in pairwise(values)]
    if len(differences) < 2:
        return 0.0
    return sum(a * b < 0 for a, b in pairwise(differences)) / (len(differences) - 1)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of the values lie, between neighbours in a line."""
    return float(np.quantile(values, share))


def amplitude(values: Sequence[float]) -> float:
    """Return the distance from the 5 % to the 95 % quantile."""
    return quantile(values, 0.95) - quantile(values, 0.05)


def tail_mean(values: Sequence[float], share: float = 0.1) -> float:
    """Return the mean of the last ``share`` of the values, of one at least."""
    return fmean(values[-max(1, round(share * len(values))) :])


def entropy(shares: Sequence[float]) -> float:
    """Return the entropy of label shares, in nats: the loss of whoever ignores the input."""
    return -sum(p * math.log(p) for p in shares if p > 0)


def number(value: float) -> str:
    """Return a figure as findings show it."""
    return f"{value:.4g}"


def down_sampled(values: Sequence[float], max_points: int) -> Sequence[int]:
    """Return the places of the points to keep, in order; ends, minima and maxima stay."""
    n = len(values)
    if n <= max_points:
        return range(n)
    finite = np.where(np.isfinite(values), values, np.nan)
    low, high = np.nan_to_num(finite, nan=np.inf), np.nan_to_num(finite, nan=-np.inf)
    kept = {0, n - 1}
    for column in np.array_split(np.arange(n), max(1, (max_points - 2) // 2)):
        kept |= {int(column[low[column].argmin()]), int(column[high[column].argmax()])}
    return sorted(kept)
