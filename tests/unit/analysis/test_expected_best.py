"""The expected best of k trials is what a bootstrap gives (S4.45)."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.analysis.expected_best import expected_best


def test_equals_a_bootstrap_of_20_000_draws_s4_45():
    rng = np.random.default_rng(0)
    errors = rng.gamma(2.0, 0.05, 30)
    for found in expected_best(errors.tolist(), [1, 3, 6, 20]):
        drawn = rng.choice(errors, (20_000, found.k)).min(axis=1)
        assert found.mean == pytest.approx(drawn.mean(), abs=1.5e-3)
        for q, value in ((0.25, found.lower), (0.5, found.median), (0.75, found.upper)):
            low, high = np.quantile(drawn, [q - 0.02, q + 0.02])
            assert low <= value <= high


def test_best_of_one_is_the_mean_and_more_trials_never_hurt():
    errors = [3.0, 1.0, 2.0]
    curve = expected_best(errors)
    assert [found.k for found in curve] == [1, 2, 3]
    assert curve[0].mean == pytest.approx(2.0)
    assert curve[0].mean > curve[1].mean > curve[2].mean > 1.0


def test_one_error_is_expected_for_every_k():
    assert {found.mean for found in expected_best([0.5], [1, 7])} == {0.5}


def test_no_error_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        expected_best([])
