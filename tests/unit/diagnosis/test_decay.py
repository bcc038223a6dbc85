"""Decay is kept where it helps, and its interval is legal."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.diagnosis.decay import (
    ClassicalDecay,
    DecayVerdict,
    DevCurve,
    classical_decay,
    helps,
    judge_decay,
    judge_interval,
    judge_linear_length,
    largest_interval,
)
from tunebook.records.finding import Verdict

STEPS = list(range(0, 10_000, 100))


def curve(peak: int, best: float) -> DevCurve:
    return DevCurve(STEPS, [best - abs(t - peak) / 1e5 for t in STEPS])


@pytest.mark.parametrize(("noise", "expected"), [(0.1, True), (1e-7, False)])
def test_s1_16_decay_helps_where_the_rate_sets_the_floor(noise, expected):
    # The noisy quadratic with the floor of its rate above or far below what the steps reach.
    rng = np.random.default_rng(0)
    c = 1 / np.arange(1, 21)
    scores = {True: [], False: []}
    for is_decayed in (False, True):
        for _ in range(3):
            e = np.ones(20)
            for t in range(4_000):
                lr = 0.5 * (1 - t / 4_000 if is_decayed else 1.0)
                e = (1 - lr * c) ** 2 * e + lr**2 * c * noise
            scores[is_decayed].append(-0.5 * float(e @ c) + rng.normal(scale=1e-3))
    assert helps(scores[False], scores[True], 1e-3) is expected


@pytest.mark.parametrize("gamma", [0.5, 0.7, 0.9, 0.95])
def test_s1_17_the_schedule_starts_before_the_peak_and_halves_by_it(gamma):
    decay = classical_decay(3_000, gamma)
    assert decay.start == 2_700
    assert decay.rate(2_700, 1.0) == 1.0
    assert judge_interval(3_000, decay).verdict is Verdict.PASS


def test_s1_17_an_interval_too_long_is_flagged_with_the_largest_legal_one():
    assert largest_interval(3_000, 0.5) == 300
    assert largest_interval(3_000, 0.9) == 42
    finding = judge_interval(3_000, ClassicalDecay(2_700, 100, 0.9))
    assert finding.verdict is Verdict.PROBLEM
    assert "42" in finding.advice


def test_s1_18_a_decay_shorter_than_convergence_is_noticed():
    assert judge_linear_length(3_000, 3_912).verdict is Verdict.NOTICE
    assert judge_linear_length(5_868, 3_912) is None


def test_s1_19_three_pairs_of_curves_have_three_verdicts():
    constant = curve(3_000, 0.90)
    assert judge_decay(constant, curve(3_100, 0.905), 0.01)[0] is DecayVerdict.STOP
    assert judge_decay(constant, curve(3_500, 0.95), 0.01)[0] is DecayVerdict.KEEP
    assert judge_decay(constant, curve(6_000, 0.95), 0.01)[0] is DecayVerdict.DELAY_START
