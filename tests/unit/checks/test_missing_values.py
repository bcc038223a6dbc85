"""One number that is not finite is a problem, unless the loss leaves it out."""

from __future__ import annotations

from dataclasses import replace

from tunebook.checks.missing_values import judge
from tunebook.checks.split_figures import SplitFigures, Splits, Values
from tunebook.records.finding import Verdict

CLEAN = SplitFigures(2000, 2000, values={"inputs": Values("float32", 9)})
BAD = SplitFigures(2000, 2000, values={"inputs": Values("float32", 9, not_finite=(1203,))})


def test_s2_7_one_row_of_two_thousand_is_found_and_named():
    (found,) = judge(Splits({"train": CLEAN, "train-val": BAD}, copes=False))
    assert found.verdict is Verdict.PROBLEM
    assert found.title == "NaN or infinity is in the inputs."
    assert found.value == "examples: 1 of 2000 of train-val (inputs)"
    assert found.items == ("train-val 1203 (inputs)",)


def test_s2_7_what_the_loss_leaves_out_is_a_notice():
    seen = Splits({"train": BAD, "train-val": CLEAN}, copes=True)
    assert [f.verdict for f in judge(seen)] == [Verdict.NOTICE]
    assert [f.verdict for f in judge(replace(seen, copes=None))] == [Verdict.PROBLEM]


def test_s2_7_finite_numbers_pass():
    (found,) = judge(Splits({"train": CLEAN, "train-val": CLEAN}))
    assert (found.verdict, found.value) == (Verdict.PASS, "4000 examples")
