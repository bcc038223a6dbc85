"""Numbers of steps follow from curves whose convergence is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.diagnosis.step_count import (
    convergence,
    judge_convergence,
)

T = np.arange(10_000)


def test_s1_10_a_curve_without_noise_converges_where_it_must():
    found = convergence((np.exp(-T / 1000) + 0.1).tolist())
    assert found.step == pytest.approx(1000 * math.log(50), rel=0.03)
    assert found.n_steps == pytest.approx(5868, rel=0.03)


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
