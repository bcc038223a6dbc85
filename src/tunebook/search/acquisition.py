"""Scores of candidates, high is good, from a predicted mean (low is good) and deviation."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from tunebook.search.arrays import Array

BETA = 1.8
"""How many deviations below the mean are hoped for: measured best of 1.2 to 2.5."""

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


def lower_confidence_bound(mean: Array, deviation: Array) -> Array:
    """Return -(mean - BETA deviation)."""
    return BETA * deviation - mean


def log_expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    """Return the log of the expected improvement on ``best`` (Ament 2023, arXiv 2310.20708)."""
    z = (best - mean) / deviation
    return np.asarray(_log_h(z) + np.log(deviation))


def _log_h(z: Array) -> Array:
    """Return log(phi(z) + z Phi(z)) for any z."""
    out = np.empty_like(z)
    near = z > -1.0
    far = z < -50.0
    middle = ~near & ~far
    zn, zm, zf = z[near], z[middle], z[far]
    out[near] = np.log(np.exp(-0.5 * zn * zn - _HALF_LOG_2PI) + zn * ndtr(zn))
    ratio = math.sqrt(math.pi / 2.0) * erfcx(-zm / math.sqrt(2.0))
    out[middle] = -0.5 * zm * zm - _HALF_LOG_2PI + np.log1p(zm * ratio)
    out[far] = -0.5 * zf * zf - _HALF_LOG_2PI - 2.0 * np.log(-zf)
    return out


def improvement_ratio(z: Array) -> Array:
    """Return d log h / dz = Phi(z) / h(z) at z = (best - mean)/deviation, for any z."""
    return np.asarray(np.exp(log_ndtr(z) - _log_h(z)))
