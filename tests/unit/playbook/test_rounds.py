"""Looks at the test set are counted, and five answers have colours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.playbook.checklist import ChecklistFacts, checklist
from tunebook.presets.test_looks import split_name
from tunebook.records.finding import Verdict


def test_i2_a_second_look_makes_the_test_set_validation():
    assert split_name(1) == "test"
    assert split_name(2).startswith("validation")


GREEN = ChecklistFacts(
    n_good=8,
    infeasible_share=0.05,
    is_unstable=False,
    has_overfitting=False,
    is_noisy=False,
    is_improving=False,
)


def test_s4_20_a_study_that_is_well_has_five_green_answers():
    answers = checklist(GREEN)
    assert len(answers) == 5
    assert {a.verdict for a in answers} == {Verdict.PASS}


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("wide-enough", {"at_edge": ("lr",)}),
        ("infeasible-share", {"infeasible_share": 0.6}),
        ("optimization", {"is_unstable": True}),
        ("curves", {"has_overfitting": True}),
    ],
)
def test_s4_20_a_bad_fact_turns_its_answer_red(check, change):
    answers = checklist(replace(GREEN, **change))
    assert [a.check for a in answers if a.verdict is Verdict.PROBLEM] == [check]


@pytest.mark.parametrize(
    "change",
    [{"near_edge": ("lr",)}, {"n_good": 2}, {"infeasible_share": 0.3}, {"is_improving": True}],
)
def test_s4_20_a_doubtful_fact_turns_an_answer_amber_and_none_red(change):
    answers = checklist(replace(GREEN, **change))
    assert {a.verdict for a in answers} == {Verdict.PASS, Verdict.NOTICE}
