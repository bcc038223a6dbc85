"""Learning rates are chosen where the truth is known, and refused at the edge."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.diagnosis.learning_rate import (
    SWEEP,
    Course,
    SweepRun,
    choose_rate,
    course_of,
    judge_disagreement,
    judge_sweep,
    next_probe,
    threshold,
)
from tunebook.records.finding import Verdict
from tunebook.testing.quadratics import noisy_losses, quadratic_losses


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


@pytest.mark.parametrize("highest", [0.5, 3.0, 40.0, 700.0])
def test_s0_31_the_threshold_is_within_half_of_the_limit(highest):
    curvatures = np.linspace(highest / 10, highest, 10).tolist()
    probes: dict[float, Course] = {}
    while (lr := next_probe(probes)) is not None:
        probes[lr] = course_of(quadratic_losses(curvatures, lr, 300))
    found = threshold(probes)
    assert 0.5 <= found / (2 / highest) <= 1.0
    n_magnitudes = sum(math.log10(lr) == pytest.approx(round(math.log10(lr))) for lr in probes)
    assert n_magnitudes <= 6
    assert len(probes) - n_magnitudes <= 8


def test_s0_31_probes_are_labelled():
    assert course_of([1.0 * 0.99**t for t in range(300)]) is Course.FALLS
    assert course_of([1.0 + 0.01 * t for t in range(300)]) is Course.RISES
    assert course_of([1.0, math.nan]) is Course.RISES
    assert course_of([0.9 + 0.1 * (-1) ** t for t in range(300)]) is Course.OSCILLATES


def test_s0_31_if_nothing_falls_the_search_ends():
    probes: dict[float, Course] = {}
    while (lr := next_probe(probes)) is not None:
        probes[lr] = Course.RISES
    assert len(probes) == 6
    assert threshold(probes) is None


def test_c5_rates_that_disagree_by_more_than_three_hint_at_overfitting():
    assert judge_disagreement(0.1, 0.01).verdict is Verdict.NOTICE
    assert judge_disagreement(0.1, 0.04).verdict is Verdict.PASS
