"""Axis and isolation plots show every trial, and recover what is known (S4.22, S4.23, S3.7)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from results import sample_result
from tunebook.analysis.axis import axis_points, isolation
from tunebook.records import Objective
from tunebook.space import Choice, Float, Space

LOWER = Objective.of(minimize="error")


def test_points_and_crosses_are_all_trials_and_the_best_three_are_starred_s4_22():
    space = Space(lr=Float(1e-4, 1.0, log=True))
    values = [0.5, None, 0.1, 0.2, None, 0.3]
    trials = [sample_result(i, {"lr": 10.0 ** -(i % 4)}, v) for i, v in enumerate(values)]
    points = axis_points(trials, space, LOWER, name="lr")
    assert len(points) == len(trials)
    assert [p.trial for p in points if p.value is None] == [1, 4]
    assert {p.trial for p in points if p.is_top} == {2, 3, 5}
    assert points[1].unit == pytest.approx(0.75)


def test_trial_without_a_conditional_parameter_is_not_on_its_axis_s4_16():
    space = Space(optimizer=Choice("sgd", "adam"), beta=Float(0.5, 0.9, when={"optimizer": "adam"}))
    trials = [
        sample_result(0, {"optimizer": "sgd"}, 0.5),
        sample_result(1, {"optimizer": "adam", "beta": 0.7}, 0.4),
    ]
    assert [p.trial for p in axis_points(trials, space, LOWER, name="beta")] == [1]


def test_choice_has_a_bucket_for_each_value_and_counts_its_infeasible_trials_s4_23():
    space = Space(optimizer=Choice("sgd", "adam"))
    results = [("sgd", 0.5), ("sgd", 0.3), ("sgd", 0.4), ("adam", 0.2), ("adam", None)]
    trials = [sample_result(i, {"optimizer": o}, v) for i, (o, v) in enumerate(results)]
    sgd, adam = isolation(trials, space, LOWER, name="optimizer")
    assert (sgd.x, sgd.n, sgd.best, sgd.third, sgd.is_thin) == ("sgd", 3, 0.3, 0.5, False)
    assert (adam.x, adam.n, adam.n_infeasible, adam.best, adam.is_thin) == ("adam", 1, 1, 0.2, True)
    assert sgd.expected == pytest.approx(0.4), "the smallest bucket has one trial: its mean"


def test_isolation_recovers_the_best_weight_decay_within_a_decade_s3_7():
    """Of 40 quasi-random trials in 8 buckets; a fixed rate one decade too high is off by 1.11."""
    space = Space(lr=Float(1e-4, 1.0, log=True), wd=Float(1e-6, 1e-2, log=True))
    v0 = -4.0
    n_close = n_right = n_studies = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        points = qmc.Halton(2, seed=seed).random(40)
        trials = []
        for i, point in enumerate(points):
            config = space.decode(point.tolist())
            u, v = np.log10(config.lr), np.log10(config.wd)
            error = (u + 0.5 * v + 4.0) ** 2 + 0.2 * (v - v0) ** 2 + 0.02 * rng.normal()
            trials.append(sample_result(i, config, float(error)))
        buckets = isolation(trials, space, LOWER, name="wd")
        assert len(buckets) == 8
        best = min((b for b in buckets if b.best is not None), key=lambda b: b.best)
        found = -6.0 + 4.0 * (best.low + best.high) / 2
        n_right += abs(found - v0) <= 0.5
        n_close += abs(found - v0) <= 1.0
        n_studies += 1
    assert n_close / n_studies >= 0.92
    assert n_right / n_studies >= 0.7
    vs = np.linspace(-6, -2, 4001)
    fixed = (-1.0 + 0.5 * vs + 4.0 - 0.0) ** 2 + 0.2 * (vs - v0) ** 2
    assert vs[fixed.argmin()] - v0 == pytest.approx(-1.11, abs=0.01)


def test_empty_study_has_empty_plots():
    space = Space(x=Float(0.0, 1.0))
    assert axis_points([], space, LOWER, name="x") == []
    assert [(b.n, b.best, b.expected) for b in isolation([], space, LOWER, name="x")] == [
        (0, None, None)
    ] * 4
