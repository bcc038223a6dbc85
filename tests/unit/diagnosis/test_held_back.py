"""Regularization and augmentation that leave nothing to learn from are told, others are not."""

from __future__ import annotations

import math

import pytest

from tunebook.diagnosis.held_back import HeldBack, judge_held_back
from tunebook.diagnosis.single_batch import Cause
from tunebook.records.finding import Finding, Verdict, leading_causes

PLAIN = [2.3 * math.exp(-k / 40) for k in range(300)]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (HeldBack.REGULARIZATION, Cause.REGULARIZATION.value),
        (HeldBack.AUGMENTATION, Cause.AUGMENTATION.value),
    ],
)
def test_s2_8_what_keeps_the_loss_at_its_start_is_the_cause(kind, cause):
    (found,) = judge_held_back(PLAIN, {kind: [2.3 - 0.001 * k for k in range(300)]})
    assert found.verdict is Verdict.PROBLEM
    assert found.causes[0] == cause
    assert found.next_test


def test_s2_8_slower_fit_with_dropout_is_no_fault():
    slower = [2.3 * math.exp(-k / 120) for k in range(300)]
    (found,) = judge_held_back(PLAIN, {HeldBack.REGULARIZATION: slower})
    assert found.verdict is Verdict.PASS


def test_s2_8_augmentation_that_makes_nan_fits_nothing():
    (found,) = judge_held_back(PLAIN, {HeldBack.AUGMENTATION: [2.3, math.nan]})
    assert found.verdict is Verdict.PROBLEM


def test_first_cause_of_every_problem_leads():
    problem = Finding("a", Verdict.PROBLEM, "A.", causes=("one", "two"))
    other = Finding("b", Verdict.PROBLEM, "B.")
    noticed = Finding("c", Verdict.NOTICE, "C.", causes=("none of these",))
    assert leading_causes([noticed, problem, other]) == ["one", "B."]
    assert leading_causes([problem, problem], n=3) == ["one", "two"]
    assert leading_causes([noticed]) == []
