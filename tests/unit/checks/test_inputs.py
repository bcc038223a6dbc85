"""Inputs of the wrong scale, and splits that are scaled in another way, are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.checks.data import SplitData, Splits, Values
from tunebook.checks.inputs import judge
from tunebook.records.finding import Verdict

STANDARD = Values("float32", 1600, 8, 0, 0.02, (0.98, 1.02), (-3.0, 3.0))
PIXELS = Values("float32", 12800, 1, 0, 0.3, (0.37, 0.37), (0.0, 1.0))


def lines(train, validation=None, *, reaches=None, split="train-val"):
    splits = {"train": train} if validation is None else {"train": train, split: validation}
    by_name = {name: SplitData(200, 200, None, {"inputs": v}) for name, v in splits.items()}
    return list(judge(Splits(by_name, reaches=reaches)))


def bad(*levels, **options):
    return [
        (f.verdict, f.title) for f in lines(*levels, **options) if f.verdict is not Verdict.PASS
    ]


@pytest.mark.parametrize(
    ("values", "title"),
    [
        (STANDARD, "The inputs are standardized."),
        (PIXELS, "The inputs are of a usual size."),
        (replace(STANDARD, mean=0.2), "The inputs are of a usual size."),
    ],
)
def test_s2_5_inputs_of_the_usual_scale_pass(values, title):
    assert [(f.verdict, f.title) for f in lines(values)] == [(Verdict.PASS, title)]


BYTES = Values("uint8", 12800, 1, 0, 77.0, (95.0, 95.0), (0.0, 255.0))
DARK = Values("float32", 12800, 1, 0, 0.001, (0.001, 0.001), (0.0, 0.004))
BLACK = Values("float32", 12800, 1, 1)


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        (BYTES, "a normalization is missing"),
        (DARK, "scaling by 255 is applied twice"),
        (BLACK, "the inputs are zeroed"),
    ],
)
def test_s2_5_wrong_scale_is_a_problem(values, cause):
    (found,) = lines(values)
    assert (found.verdict, found.causes) == (Verdict.PROBLEM, (cause,))


def test_s2_5_network_that_scales_its_inputs_itself_is_not_accused():
    for values in (BYTES, DARK):
        (found,) = lines(values, reaches=0.4)
        assert found.title == "The network itself scales the inputs."
        assert found.verdict is Verdict.PASS
    assert bad(BYTES, reaches=95.0)
    assert bad(BLACK, reaches=0.4)


def test_numbers_of_words_have_no_scale():
    assert lines(replace(BYTES, dtype="int64")) == []


def test_s0_3_validation_of_another_scale_is_a_problem_and_test_data_may_come_from_elsewhere():
    other = replace(STANDARD, moved=(0, 1, 2, 3), is_other=True)
    title = "The inputs of train-val are scaled differently than those of training."
    assert bad(STANDARD, other) == [(Verdict.PROBLEM, title)]
    assert [v for v, _ in bad(STANDARD, other, split="test")] == [Verdict.NOTICE]


def test_s0_3_some_features_that_moved_are_noticed():
    (_, found) = lines(STANDARD, replace(STANDARD, moved=(5,)))
    assert found.verdict is Verdict.NOTICE
    assert found.value.endswith("; features 5")


def test_s2_5_statistics_of_each_split_are_a_problem():
    exact = replace(STANDARD, is_exact=True)
    title = "The inputs of each split are scaled by statistics of that split."
    assert bad(exact, exact) == [(Verdict.PROBLEM, title)]
    assert bad(exact, STANDARD) == []


def test_s0_3_columns_in_another_order_are_named_before_that_they_moved():
    other = replace(STANDARD, moved=(0, 1), is_other=True, order=(1, 0, *range(2, 8)))
    title = "The columns of the inputs of train-val stand in another order than in training."
    assert bad(STANDARD, other) == [(Verdict.PROBLEM, title)]


def test_s0_3_sentinel_is_named_before_the_scale_that_it_makes():
    found = lines(replace(STANDARD, mean=90.0, filled=(-999.0, 0.1)))
    assert [f.value for f in found] == ["-999: 10% of a feature"]
    assert found[0].verdict is Verdict.PROBLEM


@pytest.mark.parametrize(
    ("share", "has_words", "n"), [(0.9, True, 1), (0.9, False, 0), (0.5, True, 0)]
)
def test_s0_3_most_words_are_one_only_where_the_network_looks_words_up(share, has_words, n):
    words = Values("int64", 4000, 8, common=share)
    seen = Splits({"train": SplitData(200, 200, None, {"inputs": words})}, has_words=has_words)
    assert [f.verdict for f in judge(seen)] == [Verdict.PROBLEM] * n
