"""A small validation set is noticed with its standard error; a tiny one is a problem."""

from __future__ import annotations

import pytest

from tunebook.checks.data import SplitData, Splits, Values
from tunebook.checks.validation_size import judge
from tunebook.records.finding import Verdict

CLASSES = Values("int64", 100, counts={0: 50, 1: 50})
NUMBERS = Values("float32", 100)


@pytest.mark.parametrize(
    ("n", "targets", "verdict", "told"),
    [
        (8, CLASSES, Verdict.PROBLEM, "standard error of an accuracy of 90%: 10.6 points"),
        (24, NUMBERS, Verdict.NOTICE, "standard error of a mean squared error: 29% of it"),
        (25, CLASSES, Verdict.NOTICE, "standard error of an accuracy of 90%: 6.0 points"),
        (36, CLASSES, Verdict.NOTICE, "standard error of an accuracy of 90%: 5.0 points"),
        (99, NUMBERS, Verdict.NOTICE, "standard error of a mean squared error: 14% of it"),
        (100, CLASSES, Verdict.PASS, "standard error of an accuracy of 90%: 3.0 points"),
    ],
)
def test_s2_11_size_is_told_with_its_standard_error(n, targets, verdict, told):
    split = SplitData(n, n, values={"targets": targets})
    (found,) = judge(Splits({"train": split, "train-val": split}))
    assert (found.verdict, found.value) == (verdict, f"examples: {n}, {told}")


def test_s2_11_few_examples_of_many_are_too_few():
    train, validation = (SplitData(n, n, values={"targets": CLASSES}) for n in (1000, 24))
    (found,) = judge(Splits({"train": train, "train-val": validation}))
    assert found.verdict is Verdict.PROBLEM
