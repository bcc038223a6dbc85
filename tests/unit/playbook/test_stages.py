"""Gates close and open, and the budget is divided without a rest."""

from __future__ import annotations

import pytest

from tunebook.diagnosis.decomposition import Headline
from tunebook.playbook.rounds import Waiver
from tunebook.playbook.stages import (
    STAGES,
    after_evaluation,
    blocked_by,
    closed_gate,
    divided,
    explore_rounds,
    target_stops,
    too_little,
)


def test_stages_are_numbered_and_share_the_budget():
    assert [stage.number for stage in STAGES] == list(range(9))
    assert sum(stage.share for stage in STAGES) == pytest.approx(1.0)
    steps = divided(10_000)
    assert 9_990 <= sum(steps.values()) <= 10_000
    assert sum(divided(10_000, stages=[4, 6]).values()) in range(9_998, 10_001)


def test_a_closed_gate_names_its_checks_and_a_waiver_opens_it():
    passed = {"preflight", "chance", "baselines"}
    assert closed_gate(2, passed) == ("single-batch",)
    assert closed_gate(2, passed, [Waiver("single-batch", "random features")]) == ()


def test_a_stage_is_blocked_by_the_first_closed_gate_before_it():
    everything = {s.number: s.gate for s in STAGES}
    assert blocked_by(6, everything) is None
    assert blocked_by(6, {**everything, 2: ()}) == 2
    assert blocked_by(2, {**everything, 2: ()}) is None


def test_the_evaluation_decides_where_to_go():
    assert after_evaluation(Headline.SHIFT, is_target_met=False) == 2
    assert after_evaluation(Headline.OVERFITTING, is_target_met=False) == 6
    assert after_evaluation(Headline.OVERFITTING, is_target_met=True) == 8


def test_rounds_follow_the_prior_until_importance_is_measured():
    searched = {"lr", "momentum", "weight_decay", "depth"}
    over = explore_rounds(searched, Headline.OVERFITTING)
    assert over == [("lr",), ("momentum",), ("weight_decay",), ("depth",), ("lr",)]
    assert ("weight_decay",) not in explore_rounds(searched, Headline.UNDERFITTING)
    measured = {"depth": 0.9, "momentum": 0.0, "weight_decay": 0.1}
    found = explore_rounds(searched, Headline.OVERFITTING, measured=measured, n_feasible=30)
    assert found[1] == ("depth",)


def test_c13_a_target_stops_exploitation_and_not_exploration():
    assert target_stops(7)
    assert not target_stops(6)
    assert target_stops(6, "always")
    assert not target_stops(7, "never")


def test_i7_a_budget_too_small_says_what_is_missing():
    assert too_little(6, 1_000, 1_000) is None
    assert "needs 1001 steps, and 1000 are left" in too_little(6, 1_000, 1_001)
