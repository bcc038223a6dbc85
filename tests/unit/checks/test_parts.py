"""A part that does not run is told with what it lacks."""

from __future__ import annotations

import pytest

from tunebook.checks.parts import Parts, judge_parts
from tunebook.checks.readings import Raised
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.records.finding import Verdict

SHAPE = TaskShape(TargetKind.CLASSES, 10, 1)
BUILDING = Raised("Building the network and its optimizer", "ValueError: empty parameter list")
LOSS = Raised("The loss", "IndexError: Target 10 is out of bounds.")


def test_what_runs_is_told_with_shapes_and_the_axis_of_the_classes():
    (found,) = judge_parts(Parts(10, 8, told="(32, 10) float32 and (32,) int64", shape=SHAPE))
    assert found.verdict is Verdict.PASS
    assert found.value == (
        "8 trainable numbers; outputs and targets (32, 10) float32 and (32,) int64; "
        "10 classes, on axis 1 of the outputs"
    )


@pytest.mark.parametrize(
    ("figures", "cause"),
    [
        (Parts(0, 0, BUILDING), "plain list"),
        (Parts(100, 0, told="", shape=SHAPE), "frozen"),
        (Parts(9, 9, LOSS, labels=(1, 10), n_scores=10), "labels begin at 1"),
        (Parts(9, 9, LOSS, labels=(0, 12), n_scores=10), "too few outputs"),
        (Parts(9, 9, LOSS, labels=(-1, 9), n_scores=10), "labels below zero"),
        (Parts(9, 9, Raised("The loss", "it returned float")), "converted to a number"),
        (
            Parts(9, 9, Raised("A batch", "stack expects each tensor to be equal size")),
            "no collate",
        ),
        (Parts(9, 9, Raised("The network", "mat1 and mat2 shapes")), "shapes that do not fit"),
    ],
)
def test_part_that_fails_is_one_problem_with_its_cause(figures, cause):
    (found,) = judge_parts(figures)
    assert found.verdict is Verdict.PROBLEM
    assert cause in found.causes[0]


def test_axis_that_the_loss_does_not_tell_is_a_notice():
    found = list(judge_parts(Parts(10, 8, shape=SHAPE, axis_is_ambiguous=True)))
    assert [f.verdict for f in found] == [Verdict.PASS, Verdict.NOTICE]
