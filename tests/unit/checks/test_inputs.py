"""Inputs of the wrong scale, and splits that are scaled in another way, are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.checks.inputs import Inputs, Level, judge
from tunebook.records.finding import Verdict

STANDARD = Level(200, 0.0, 1.0, 0.02, (0.98, 1.02), (-3.0, 3.0), n_features=8)
PIXELS = Level(200, 0.3, 0.37, 0.3, (0.37, 0.37), (0.0, 1.0), at_ends=(1.0, 0.9))


def lines(train, validation=None, *, pooled=False, reaches=None, split="train-val"):
    levels = {"train": train} if validation is None else {"train": train, split: validation}
    return list(judge(Inputs({"inputs": levels}, {"inputs": pooled}, reaches)))


def bad(*levels, **options):
    return [
        (f.verdict, f.title) for f in lines(*levels, **options) if f.verdict is not Verdict.PASS
    ]


@pytest.mark.parametrize(
    ("level", "title"),
    [
        (STANDARD, "The inputs are standardized."),
        (PIXELS, "The inputs are scaled to a small range."),
        (replace(STANDARD, off_center=0.2, n=300), "The inputs are standardized."),
    ],
)
def test_s2_5_inputs_of_the_usual_scale_pass(level, title):
    assert [(f.verdict, f.title) for f in lines(level)] == [(Verdict.PASS, title)]


BYTES = Level(200, 77.0, 95.0, 77.0, (95.0, 95.0), (0.0, 255.0))
DARK = Level(200, 0.001, 0.001, 0.001, (0.001, 0.001), (0.0, 0.004))
BLACK = Level(200, 0.0, 0.0, 0.0, (0.0, 0.0), (0.0, 0.0), n_constant=1)


@pytest.mark.parametrize(
    ("level", "cause"),
    [
        (BYTES, "a normalization is missing"),
        (DARK, "scaling by 255 is applied twice"),
        (BLACK, "the inputs are zeroed"),
    ],
)
def test_s2_5_wrong_scale_is_a_problem(level, cause):
    (found,) = lines(level)
    assert (found.verdict, found.causes) == (Verdict.PROBLEM, (cause,))


def test_s2_5_network_that_scales_its_inputs_itself_is_not_accused():
    for level in (BYTES, DARK):
        (found,) = lines(level, reaches=0.4)
        assert found.title == "The network itself scales the inputs."
        assert found.verdict is Verdict.PASS
    assert bad(BYTES, reaches=95.0)


OTHER = "The inputs of train-val are scaled differently than those of training."


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        (PIXELS, BYTES),
        (STANDARD, replace(STANDARD, mean=2.0)),
        (replace(STANDARD, range=(-0.8, 1.9), at_ends=(1.0, 0.9)), PIXELS),
        (STANDARD, replace(STANDARD, moved=(0, 1, 2, 3))),
    ],
)
def test_s0_3_validation_of_another_scale_is_a_problem(train, validation):
    assert bad(train, validation) == [(Verdict.PROBLEM, OTHER)]
    assert bad(train, validation, split="test") == [
        (Verdict.NOTICE, OTHER.replace("train-val", "test"))
    ]


def test_s0_3_some_features_that_moved_and_darker_images_are_no_problem():
    assert [v for v, _ in bad(STANDARD, replace(STANDARD, moved=(5,)))] == [Verdict.NOTICE]
    darker = replace(PIXELS, mean=0.2, deviation=0.3, range=(0.0, 0.7), at_ends=(1.0, 0.02))
    assert bad(PIXELS, darker) == []


def test_s2_5_statistics_of_each_split_are_a_problem_and_of_all_a_notice():
    exact = replace(STANDARD, is_exact=True)
    title = "The inputs of each split are scaled by statistics of that split."
    assert bad(exact, exact) == [(Verdict.PROBLEM, title)]
    assert bad(exact, STANDARD) == []
    title = "The inputs are standardized by statistics of all splits together."
    assert bad(STANDARD, STANDARD, pooled=True) == [(Verdict.NOTICE, title)]
