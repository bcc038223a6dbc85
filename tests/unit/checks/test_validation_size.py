"""A small validation set is noticed, with the standard error that its size gives."""

from __future__ import annotations

import pytest

from tunebook.checks.split_figures import SplitFigures, Splits, Values
from tunebook.checks.validation_size import judge
from tunebook.records.finding import Verdict

CLASSES = Values("int64", 100, counts={0: 50, 1: 50})
NUMBERS = Values("float32", 100)


@pytest.mark.parametrize(
    ("n", "targets", "verdict", "told"),
    [
        (36, CLASSES, Verdict.NOTICE, "standard error of an accuracy of 90%: 5.0 points"),
        (99, NUMBERS, Verdict.NOTICE, "standard error of a mean squared error: 14% of it"),
        (100, CLASSES, Verdict.PASS, "standard error of an accuracy of 90%: 3.0 points"),
    ],
)
def test_s2_11_size_is_told_with_its_standard_error(n, targets, verdict, told):
    split = SplitFigures(n, n, values={"targets": targets})
    (found,) = judge(Splits({"train": split, "train-val": split}))
    assert (found.verdict, found.value) == (verdict, f"{n} examples, {told}")
