"""The boundary test warns and expands as often as the specification states (S4.21)."""

from __future__ import annotations

import numpy as np
import pytest

from results import sample_result
from tunebook.analysis.boundary import EdgeAdvice, boundary_test
from tunebook.records import Objective
from tunebook.space import Choice, Float, Int, Space

LOWER = Objective.of(minimize="error")
REPEATS = 600


def rates(optimum: float | None, seed: int = 0) -> tuple[float, float]:
    """Return the shares of studies of 20 trials with any finding, and with one to expand.

    ``optimum`` is where the best would be on a unit axis; None: the axis does not matter.
    """
    space = Space(x=Float(0.0, 1.0))
    rng = np.random.default_rng(seed)
    n_found = n_expand = 0
    for _ in range(REPEATS):
        xs = rng.random(20)
        noise = rng.normal(size=20)
        errors = noise if optimum is None else (xs - optimum) ** 2 + 0.25 * noise
        trials = [
            sample_result(i, {"x": float(x)}, float(e))
            for i, (x, e) in enumerate(zip(xs, errors, strict=True))
        ]
        found = boundary_test(trials, space, LOWER)
        # The rates of the specification count the best for a warning, two of three to expand.
        top = min(range(20), key=lambda i: errors[i])
        n_found += not 0.1 < xs[top] < 0.9
        n_expand += any(f.advice is EdgeAdvice.EXPAND for f in found)
        assert any(f for f in found) >= (not 0.1 < xs[top] < 0.9)
    return n_found / REPEATS, n_expand / REPEATS


def test_irrelevant_axis_warns_in_21_and_expands_in_6_percent_s4_21():
    warned, expanded = rates(None)
    assert warned == pytest.approx(0.21, abs=0.05)
    assert expanded == pytest.approx(0.06, abs=0.05)


def test_optimum_well_outside_warns_in_67_and_expands_in_46_percent_s4_21():
    warned, expanded = rates(2.0)
    assert warned == pytest.approx(0.67, abs=0.05)
    assert expanded == pytest.approx(0.46, abs=0.05)


def study(lrs: list[float], optimum: float) -> list:
    return [sample_result(i, {"lr": lr}, abs(np.log10(lr / optimum))) for i, lr in enumerate(lrs)]


def test_figure_like_case_is_expanded_until_the_top_three_are_inside_s4_21():
    low, high, optimum = 1e-5, 2e-4, 2e-3
    for _ in range(10):
        space = Space(lr=Float(low, high, log=True))
        trials = study(np.geomspace(low, high, 20).tolist(), optimum)
        found = boundary_test(trials, space, LOWER)
        if not found:
            break
        assert [(f.parameter, f.is_high, f.advice) for f in found] == [
            ("lr", True, EdgeAdvice.EXPAND)
        ]
        assert found[0].proposed == pytest.approx(high * (high / low) ** 0.5)
        high = found[0].proposed
    assert found == []
    assert high > optimum


def test_edge_beyond_which_all_diverge_asks_for_stability_s4_21_s4_46():
    space = Space(lr=Float(1e-5, 1.0, log=True))
    good = study(np.geomspace(1e-5, 0.5, 12).tolist(), 1.0)
    bad = [sample_result(12 + i, {"lr": lr}, None) for i, lr in enumerate((0.7, 0.9))]
    (found,) = boundary_test([*good, *bad], space, LOWER)
    assert found.advice is EdgeAdvice.WARN or found.advice is EdgeAdvice.STABILISE
    crowded = [*good, *study([0.45, 0.48], 1.0)]
    crowded = [sample_result(i, dict(t.config), t.value) for i, t in enumerate(crowded)]
    (found,) = boundary_test([*crowded, *bad], space, LOWER)
    assert (found.advice, found.proposed, found.n_top) == (EdgeAdvice.STABILISE, None, 3)


def test_ordered_choice_has_edges_and_an_unordered_one_has_none():
    space = Space(batch=Choice(32, 64, 128, ordered=True), optimizer=Choice("sgd", "adam", "lion"))
    trials = [
        sample_result(i, {"batch": batch, "optimizer": "sgd"}, error)
        for i, (batch, error) in enumerate([(128, 0.1), (128, 0.2), (64, 0.3), (32, 0.9)])
    ]
    (found,) = boundary_test(trials, space, LOWER)
    assert (found.parameter, found.is_high, found.proposed) == ("batch", True, None)


def test_whole_numbers_are_widened_to_whole_numbers_and_scores_turn_the_ranking():
    space = Space(layers=Int(1, 9))
    trials = [sample_result(i, {"layers": n}, 0.1 * n) for i, n in enumerate([9, 9, 9, 5, 1])]
    (found,) = boundary_test(trials, space, Objective.of(maximize="accuracy"))
    assert (found.is_high, found.proposed) == (True, 14.0)


def test_study_without_a_feasible_trial_finds_nothing():
    space = Space(x=Float(0.0, 1.0))
    assert boundary_test([sample_result(0, {"x": 0.99}, None)], space, LOWER) == []
