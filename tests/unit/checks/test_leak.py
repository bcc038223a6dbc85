"""An input that knows the target is a leak; one that only goes with it is not."""

from __future__ import annotations

from tunebook.checks.leak import Leaks, Telling, judge
from tunebook.records.finding import Verdict


def judged(*telling, n_targets=1):
    return [(f.verdict, f.causes) for f in judge(Leaks(30, n_targets, telling))]


LEAK = "leakage: the label is part of the inputs"


def test_s0_3_input_that_is_the_target_is_a_problem():
    assert judged(Telling(3, 0, 1.0, 1.0, is_exact=True)) == [(Verdict.PROBLEM, (LEAK,))]


def test_s0_3_input_that_knows_it_in_training_alone_is_a_problem():
    found = judged(Telling(3, 0, 0.99, 0.55, is_gone=True))
    assert found == [(Verdict.PROBLEM, (f"{LEAK}, in training and not in validation",))]


def test_s0_3_strong_input_is_no_leak():
    assert judged(Telling(3, 0, 0.99, 0.95)) == [(Verdict.PASS, ())]
    assert judged(Telling(3, 0, 0.99, None)) == [(Verdict.PASS, ())]


def test_s0_3_one_of_several_targets_may_be_an_input():
    found = judged(Telling(3, 0, 1.0, 1.0, is_exact=True), n_targets=4)
    assert found == [(Verdict.NOTICE, (LEAK,))]


def test_inputs_that_have_no_rows_give_no_line():
    assert list(judge(Leaks(0, 0))) == []


def test_s0_3_row_number_is_named_before_what_it_tells():
    found = judged(
        Telling(3, 0, 0.97, 0.96, is_number=True), Telling(4, 0, 1.0, 1.0, is_exact=True)
    )
    cause = "leakage: a row number, identifier or timestamp is among the inputs"
    assert found == [(Verdict.PROBLEM, (cause,))]
