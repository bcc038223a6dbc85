"""Numbers of steps follow from curves whose convergence is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.diagnosis.step_count import (
    convergence,
    first_steps,
    judge_best_steps,
    judge_convergence,
    recheck,
    steps_to_fit,
)
from tunebook.records.finding import Verdict
from tunebook.testing.quadratics import noisy_losses

T = np.arange(10_000)


def test_s1_10_a_curve_without_noise_converges_where_it_must():
    found = convergence((np.exp(-T / 1000) + 0.1).tolist())
    assert found.step == pytest.approx(1000 * math.log(50), rel=0.03)
    assert found.n_steps == pytest.approx(5868, rel=0.03)
    assert found.epochs(64, 5868 * 32) == pytest.approx(2.0, rel=0.03)


def test_s1_10_noise_moves_convergence_little():
    noise = np.random.default_rng(0).normal(scale=0.1, size=len(T))
    found = convergence((np.exp(-T / 1000) + 0.1 + noise).tolist())
    assert found.step == pytest.approx(3912, rel=0.15)


def test_s1_10_a_curve_still_falling_is_not_converged():
    found = convergence((1 - T / 20_000).tolist())
    assert found.step is None
    assert "longer" in judge_convergence(found).advice
    risen = convergence((1 + T / 20_000).tolist())
    assert "not fallen" in judge_convergence(risen).title


def test_s1_15_halving_the_batch_doubles_the_steps():
    # In the region of perfect scaling the rate goes with the batch.
    at = {b: convergence(noisy_losses(b, 0.0016 * b, 200_000 // b).tolist()) for b in (4, 2)}
    assert at[2].step / at[4].step == pytest.approx(2.0, rel=0.1)
    advice = recheck(at[4].n_steps, at[2])
    assert advice.new > advice.old
    assert "later" in advice.reason


def test_s1_15_without_a_converged_curve_steps_go_by_the_batch():
    falling = convergence((1 - T / 20_000).tolist())
    assert recheck(1000, falling, batch_ratio=0.5).new == 2000


def test_s4_31_a_perfect_fit_needs_three_evaluations():
    assert steps_to_fit([10, 20, 30, 40, 50, 60], [0.1, 0, 0.1, 0, 0, 0]) == 40
    assert steps_to_fit([10, 20], [0, 0]) is None


def test_s4_31_the_fastest_rate_gives_the_steps_unless_it_is_at_an_edge():
    fits = {1e-4: None, 3e-4: 900, 1e-3: 400, 3e-3: 150, 1e-2: 200, 3e-2: 500, 0.1: None}
    steps, finding = first_steps(fits)
    assert steps == 150
    assert steps <= min(n for n in fits.values() if n)
    assert finding.verdict is Verdict.PASS
    refused, why = first_steps({1e-4: None, 3e-4: 900, 1e-3: 400})
    assert refused is None
    assert why.verdict is Verdict.PROBLEM


@pytest.mark.parametrize(
    ("best", "words"),
    [
        ([5, 8, 9, 10, 4], "first tenth"),
        ([80, 99, 90, 76, 20], "last quarter"),
        ([5, 50, 90, 60, 40], "suits"),
    ],
)
def test_s4_32_where_the_best_checkpoints_fall_says_what_to_do(best, words):
    assert words in judge_best_steps(best, [100] * 5).title


def test_s4_32_a_study_with_variable_steps_is_refused():
    assert judge_best_steps([5, 5], [100, 200]).verdict is Verdict.PROBLEM
