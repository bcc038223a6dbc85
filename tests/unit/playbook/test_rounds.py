"""Rounds have a goal, launches have evidence, and a red answer blocks conclusions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tunebook.errors import InputError
from tunebook.playbook.adoption import adopt
from tunebook.playbook.checklist import ChecklistFacts, checklist, may_conclude
from tunebook.playbook.rounds import (
    PRECONDITIONS,
    Launch,
    Mode,
    Precondition,
    Round,
    TestLook,
    Waiver,
    needs_look,
    refusal_to_look,
    round_warnings,
    split_name,
    unready,
)
from tunebook.records.finding import Verdict
from tunebook.space import Role

CLEAR = adopt([0.1, 0.11, 0.1, 0.11, 0.1], [0.2, 0.21, 0.2, 0.21, 0.2])
EQUAL = adopt([0.1, 0.2, 0.1, 0.2, 0.1], [0.1, 0.2, 0.1, 0.2, 0.1])


@pytest.mark.parametrize(
    "change", [{"goal": " "}, {"study_ids": ()}, {"adoption": None}, {"adoption": EQUAL}]
)
def test_s4_12_a_launch_needs_goal_studies_and_evidence(change):
    given = {"goal": "depth?", "study_ids": ("a",), "adoption": CLEAR, "configuration": {"d": 4}}
    assert Launch(**given).adoption.gain > 0
    with pytest.raises(InputError):
        Launch(**{**given, **change})


def test_s4_12_a_round_without_a_goal_and_a_waiver_without_a_reason_are_refused():
    with pytest.raises(InputError):
        Round("")
    with pytest.raises(InputError):
        Waiver("baselines", "")


def test_s4_13_and_i6_an_adaptive_searcher_in_an_explore_round_asks():
    explore = Round("lr?")
    assert round_warnings(explore, searcher="bayes")
    assert not round_warnings(explore, searcher="halton")
    assert not round_warnings(replace(explore, mode=Mode.EXPLOIT), searcher="bayes")


def test_s4_14_two_scientific_hyperparameters_are_split():
    two = Round("all", roles={"depth": Role.SCIENTIFIC, "width": Role.SCIENTIFIC})
    assert "Split the round" in round_warnings(two)[0]
    one = Round("depth", roles={"depth": Role.SCIENTIFIC, "lr": Role.NUISANCE})
    assert round_warnings(one) == []


def test_s4_1_an_unchecked_precondition_blocks_and_a_waiver_lifts_it():
    checked = [Precondition(text, "link") for text in PRECONDITIONS[:-1]]
    assert unready(checked) == [PRECONDITIONS[-1]]
    assert unready([*checked, Precondition(PRECONDITIONS[-1])]) == [PRECONDITIONS[-1]]
    assert unready(checked, [Waiver(PRECONDITIONS[-1], "toy project")]) == []


def test_s1_4_a_search_needs_a_curve_first():
    assert needs_look(False)
    assert needs_look(True) is None


def test_i2_a_second_look_makes_the_test_set_validation():
    look = TestLook(datetime(2026, 1, 1, tzinfo=UTC), 0.9, {})
    assert split_name([look]) == "test"
    assert split_name([look, look]).startswith("validation")


def test_s4_29_the_test_set_is_seen_once_for_the_launched_configuration():
    best = {"lr": 0.1}
    assert refusal_to_look(best, best, []) is None
    assert "launched" in refusal_to_look(best, None, [])
    assert "only" in refusal_to_look({"lr": 0.2}, best, [])
    look = TestLook(datetime(2026, 1, 1, tzinfo=UTC), 0.9, best)
    assert "2026-01-01" in refusal_to_look(best, best, [look])


GREEN = ChecklistFacts(
    n_good=8,
    infeasible_share=0.05,
    is_unstable=False,
    has_overfitting=False,
    is_noisy=False,
    is_improving=False,
)


def test_s4_20_five_green_answers_allow_a_conclusion():
    answers = checklist(GREEN)
    assert len(answers) == 5
    assert {a.verdict for a in answers} == {Verdict.PASS}
    assert may_conclude(answers)


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("wide-enough", {"at_edge": ("lr",)}),
        ("infeasible-share", {"infeasible_share": 0.6}),
        ("optimization", {"is_unstable": True}),
        ("curves", {"has_overfitting": True}),
    ],
)
def test_s4_20_a_red_answer_blocks(check, change):
    answers = checklist(replace(GREEN, **change))
    assert [a.check for a in answers if a.verdict is Verdict.PROBLEM] == [check]
    assert not may_conclude(answers)


@pytest.mark.parametrize(
    "change",
    [{"near_edge": ("lr",)}, {"n_good": 2}, {"infeasible_share": 0.3}, {"is_improving": True}],
)
def test_s4_20_an_amber_answer_does_not_block(change):
    answers = checklist(replace(GREEN, **change))
    assert Verdict.NOTICE in {a.verdict for a in answers}
    assert may_conclude(answers)
