"""Learning rates are chosen where the truth is known, and refused at the edge."""

from __future__ import annotations

import math

import numpy as np
import pytest

from noisy_quadratic import noisy_losses
from tunebook.diagnosis.learning_rate import (
    SWEEP,
    SweepRun,
    choose_rate,
    judge_sweep,
)
from tunebook.records.finding import Verdict


def sweep(rates, *, seed: int = 0) -> list[SweepRun]:
    rng = np.random.default_rng(seed)
    found = []
    for lr in rates:
        losses = noisy_losses(32, lr, 400)
        found.append(SweepRun(lr, (losses * rng.lognormal(sigma=0.1, size=401)).tolist()))
    return found


def test_s1_9_the_choice_is_near_the_best_of_a_fine_grid():
    fine = np.geomspace(1e-5, 1.0, 25)
    best = fine[int(np.argmin([noisy_losses(32, lr, 400)[-40:].mean() for lr in fine]))]
    chosen = [choose_rate(sweep((*SWEEP, 5.3), seed=seed)).lr for seed in range(20)]
    near = [lr for lr in chosen if lr is not None and 1 / 3.5 <= lr / best <= 3.5]
    assert len(near) >= 18


def test_s1_9_a_best_rate_at_the_edge_is_refused_and_the_sweep_extended():
    choice = choose_rate(sweep((1e-5, 1e-4)))
    assert choice.lr is None
    assert choice.extension == pytest.approx((1e-3, 1e-2))
    finding = judge_sweep(choice)
    assert finding.verdict is Verdict.PROBLEM
    assert "best rate is at edge" in finding.title


def test_s1_9_among_runs_as_deep_the_fastest_wins():
    t = np.arange(1000)
    runs = [
        SweepRun(lr, (np.exp(-t / tau) + 0.1).tolist())
        for lr, tau in ((0.001, 400), (0.01, 80), (0.1, 30), (1.0, 60))
    ]
    choice = choose_rate(runs)
    assert choice.lr == 0.1
    assert [row.lr for row in choice.rows] == [0.001, 0.01, 0.1, 1.0]


def test_s1_9_diverged_runs_stay_in_the_table():
    runs = [*sweep((1e-3, 1e-2, 0.1)), SweepRun(1.0, [2.0, math.nan])]
    choice = choose_rate(runs)
    assert choice.rows[-1].is_diverged
    assert choice.lr == 0.1
    assert choice.is_below_divergence
    from_the_start = [*sweep((1e-3, 1e-2, 0.1)), SweepRun(1.0, [math.nan]), SweepRun(9.0, [])]
    assert choose_rate(from_the_start).lr == 0.1
    none = choose_rate([SweepRun(1.0, [2.0, math.inf])])
    assert none.lr is None
    assert none.extension == pytest.approx((0.1, 0.01))
