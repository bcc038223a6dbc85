"""Low-discrepancy points: blocks of scrambled Halton and Sobol sequences, cached by block.

A point depends on the seed, the number of dimensions and its index alone, which is what makes
quasi-random studies reproducible and prefixes of one another.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import qmc

from tunebook.search.arrays import Array

if TYPE_CHECKING:
    from tunebook.records import Configuration
    from tunebook.search.protocol import History, Randomness

HALTON_SKIP = 1000
"""So many points are skipped: the first ones of high dimensions are correlated (S4.43)."""

BLOCK = 256


def halton_point(n_dimensions: int, seed: int, index: int) -> Array:
    """Return point ``index`` (from 0) in [0, 1)^d of a scrambled Halton sequence (S4.43, A)."""
    block, place = divmod(index, BLOCK)
    return np.asarray(_block(qmc.Halton, n_dimensions, seed, HALTON_SKIP + block * BLOCK)[place])


def sobol_point(n_dimensions: int, seed: int, index: int) -> Array:
    """Return point ``index`` (from 0) in [0, 1)^d of a scrambled Sobol sequence."""
    block, place = divmod(index, BLOCK)
    return np.asarray(_block(qmc.Sobol, n_dimensions, seed, block * BLOCK)[place])


def designed(history: History, rng: Randomness, n_own: int) -> Configuration:
    """Return trial ``n_own`` of a spread-out design: the default first, then the Sobol sequence."""
    space = history.space
    if n_own == 0:
        return space.default(history.max_steps)
    return space.decode(sobol_point(len(space.dimensions), rng.seed, n_own - 1))


@lru_cache(maxsize=128)
def _block(sequence: type[qmc.QMCEngine], n_dimensions: int, seed: int, first: int) -> Array:
    """Return a block of points, the first of which is number ``first`` of its sequence."""
    if n_dimensions == 0:
        return np.empty((BLOCK, 0))
    engine = sequence(n_dimensions, scramble=True, rng=np.random.default_rng(seed))
    if first:
        # Sobol engines of SciPy refuse to be moved on by nothing.
        engine.fast_forward(first)
    points: Array = engine.random(BLOCK)
    points.setflags(write=False)
    return points
