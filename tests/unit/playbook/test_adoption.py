"""Adoption has the known rates, and claims are no stronger than their evidence."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.playbook.adoption import Decision, adopt, compare_strategies


def launch_rate(gain: float, n: int, repeats: int = 3_000) -> float:
    rng = np.random.default_rng(0)
    candidates = rng.normal(size=(repeats, n)) - gain
    baselines = rng.normal(size=(repeats, n))
    decisions = [
        adopt(a, b).decision for a, b in zip(candidates.tolist(), baselines.tolist(), strict=True)
    ]
    return decisions.count(Decision.LAUNCH) / repeats


@pytest.mark.parametrize(("gain", "n", "rate"), [(0.0, 5, 0.04), (2.0, 5, 0.87), (2.0, 4, 0.0)])
def test_s4_28_false_launches_and_power_are_the_known_ones(gain, n, rate):
    assert launch_rate(gain, n) == pytest.approx(rate, abs=0.03)


def test_s4_28_the_best_single_run_of_twenty_beats_the_baseline_nearly_always():
    rng = np.random.default_rng(0)
    runs = rng.normal(size=(2_000, 21))
    share = (runs[:, 1:].min(axis=1) < runs[:, 0]).mean()
    assert share == pytest.approx(0.95, abs=0.02)


def test_s4_28_too_few_seeds_launch_nothing():
    assert adopt([0.1], [0.9]).decision is Decision.MORE_SEEDS
    few = adopt([0.1, 0.11], [0.9, 0.91])
    assert few.decision is Decision.MORE_SEEDS
    low, high = few.interval
    assert low < few.gain < high


def test_s0_24_four_repeats_have_no_winner():
    sentence = compare_strategies("random", [0.1] * 4, "evolution", [0.2] * 5)
    assert sentence == "random and evolution: 4 repeats; 5 tell their order from chance"


def test_s0_24_equal_strategies_rarely_have_a_winner():
    rng = np.random.default_rng(0)
    n_won = 0
    for _ in range(1_000):
        a, b = rng.normal(0.1, 0.001, size=(2, 5)).tolist()
        n_won += "was better" in compare_strategies("a", a, "b", b)
    assert n_won / 1_000 <= 0.05
    sure = compare_strategies("a", [0.10, 0.11, 0.1, 0.1, 0.11], "b", [0.20, 0.21, 0.2, 0.2, 0.21])
    assert sure.startswith("a was better than b")
