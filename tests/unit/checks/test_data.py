"""Splits that are missing, empty or raise are problems; unusual types are worth knowing."""

from __future__ import annotations

import pytest

from tunebook.checks import data
from tunebook.checks.check import Conclusion
from tunebook.checks.experiments import Look
from tunebook.checks.readings import Raised
from tunebook.checks.split_figures import SplitFigures, Splits, Values
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

FLOATS = {"inputs": Values("float32", 640)}
WHOLE = SplitFigures(100, 100, values=FLOATS)
MISSING = SplitFigures(None)


def judged(**splits):
    by_name = {
        "train": WHOLE,
        "train-val": WHOLE,
        **{k.replace("_", "-"): v for k, v in splits.items()},
    }
    return list(data.judge(Splits(by_name)))


def test_s2_7_splits_that_can_be_read_pass_with_their_sizes():
    (found,) = judged(test=SplitFigures(5000, 2000, values=FLOATS), test_val=MISSING)
    assert found.verdict is Verdict.PASS
    assert (
        found.value
        == "examples: 100 of 100 of train, 100 of 100 of train-val, 2000 of 5000 of test"
    )


@pytest.mark.parametrize(("split", "word"), [(MISSING, "missing"), (SplitFigures(0), "empty")])
def test_s2_7_training_and_validation_have_to_be_there(split, word):
    (found,) = judged(train_val=split)
    assert found.verdict is Verdict.PROBLEM
    assert found.title == f"The split 'train-val' is {word}."
    assert judged(test=split)[0].verdict is Verdict.PASS


def test_s2_7_batch_that_raises_is_named_with_what_it_raised():
    part = "Batch 3 of the split 'train' (example 150, 64 a batch)"
    (found,) = judged(train=SplitFigures(200, 0, Raised(part, "OSError: truncated", ("a.py:3 x",))))
    assert found.title == f"{part} raised an error."
    assert (found.value, found.items) == ("OSError: truncated", ("a.py:3 x",))


def test_s2_7_what_raises_for_all_splits_is_one_problem():
    broken = SplitFigures(None, 0, Raised("data('train')", "FileNotFoundError: x.csv"))
    (found,) = judged(train=broken, train_val=broken, test=broken)
    assert found.value == "FileNotFoundError: x.csv"
    assert len(judged(train=MISSING, train_val=MISSING)) == 2


@pytest.mark.parametrize(
    ("types", "title"),
    [
        (("uint8", "uint8"), "The inputs are of an unusual type."),
        (("float64", "float64"), "The inputs are of an unusual type."),
        (("float32", "int64"), "The inputs of the splits are of different types."),
    ],
)
def test_s2_7_unusual_types_are_noticed(types, title):
    one, two = (SplitFigures(9, 9, values={"inputs": Values(t, 99)}) for t in types)
    found = judged(train=one, train_val=two)[1]
    assert (found.verdict, found.title) == (Verdict.NOTICE, title)
    assert found.value == f"train {types[0]}, train-val {types[1]}"


def test_check_looks_once_and_concludes():
    look = Look("splits", Configuration({}))
    assert data.CHECK.next(Configuration({}), 100, {}) == (look,)
    seen = Splits({"train": WHOLE, "train-val": WHOLE})
    assert isinstance(data.CHECK.next(Configuration({}), 100, {look: seen}), Conclusion)
    (failed,) = data.CHECK.next(Configuration({}), 100, {look: Raised("A look", "E: x")}).findings
    assert failed.verdict is Verdict.PROBLEM
