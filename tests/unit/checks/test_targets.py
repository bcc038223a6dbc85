"""Targets of splits that do not fit each other are named; accidents of small splits are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.checks.data import SplitData, Splits, Values
from tunebook.checks.targets import judge
from tunebook.records.finding import Verdict


def splits(train, validation, *, name="targets", n=(600, 200), more=None):
    by_name = {
        split: SplitData(size, size, values={name: values, **(more or {})})
        for split, size, values in zip(("train", "train-val"), n, (train, validation), strict=True)
    }
    return Splits(by_name)


def classes(**counts):
    counts = {int(label[1:]): n for label, n in counts.items()}
    return Values("int64", sum(counts.values()), counts=counts)


def numbers(mean=0.0, deviation=1.0, fractions=1.0, *, is_other=False):
    n_constant = int(deviation == 0)
    return Values(
        "float32", 200, 1, n_constant, mean, (deviation,) * 2, fractions=fractions,
        is_other=is_other,
    )  # fmt: skip


def bad(seen):
    return [(f.verdict, f.title) for f in judge(seen) if f.verdict is not Verdict.PASS]


def test_s0_3_targets_that_are_alike_pass():
    (found,) = judge(splits(classes(c0=300, c1=300), classes(c0=110, c1=90)))
    assert (found.verdict, found.value) == (Verdict.PASS, "targets: 2 classes")
    (found,) = judge(splits(numbers(3.0, 2.0), numbers(3.2, 2.5)))
    assert (found.verdict, found.value) == (Verdict.PASS, "targets: mean up to 3, deviation 2")


@pytest.mark.parametrize(
    ("train", "validation", "verdict", "title"),
    [
        ({"c0": 600}, {"c0": 100, "c1": 100}, "problem", "All training examples are of one class."),
        ({"c0": 600}, {"c0": 200}, "problem", "All examples are of one class."),
        (
            {"c0": 300, "c1": 300},
            {"c0": 60, "c1": 60, "c2": 60},
            "problem",
            "Some classes are in evaluation and not in training.",
        ),
        (
            {"c0": 300, "c1": 300},
            {"c0": 197, "c1": 197, "c2": 6},
            "notice",
            "Some classes are in evaluation and not in training.",
        ),
        (
            {"c0": 300, "c1": 300},
            {"c1": 200},
            "problem",
            "All examples of train-val are of one class.",
        ),
        (
            {"c0": 200, "c1": 200, "c2": 200},
            {"c1": 100, "c2": 100},
            "notice",
            "Some classes of training are not in train-val.",
        ),
        ({"c0": 540, "c1": 60}, {"c0": 180, "c1": 20}, "notice", "The classes are imbalanced."),
    ],
)
def test_s0_3_classes_that_a_split_lacks_are_named(train, validation, verdict, title):
    assert bad(splits(classes(**train), classes(**validation))) == [(Verdict(verdict), title)]


def test_s0_3_class_of_one_example_is_an_accident_of_a_small_split():
    seen = splits(classes(c0=30, c1=30), classes(c0=10, c1=9, c2=1), n=(60, 20))
    assert [verdict for verdict, _ in bad(seen)] == [Verdict.NOTICE]


@pytest.mark.parametrize(
    ("train", "validation", "words"),
    [
        (numbers(), numbers(150.0, 77.0, is_other=True), "scaled differently"),
        (numbers(0.0, 1.0), numbers(5.0, 1.0, is_other=True), "scaled differently"),
        (numbers(3.5, 1.2, 0.0), numbers(3.5, 1.2), "of train are whole numbers"),
        (numbers(3.5, 1.2), numbers(3.5, 1.2, 0.0), "of train-val are whole numbers"),
        (numbers(2.0, 0.0), numbers(2.0, 0.0), "are the same"),
    ],
)
def test_s0_3_numbers_of_another_scale_are_a_problem(train, validation, words):
    ((verdict, title),) = bad(splits(train, validation))
    assert verdict is Verdict.PROBLEM
    assert words in title


def test_s0_3_scale_is_named_before_fractions_that_are_lost_with_it():
    seen = splits(numbers(0.0, 1.0), numbers(150.0, 77.0, 0.0, is_other=True))
    assert [f.causes[0] for f in judge(seen)] == [
        "targets are scaled differently: normalized in one split alone"
    ]


def test_s0_3_drift_and_moments_that_heavy_tails_move_are_no_problem():
    ((verdict, title),) = bad(splits(numbers(20.0, 1.0), numbers(24.0, 1.2, is_other=True)))
    assert (verdict, title) == (
        Verdict.NOTICE,
        "The targets of train-val are elsewhere than those of training.",
    )
    assert bad(splits(numbers(), numbers(4.0, 9.0))) == []


def test_s0_3_marks_among_several_targets_are_notices():
    labels = classes(c0=300, c1=300)
    seen = splits(
        classes(c7=600), classes(c8=200), name="targets.group", more={"targets.y": labels}
    )
    assert {verdict for verdict, _ in bad(seen)} == {Verdict.NOTICE}


def test_s0_3_whole_numbers_of_a_type_with_fractions_are_noticed():
    whole = numbers(3.0, 2.0, 0.0)
    assert [verdict for verdict, _ in bad(splits(whole, whole))] == [Verdict.NOTICE]


def causes(seen):
    return [f.causes for f in judge(seen) if f.verdict is Verdict.PROBLEM]


def test_s0_3_sorted_file_that_was_cut_is_named_instead_of_what_each_split_lacks():
    seen = splits(classes(c0=300, c1=300), classes(c1=50, c2=150))
    cause = "the file was sorted by its targets and cut into splits without shuffling"
    assert causes(replace(seen, is_sorted=True)) == [(cause,)]
    assert causes(seen) == [("a class is missing in the training data",)]
    low, high = replace(numbers(), range=(0.0, 2.0)), replace(numbers(), range=(2.0, 3.0))
    assert causes(replace(splits(low, high), is_sorted=True)) == [(cause,)]
    assert causes(replace(splits(low, replace(high, range=(1.0, 3.0))), is_sorted=True)) == []


def test_s0_3_missing_targets_that_were_filled_are_named_with_their_constant():
    (found,) = judge(splits(replace(numbers(), filled=(-1.5, 0.08)), numbers()))
    assert found.causes == ("missing targets are filled with a constant: -1.5",)
    assert (found.verdict, found.value) == (Verdict.PROBLEM, "8% of training")


def test_s0_3_targets_that_no_loss_heeds_may_be_constant():
    seen = replace(splits(classes(c0=600), classes(c0=200)), is_heeded=False)
    assert bad(seen) == [(Verdict.NOTICE, "All examples are of one class.")]
