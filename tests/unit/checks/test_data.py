"""Splits that are missing, empty or raise are problems, as is what is not finite."""

from __future__ import annotations

import pytest

from tunebook.checks import data
from tunebook.checks.check import Conclusion
from tunebook.checks.data import SplitData, Splits, Values
from tunebook.checks.experiments import Look
from tunebook.checks.readings import Raised
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

FLOATS = {"inputs": Values("float32", 640)}
WHOLE = SplitData(100, 100, values=FLOATS)
MISSING = SplitData(None)
BAD = SplitData(2000, 2000, values={"inputs": Values("float32", 9, not_finite=(1203,))})


def judged(*, copes=False, **splits):
    named = {k.replace("_", "-"): v for k, v in splits.items()}
    return list(data.judge(Splits({"train": WHOLE, "train-val": WHOLE, **named}, copes)))


def test_s2_7_splits_that_can_be_read_pass_with_their_sizes():
    (found,) = judged(test=SplitData(5000, 2000, values=FLOATS), test_val=MISSING)
    assert found.verdict is Verdict.PASS
    assert (
        found.value
        == "examples: 100 of 100 of train, 100 of 100 of train-val, 2000 of 5000 of test"
    )


@pytest.mark.parametrize(("split", "word"), [(MISSING, "missing"), (SplitData(0), "empty")])
def test_s2_7_training_and_validation_have_to_be_there(split, word):
    (found,) = judged(train_val=split)
    assert found.verdict is Verdict.PROBLEM
    assert found.title == f"The split 'train-val' is {word}."
    assert judged(test=split)[0].verdict is Verdict.PASS


def test_s2_7_batch_that_raises_is_named_with_what_it_raised():
    part = "Batch 3 of the split 'train' (example 150, 64 a batch)"
    (found,) = judged(train=SplitData(200, 0, Raised(part, "OSError: truncated", ("a.py:3 x",))))
    assert found.title == f"{part} raised an error."
    assert (found.value, found.items) == ("OSError: truncated", ("a.py:3 x",))


def test_s2_7_what_raises_for_all_splits_is_one_problem():
    broken = SplitData(None, 0, Raised("data('train')", "FileNotFoundError: x.csv"))
    (found,) = judged(train=broken, train_val=broken, test=broken)
    assert found.value == "FileNotFoundError: x.csv"
    assert len(judged(train=MISSING, train_val=MISSING)) == 2


def test_s2_7_one_row_of_two_thousand_that_is_not_finite_is_found_and_named():
    (found,) = judged(train_val=BAD)
    assert found.verdict is Verdict.PROBLEM
    assert found.title == "NaN or infinity is in the inputs."
    assert found.value == "1 of 2000 of train-val (inputs)"
    assert found.items == ("train-val 1203 (inputs)",)


def test_s2_7_what_is_not_finite_and_the_loss_leaves_out_is_a_notice():
    assert [f.verdict for f in judged(train=BAD, copes=True)] == [Verdict.NOTICE]


def test_check_looks_once_and_concludes():
    look = Look("splits", Configuration({}))
    assert data.CHECK.next(Configuration({}), 100, {}) == (look,)
    seen = Splits({"train": WHOLE, "train-val": WHOLE})
    assert isinstance(data.CHECK.next(Configuration({}), 100, {look: seen}), Conclusion)
    (failed,) = data.CHECK.next(Configuration({}), 100, {look: Raised("A look", "E: x")}).findings
    assert failed.verdict is Verdict.PROBLEM
