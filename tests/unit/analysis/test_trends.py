"""Trends find the learning rate and leave a useless axis alone (S0.25)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from tunebook.analysis.trends import rank_correlation, trends
from tunebook.records import Objective
from tunebook.space import Choice, Float, Space
from tunebook.testing.samples import sample_result

LOWER = Objective.of(minimize="error")
SPACE = Space(lr=Float(1e-4, 1e-2, log=True), useless=Float(0.0, 1.0))


def study(seed: int, n: int) -> list:
    rng = np.random.default_rng(seed)
    configs = [SPACE.sample(rng) for _ in range(n)]
    errors = [-0.3 * math.log10(c.lr) + 0.1 * rng.normal() for c in configs]
    return [sample_result(i, c, e) for i, (c, e) in enumerate(zip(configs, errors, strict=True))]


def test_useless_axis_has_no_clear_effect_and_the_learning_rate_has_one_s0_25():
    n_false = n_true = 0
    for seed in range(200):
        lr, useless = trends(study(seed, 40), SPACE, LOWER)
        n_false += useless.is_clear
        n_true += lr.is_clear and lr.correlation > 0
    assert n_false / 200 <= 0.1
    assert n_true / 200 >= 0.95


def test_four_trials_show_no_trend_s0_25():
    assert trends(study(0, 4), SPACE, LOWER) == []


def test_unordered_choice_has_no_trend():
    space = Space(optimizer=Choice("a", "b", "c"))
    trials = [sample_result(i, {"optimizer": "abc"[i % 3]}, float(i)) for i in range(20)]
    assert trends(trials, space, LOWER) == []


def test_rank_correlation_equals_scipys_with_ties():
    rng = np.random.default_rng(0)
    xs, ys = rng.integers(0, 5, 50).astype(float), rng.normal(size=50)
    assert rank_correlation(xs.tolist(), ys.tolist()) == pytest.approx(spearmanr(xs, ys).statistic)
    assert rank_correlation([1.0, 1.0], [1.0, 2.0]) == 0.0
