"""Training examples that repeat are told; labels of equal inputs must not differ."""

from __future__ import annotations

import pytest

from tunebook.checks.overlap import Likeness
from tunebook.checks.repeats import judge
from tunebook.records.finding import Verdict


def pairs(n):
    return tuple((0, k + 1) for k in range(n))


@pytest.mark.parametrize(
    ("n_repeated", "facts", "verdict"),
    [
        (0, {}, Verdict.PASS),
        (500, {}, Verdict.NOTICE),
        (950, {}, Verdict.PROBLEM),
        (20, {"share_read": 0.02}, Verdict.PROBLEM),
        (950, {"bits": 4.0}, Verdict.PASS),
    ],
)
def test_s0_3_copies_are_counted_and_extrapolated(n_repeated, facts, verdict):
    (found,) = judge(Likeness(1000, repeated=pairs(n_repeated), **facts))
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("n", "facts", "verdict"),
    [
        (5, {"has_labels": True}, Verdict.PASS),
        (30, {"has_labels": True}, Verdict.NOTICE),
        (450, {"has_labels": True}, Verdict.PROBLEM),
        (450, {"has_labels": False}, Verdict.NOTICE),
        (450, {"has_labels": True, "bits": 4.0}, Verdict.NOTICE),
    ],
)
def test_s2_8_contradictions_are_judged_by_share_and_kind(n, facts, verdict):
    (found,) = judge(Likeness(900, conflicting=pairs(n), **facts))
    assert found.verdict is verdict
    assert f"{n} contradict another" in found.value
    assert found.verdict is Verdict.PASS or found.items[0] == "train 0 and 1"


def test_s0_3_inputs_that_cannot_be_compared_are_unknown():
    assert [f.verdict for f in judge(Likeness(0))] == [Verdict.UNKNOWN]


def test_s2_8_conflicts_of_inputs_that_are_whole_point_to_a_conversion():
    (found,) = judge(Likeness(900, is_whole=True, conflicting=pairs(30)))
    assert found.causes[0].startswith("inputs are cut to whole numbers")


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({}, "inputs of different targets are the same"),
        ({"is_blank": True}, "many inputs are blank (one constant)"),
        ({"is_blank": True, "bits": 4.0}, "many inputs are blank (one constant)"),
    ],
)
def test_s0_3_inputs_that_became_one_are_no_contradicting_labels(facts, cause):
    (found,) = judge(Likeness(900, conflicting=pairs(80), largest=81, has_labels=True, **facts))
    assert found.verdict is Verdict.PROBLEM
    assert found.causes == (f"information is lost in preprocessing: {cause}",)
    assert found.value == "81 of 900 training examples are one input"


def test_inputs_of_few_values_or_all_alike_are_not_lost_here():
    assert not Likeness(900, largest=81, bits=4.0).is_lost
    assert not Likeness(900, largest=900, is_blank=True).is_lost
