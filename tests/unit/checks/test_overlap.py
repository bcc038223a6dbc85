"""Examples in two splits are leakage, unless inputs can take few values."""

from __future__ import annotations

from tunebook.checks.overlap import Likeness, Shared, judge
from tunebook.records.finding import Verdict


def judged(*shared, near=(), bits=400.0):
    seen = Likeness(600, bits=bits, shared=shared, near=near)
    return [(f.verdict, f.title) for f in judge(seen)]


NONE = Shared("train", "train-val", 0, 0.0)


def test_s0_3_same_examples_in_two_splits_are_a_problem():
    title = "The same examples are in train and train-val."
    assert judged(Shared("train", "train-val", 150, 0.75)) == [(Verdict.PROBLEM, title)]
    assert judged(Shared("train", "train-val", 10, 0.05)) == [(Verdict.NOTICE, title)]
    assert judged(Shared("train", "train-val", 4, 0.05)) == [
        (Verdict.PASS, "The splits do not overlap.")
    ]


def test_s0_3_test_set_that_is_the_validation_set_is_named():
    seen = Likeness(600, shared=(NONE, Shared("train-val", "test", 200, 1.0)))
    (found,) = judge(seen)
    assert found.causes[0] == "leakage: test has the examples of train-val"


def test_s0_3_inputs_of_few_values_are_equal_by_nature():
    found = judged(Shared("train", "train-val", 200, 1.0), bits=4.0)
    assert [verdict for verdict, _ in found] == [Verdict.NOTICE]


def test_s0_3_near_duplicates_count_beyond_what_is_usual_in_training():
    title = "Examples of train-val are training examples with a little noise."
    assert judged(NONE, near=(Shared("train", "train-val", 180, 0.9, usual=0.01),)) == [
        (Verdict.PROBLEM, title)
    ]
    assert (
        judged(NONE, near=(Shared("train", "train-val", 120, 0.6, usual=0.55),))[0][0]
        is Verdict.PASS
    )


def test_s0_3_what_could_not_be_compared_is_unknown():
    assert [verdict for verdict, _ in judged()] == [Verdict.UNKNOWN]


def test_s0_3_overlapping_windows_are_named_alone():
    windows = (Shared("train", "train-val", 190, 0.95),)
    seen = Likeness(600, shared=(Shared("train", "train-val", 150, 0.75),), windows=windows)
    assert [f.title for f in judge(seen)] == [
        "Windows of train-val begin inside of windows of training."
    ]
    few = Likeness(600, shared=(NONE,), windows=(Shared("train", "train-val", 16, 0.1),))
    assert [f.verdict for f in judge(few)] == [Verdict.PASS]


def test_s0_3_sparse_inputs_that_repeat_as_often_in_training_are_equal_by_nature():
    assert judged(Shared("train", "train-val", 60, 0.3, usual=0.28))[0][0] is Verdict.NOTICE
    assert judged(Shared("train", "train-val", 60, 0.3, usual=0.1))[0][0] is Verdict.PROBLEM
