"""Low-discrepancy points: blocks of scrambled Halton and Sobol sequences, cached by block.

A point depends on the seed, the number of dimensions and its index alone, which is what makes
quasi-random studies reproducible and prefixes of one another.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import qmc

from tunebook.search.arrays import Array

HALTON_SKIP = 1000
"""So many points are skipped: the first ones of high dimensions are correlated (S4.43)."""

BLOCK = 256


def halton_point(n_dimensions: int, seed: int, index: int) -> Array:
    """Return point ``index`` (from 0) in [0, 1)^d of a scrambled Halton sequence (S4.43, A)."""
    return np.asarray(_halton_block(n_dimensions, seed, index // BLOCK)[index % BLOCK])


def sobol_point(n_dimensions: int, seed: int, index: int) -> Array:
    """Return point ``index`` (from 0) in [0, 1)^d of a scrambled Sobol sequence."""
    return np.asarray(_sobol_block(n_dimensions, seed, index // BLOCK)[index % BLOCK])


@lru_cache(maxsize=64)
def _halton_block(n_dimensions: int, seed: int, block: int) -> Array:
    if n_dimensions == 0:
        return np.empty((BLOCK, 0))
    engine = qmc.Halton(n_dimensions, scramble=True, rng=np.random.default_rng(seed))
    engine.fast_forward(HALTON_SKIP + block * BLOCK)
    return _frozen(engine.random(BLOCK))


@lru_cache(maxsize=64)
def _sobol_block(n_dimensions: int, seed: int, block: int) -> Array:
    if n_dimensions == 0:
        return np.empty((BLOCK, 0))
    engine = qmc.Sobol(n_dimensions, scramble=True, rng=np.random.default_rng(seed))
    if block:
        # Sobol engines of SciPy refuse to be moved on by nothing.
        engine.fast_forward(block * BLOCK)
    return _frozen(engine.random(BLOCK))


def _frozen(points: Array) -> Array:
    points.setflags(write=False)
    return points
