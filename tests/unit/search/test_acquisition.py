"""Scores of candidates, in the places where plain formulas under- or overflow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from tunebook.search.acquisition import (
    improvement_ratio,
    log_expected_improvement,
    lower_confidence_bound,
)


def test_lower_confidence_bound_prefers_low_means_and_doubt() -> None:
    score = lower_confidence_bound(np.array([0.0, 0.0, -1.0]), np.array([1.0, 2.0, 1.0]))
    assert score.tolist() == [1.8, 3.6, 2.8]


@pytest.mark.parametrize("mean", [-3.0, 0.0, 0.9, 1.0, 2.0, 5.0])
def test_log_expected_improvement_is_the_log_of_the_textbook_formula(mean: float) -> None:
    deviation, best = 0.7, 0.5
    z = (best - mean) / deviation
    expected = math.log(deviation * (norm.pdf(z) + z * norm.cdf(z)))
    found = log_expected_improvement(np.array([mean]), np.array([deviation]), best)
    assert found[0] == pytest.approx(expected, rel=1e-8)


def test_log_expected_improvement_still_falls_where_the_improvement_underflows() -> None:
    means = np.array([30.0, 40.0, 49.9, 50.1, 60.0, 1e6])
    found = log_expected_improvement(means, np.ones(6), 0.0)
    assert np.isfinite(found).all()
    assert (np.diff(found) < 0.0).all()


@pytest.mark.parametrize("z", [-60.0, -20.0, -1.5, -0.5, 3.0])
def test_improvement_ratio_is_the_slope_of_the_log(z: float) -> None:
    def log_h(at: float) -> float:
        return float(log_expected_improvement(np.array([-at]), np.ones(1), 0.0)[0])

    slope = (log_h(z + 1e-5) - log_h(z - 1e-5)) / 2e-5
    assert improvement_ratio(np.array([z]))[0] == pytest.approx(slope, rel=1e-3)
