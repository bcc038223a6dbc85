"""Chains of fits: what they come to depends on the observations alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.search.fitting import (
    ALWAYS_UNTIL,
    COLD_EVERY,
    MAX_POINTS,
    Chain,
    chosen,
    fit_times,
    is_cold,
)
from tunebook.search.models.gaussian_process import Kernel

KERNEL = Kernel(np.array([0, 1, 2]), 3)


def observations(n: int) -> tuple[np.ndarray, np.ndarray]:
    points = np.random.default_rng(0).random((n, 3))
    values = (points[:, 0] - 0.3) ** 2 + 0.1 * points[:, 1]
    values[2::9] = math.nan
    return points, values


@pytest.mark.parametrize("n", [1, 4, 9, 31, 52])
def test_a_chain_without_memory_comes_to_the_same(n: int) -> None:
    remembering = Chain()
    points, values = observations(n)
    for k in range(1, n + 1):
        theta = remembering.theta(KERNEL, points[:k], values[:k])
    fresh = Chain().theta(KERNEL, points, values)
    assert fresh.logs.tolist() == theta.logs.tolist()


def test_a_chain_notices_another_study() -> None:
    chain, (points, values) = Chain(), observations(12)
    chain.theta(KERNEL, points, values)
    other = values[::-1].copy()
    found = chain.theta(KERNEL, points, other)
    assert found.logs.tolist() == Chain().theta(KERNEL, points, other).logs.tolist()


@pytest.mark.parametrize("n", [1, 2, 24, 25, 26, 119, 121, 299, 300, 301, 1000, 10_000])
def test_fits_begin_with_a_cold_one_and_rise(n: int) -> None:
    times = fit_times(n)
    assert is_cold(times[0])
    assert times == sorted(set(times))
    assert times[-1] <= n
    assert not any(is_cold(k) for k in times[1:])


def test_every_observation_is_fitted_while_there_are_few() -> None:
    for n in range(1, ALWAYS_UNTIL):
        assert fit_times(n)[-1] == n
        assert len(fit_times(n)) <= COLD_EVERY


def test_a_model_of_many_keeps_the_best() -> None:
    points, values = observations(1000)
    z = np.nan_to_num(values, nan=9.0)
    kept = chosen(points, z)
    assert len(kept) <= MAX_POINTS
    assert set(np.argsort(z)[: MAX_POINTS // 2]) <= set(kept)
    assert len(set(kept)) == len(kept)
