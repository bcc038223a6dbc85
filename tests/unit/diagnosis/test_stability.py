"""Planted instability is seen, and remedies, warm-up and clipping keep their rules."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.diagnosis.stability import (
    Instability,
    Remedy,
    clipping,
    instability,
    judge_clipping,
    judge_stability,
    next_threshold,
    remedies,
)
from tunebook.diagnosis.warm_up import (
    WarmUp,
    chosen_warm_up,
    lengths,
    next_warm_up,
    unstable_rate,
)
from tunebook.records.finding import Verdict

STEADY = [2.0 * 0.99**t + 0.1 for t in range(500)]


def test_s4_46_the_dense_probe_sees_a_spike_that_sparse_evaluation_misses():
    spiked = list(STEADY)
    spiked[3:12] = [9.0] * 9
    assert instability(spiked) is Instability.EARLY
    assert instability(STEADY) is Instability.NONE
    assert instability(spiked[::50]) is Instability.NONE


def test_s4_46_a_sudden_rise_after_a_steady_fall_is_unstable():
    assert instability([*STEADY, *([1.5] * 40)]) is Instability.SUDDEN
    assert instability([*STEADY, float("nan")]) is Instability.SUDDEN


def test_s4_46_instability_at_twice_the_rate_is_a_problem_higher_up_a_notice():
    wild = [2.0, 50.0, float("inf")]
    assert judge_stability({2.0: wild}).verdict is Verdict.PROBLEM
    assert judge_stability({2.0: STEADY, 5.0: wild}).verdict is Verdict.NOTICE
    assert judge_stability({2.0: STEADY, 5.0: STEADY}).verdict is Verdict.PASS


def test_s4_47_remedies_come_in_order_and_lowering_the_rate_last():
    assert remedies(Instability.EARLY) == tuple(Remedy)
    assert remedies(Instability.EARLY)[-1] is Remedy.LOWER_RATE
    assert remedies(Instability.SUDDEN)[0] is Remedy.CLIPPING


def test_s4_48_the_warm_up_ramps_to_its_base_and_stays_there():
    warm_up = WarmUp(0.5, 1_000)
    assert warm_up.rate(0) == 0.0
    assert warm_up.rate(500) == 0.25
    assert warm_up.rate(1_000) == warm_up.rate(2_500) == 0.5
    assert warm_up.probe_steps == 3_000


def test_s4_48_the_sweep_is_capped_at_a_tenth_of_the_steps():
    assert lengths(20_000) == (10, 100, 1_000)
    assert max(lengths(5_000)) == 500
    assert max(lengths(50)) == 5


def test_s4_48_the_smallest_length_that_survives_is_chosen():
    survived: dict[int, bool] = {}
    while (probe := next_warm_up(0.02, survived, max_steps=100_000)) is not None:
        assert probe.base == pytest.approx(0.2)
        survived[probe.n_steps] = probe.n_steps >= 1_000
    assert chosen_warm_up(0.02, survived) == WarmUp(0.2, 1_000)
    assert chosen_warm_up(0.02, {10: False}) is None
    assert unstable_rate({0.01: True, 0.03: True, 0.1: False, 1.0: False}) == 0.1
    assert unstable_rate({0.01: True}) is None


def test_s4_49_the_90th_percentile_clips_a_tenth():
    norms = np.random.default_rng(0).lognormal(size=2_000).tolist()
    assert clipping(norms).clipped_share == pytest.approx(0.1, abs=0.02)


def test_s4_49_clipping_more_than_half_is_a_lower_rate_in_disguise():
    norms = [1.0] * 55 + [0.1] * 45
    assert judge_clipping(clipping(norms, 0.5)).verdict is Verdict.NOTICE
    assert "disguise" in judge_clipping(clipping(norms, 0.5)).title
    assert judge_clipping(clipping(norms, 2.0)).verdict is Verdict.PASS


def test_s4_49_unstable_thresholds_are_halved_until_half_is_clipped():
    norms = np.random.default_rng(0).lognormal(sigma=2.0, size=2_000).tolist()
    tried = [next_threshold(norms, [])]
    while (level := next_threshold(norms, tried)) is not None:
        tried.append(level)
    assert len(tried) > 2
    assert clipping(norms, tried[-1]).clipped_share <= 0.5
