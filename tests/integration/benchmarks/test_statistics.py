"""The figures that the search benchmark tells."""

from __future__ import annotations

import math

import pytest
from benchmarks.search import statistics as figures

STEADY = [(1.0, 1.0), (4.0, 0.1), (10.0, 0.0001)]


def test_regret_is_that_of_the_last_change():
    assert figures.regret_at(STEADY, 0.5) == figures.MOST
    assert figures.regret_at(STEADY, 3.9) == 1.0
    assert figures.regret_at(STEADY, 4.0) == 0.1


def test_regret_is_clipped_so_that_luck_below_the_floor_counts_for_nothing():
    assert figures.regret_at(STEADY, 10.0) == figures.LEAST
    assert figures.regret_at([(1.0, -0.2)], 1.0) == figures.LEAST
    assert figures.regret_at([(1.0, 1e9)], 1.0) == figures.MOST


def test_time_to_a_target_is_infinite_when_it_is_not_reached():
    assert figures.time_to(STEADY, 0.5) == 4.0
    assert figures.time_to(STEADY, 1e-6) == math.inf


def test_problems_weigh_the_same_however_many_seeds_they_have():
    assert figures.ratio({"a": [math.log(4)] * 9, "b": [0.0]}) == pytest.approx(2.0)
    traces = {("a", 0): [(1, 0.1)], ("a", 1): [(1, 0.1)], ("b", 0): [(1, 1.0)]}
    assert figures.geometric_mean(traces, [*traces], 1.0) == pytest.approx(math.sqrt(0.1))


def test_ratios_are_paired():
    ours = {("a", 0): [(1, 0.1)], ("a", 1): [(1, 0.1)]}
    theirs = {("a", 1): [(1, 0.4)], ("b", 0): [(1, 9.0)]}
    assert figures.log_ratios(ours, theirs, 1.0) == {"a": [pytest.approx(math.log(4))]}


def test_holm_corrects_for_the_number_of_peers():
    assert figures.holm({"x": 0.01, "y": 0.04, "z": 0.03}) == {
        "x": pytest.approx(0.03),
        "y": pytest.approx(0.06),
        "z": pytest.approx(0.06),
    }
    assert figures.holm({"x": 0.9, "y": 0.8}) == {"x": 1.0, "y": 1.0}


def test_wilcoxon_is_over_problems():
    better = {str(i): [0.1 * i, 0.2 * i] for i in range(1, 7)}
    assert figures.wilcoxon_p(better) == pytest.approx(2 / 2**6)
    assert figures.wilcoxon_p({"a": [0.0], "b": [0.0]}) == 1.0


def test_an_interval_covers_its_ratio_and_narrows_with_agreement():
    loose = {str(i): [math.log(2) + (-1) ** i, math.log(2)] for i in range(8)}
    low, high = figures.bootstrap_interval(loose)
    assert 1.0 < low < figures.ratio(loose) < high < 4.0
    sure = {str(i): [math.log(2)] * 3 for i in range(8)}
    assert figures.bootstrap_interval(sure) == (pytest.approx(2.0), pytest.approx(2.0))


def test_ties_share_their_ranks():
    one = {("p", 0): [(1, 0.5)]}
    traces = {"a": one, "b": one, "c": {("p", 0): [(1, 0.1)]}}
    assert figures.mean_ranks(traces, ["a", "b", "c"], [("p", 0)], 1.0) == {
        "a": 2.5,
        "b": 2.5,
        "c": 1.0,
    }


def test_a_target_that_is_not_reached_counts_as_two_budgets():
    slow = {("p", 0): [(8.0, 0.5)], ("q", 0): [(5.0, 0.5)]}
    fast = {("p", 0): [(2.0, 0.4)], ("q", 0): [(1.0, 0.9)]}
    found = figures.speed_up(fast, slow, budget=10.0)
    assert found is not None
    assert (found.worst, found.worst_problem) == (5.0 / 20.0, "q")
    assert found.mean == pytest.approx(math.sqrt(4.0 * 0.25))


def test_problems_where_a_method_is_behind_are_named():
    good, bad = [(1.0, 0.1)], [(1.0, 0.3)]
    method = {("p", 0): good, ("q", 0): bad, ("r", 0): good}
    reference = {("p", 0): bad, ("q", 0): good, ("r", 0): good}
    assert figures.behind_on(method, reference, 1.0) == ["q"]
