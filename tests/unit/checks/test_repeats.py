"""Examples that repeat, and splits that change when they are read again, are told."""

from __future__ import annotations

import pytest

from tunebook.checks.likeness import Likeness, Reread
from tunebook.checks.repeats import judge
from tunebook.records.finding import Verdict


@pytest.mark.parametrize(
    ("n_distinct", "share_read", "verdict"),
    [
        (1000, 1.0, Verdict.PASS),
        (500, 1.0, Verdict.NOTICE),
        (50, 1.0, Verdict.PROBLEM),
        (980, 0.02, Verdict.PROBLEM),
        (1, 1.0, Verdict.PASS),
    ],
)
def test_s0_3_copies_are_counted_and_extrapolated(n_distinct, share_read, verdict):
    (found,) = judge(Likeness(1000, 1000, n_distinct, share_read))
    assert found.verdict is verdict


def test_s0_3_labels_that_change_are_a_problem_and_augmentation_is_none():
    rereads = (Reread("train", 32, inputs=32), Reread("train-val", 32, targets=29))
    found = list(judge(Likeness(1000, 1000, 1000, rereads=rereads)))[1:]
    assert [(f.verdict, f.value) for f in found] == [(Verdict.PROBLEM, "29 of 32 examples")]
    found = list(judge(Likeness(9, 9, 9, rereads=(Reread("test", 9, inputs=9),))))[1:]
    assert [f.title for f in found] == ["Examples of test change when they are read again."]
    assert found[0].verdict is Verdict.NOTICE
