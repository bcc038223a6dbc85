"""The share of infeasible trials, and the cut that finds a cliff (S4.27)."""

from __future__ import annotations

import numpy as np
import pytest

from results import sample_result
from tunebook.analysis.infeasibility import (
    Level,
    common_to,
    judge_infeasibility,
    n_in_good_region,
)
from tunebook.records import Objective
from tunebook.space import Choice, Float, Int, Space


@pytest.mark.parametrize(
    ("n_bad", "level"), [(0, Level.GREEN), (2, Level.GREEN), (3, Level.AMBER), (6, Level.RED)]
)
def test_more_than_a_quarter_is_amber_and_more_than_half_red_s4_27(n_bad, level):
    space = Space(x=Float(0.0, 1.0))
    trials = [sample_result(i, {"x": 0.5}, None if i < n_bad else 0.1) for i in range(10)]
    assert judge_infeasibility(trials, space).level is level


def test_proposed_cut_is_within_a_factor_two_of_the_cliff_s4_27():
    space = Space(lr=Float(1e-5, 1.0, log=True), wd=Float(1e-6, 1e-2, log=True))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        configs = [space.sample(rng) for _ in range(60)]
        trials = [sample_result(i, c, None if c.lr > 0.1 else 1.0) for i, c in enumerate(configs)]
        cut = judge_infeasibility(trials, space).cut
        assert cut is not None
        assert (cut.parameter, cut.is_upper, cut.n_feasible) == ("lr", True, 0)
        assert 0.05 <= cut.limit <= 0.2


def test_failures_at_random_propose_no_cut():
    space = Space(x=Float(0.0, 1.0), y=Float(0.0, 1.0))
    rng = np.random.default_rng(0)
    trials = [sample_result(i, space.sample(rng), None if i % 2 else 1.0) for i in range(200)]
    assert judge_infeasibility(trials, space).cut is None


def test_good_region_counts_trials_within_two_deviations_of_the_best():
    errors = [0.10, 0.11, 0.12, 0.2, 0.3]
    trials = [sample_result(i, {"x": 0.5}, e) for i, e in enumerate(errors)]
    assert n_in_good_region(trials, Objective.of(minimize="error"), 0.011) == 3
    assert n_in_good_region([], Objective.of(minimize="error"), 0.011) == 0


FAILING = Space(
    optimizer=Choice("sgd", "adam"), lr=Float(1e-3, 1.0, log=True), width=Int(1, 64, log=True)
)


def trials_of(*rows: tuple[str, float, int]) -> list:
    names = ("optimizer", "lr", "width")
    return [sample_result(i, dict(zip(names, row, strict=True)), 0.5) for i, row in enumerate(rows)]


def test_value_that_all_bad_trials_have_is_told_with_how_many_others_have_it():
    bad = trials_of(("sgd", 0.1, 8), ("sgd", 0.01, 16), ("sgd", 0.3, 32))
    others = trials_of(("adam", 0.1, 8), ("sgd", 0.2, 16), ("adam", 0.01, 4))
    assert common_to(bad, others, FAILING) == ["All have optimizer=sgd; of the 3 others 1 do"]


def test_stretch_that_all_bad_trials_lie_in_is_told():
    bad = trials_of(("sgd", 0.5, 8), ("adam", 0.6, 16))
    others = trials_of(("adam", 0.1, 8), ("sgd", 0.2, 16), ("adam", 0.01, 64))
    assert common_to(bad, others, FAILING) == ["All have lr above 0.316; of the 3 others 0 do"]


def test_bad_trials_with_nothing_in_common_say_nothing():
    bad = trials_of(("sgd", 0.5, 8), ("adam", 0.002, 16))
    others = trials_of(("adam", 0.9, 4), ("sgd", 0.2, 16), ("adam", 0.001, 64))
    assert common_to(bad, others, FAILING) == []
    assert common_to(bad[:1], others, FAILING) == []
    assert common_to(bad, [], FAILING) == []
