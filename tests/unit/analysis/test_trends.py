"""Trends find the learning rate and leave a useless axis alone (S0.25)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from results import sample_result
from tunebook.analysis.trends import rank_correlation, trends
from tunebook.records import Objective
from tunebook.space import Choice, Float, Space

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


RATE = Space(lr=Float(1e-4, 1.0, log=True), width=Choice(8, 16, 32, 64, 128, ordered=True))


def searched(seed: int, n: int, shape, *, low: float = 1e-4, cliff: float = 9.0) -> list:
    """Trials of a search over lr and width whose error is ``shape`` of log10 lr, by the rate."""
    rng = np.random.default_rng(seed)
    trials = []
    for i in range(n):
        lr = float(10 ** rng.uniform(math.log10(low), 0))
        config = {"lr": lr, "width": int(rng.choice([8, 16, 32, 64, 128]))}
        value = None if lr > cliff else shape(math.log10(lr), config) + 0.02 * rng.normal()
        trials.append(sample_result(i, config, value))
    return trials


def effects(trials: list) -> dict[str, str]:
    return {t.parameter: t.effect for t in trends(trials, RATE, LOWER)}


def valley(log_lr: float, config: dict) -> float:
    return abs(log_lr - math.log10(0.02))


@pytest.mark.parametrize("low", [1e-4, 1e-3])
def test_valley_is_told_by_where_it_lies_not_by_a_side(low):
    found = [trends(searched(seed, 40, valley, low=low), RATE, LOWER)[0] for seed in range(50)]
    near = [t.best_near for t in found if t.best_near is not None]
    assert len(near) >= 48
    assert np.median(near) == pytest.approx(0.02, rel=0.3)
    assert found[0].is_clear
    assert found[0].effect.startswith("best near 0.0")


def test_rate_that_is_better_the_higher_until_it_diverges_is_best_before_that():
    def shape(log_lr: float, config: dict) -> float:
        return -log_lr

    trials = searched(0, 40, shape, cliff=0.03)
    (lr, _) = trends(trials, RATE, LOWER)
    assert lr.n == 40  # what diverged counts
    assert 0.005 < lr.best_near < 0.03
    (only_feasible, _) = trends([t for t in trials if t.value is not None], RATE, LOWER)
    assert only_feasible.effect == "higher is better"


def test_best_of_an_ordered_choice_is_one_of_its_values():
    def shape(log_lr: float, config: dict) -> float:
        return abs(math.log2(config["width"] / 32))

    assert effects(searched(0, 60, shape))["width"] == "best near 32"


def test_slopes_and_noise_are_rarely_taken_for_a_valley():
    slope = [effects(searched(s, 40, lambda x, c: x)) for s in range(100)]
    assert sum(found["lr"] == "lower is better" for found in slope) >= 97
    rng = np.random.default_rng(7)
    noise = [effects(searched(s, 40, lambda x, c: rng.normal())) for s in range(100)]
    assert sum("best near" in found["lr"] for found in noise) <= 5


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
