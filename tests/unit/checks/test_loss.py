"""What the loss is given and makes of it: each mistake by its own line, chance within 10 %."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tunebook.checks.loss import LossFigures, best_share, judge_loss
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.records.finding import Verdict

CLASSES = TaskShape(TargetKind.CLASSES, 5, 1)
NUMBERS = TaskShape(TargetKind.NUMBERS)
CLEAN = LossFigures(
    CLASSES,
    told="(40, 5) float32 and (40,) int64",
    initial=1.62,
    chance=math.log(5),
    repeated=1.0,
    uses_outputs=True,
    uses_targets=True,
    end="Addmm",
)
INF = math.inf


def test_s2_7_loss_at_chance_passes_with_both_numbers():
    (found,) = judge_loss(CLEAN)
    assert (found.verdict, found.value) == (Verdict.PASS, "1.62")
    assert found.expected == "1.609 within 10 %"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"size": 40}, "not averaged over the batch"),
        ({"uses_outputs": False}, "outputs are not used"),
        ({"broadcasts": True, "uses_targets": False}, "broadcasting"),
        ({"uses_targets": False}, "targets are not used"),
        ({"truncates": True}, "truncated"),
        ({"repeated": 2.003}, "summed"),
        ({"softmax_axis": 0}, "wrong dimension: over the batch"),
        ({"softmax_axis": 2}, "wrong dimension: over axis 2"),
        ({"takes_probabilities_for_logits": True, "end": "Softmax"}, "softmax is applied twice"),
        ({"is_linear": True}, "log-softmax is missing"),
        ({"end": "Relu", "reach": (0.0, INF), "best_share": 1.0}, "a ReLU at the end"),
        ({"end": "Tanh", "reach": (-1.0, 1.0), "best_share": 0.65}, "a tanh at the end"),
        ({"initial": 17.0}, "initial outputs are too large"),
        ({"initial": 17.0, "input_size": 120.0}, "inputs are not normalized"),
    ],
)
def test_s2_7_mistake_is_told_once_with_its_cause(change, cause):
    (found,) = judge_loss(replace(CLEAN, **change))
    assert found.verdict is Verdict.PROBLEM
    assert cause in found.causes[0]


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.4, Verdict.PROBLEM), (0.05, Verdict.PROBLEM), (0.04, Verdict.NOTICE)]
)
def test_targets_out_of_reach_are_a_problem_if_they_are_many(share, verdict):
    figures = LossFigures(
        NUMBERS, end="Relu", reach=(0.0, INF), unreachable=share, targets=(-2.0, 3.0)
    )
    found = next(judge_loss(figures))
    assert found.verdict is verdict
    assert (found.value, found.expected) == (
        f"{share:.0%} of targets outside of 0 to inf",
        "-2 to 3",
    )


@pytest.mark.parametrize(
    ("initial", "verdict"),
    [
        (1.61 * 1.09, Verdict.PASS),
        (1.61 * 1.12, Verdict.NOTICE),
        (1.61 * 9.9, Verdict.NOTICE),
        (0.3, Verdict.NOTICE),
    ],
)
def test_s2_7_loss_is_held_against_chance(initial, verdict):
    assert [f.verdict for f in judge_loss(replace(CLEAN, initial=initial))] == [verdict]


def test_where_chance_is_unknown_nothing_is_said_of_it():
    (found,) = judge_loss(replace(CLEAN, chance=None, initial=-3.0))
    assert found.verdict is Verdict.PASS
    assert "chance" not in found.title


def test_best_share_of_limited_logits():
    assert best_share(CLASSES, (-1.0, 1.0)) == pytest.approx(math.e / (math.e + 4 / math.e))
    assert best_share(TaskShape(TargetKind.LABELS), (0.0, INF)) == 0.5
    assert best_share(CLASSES, (-20.0, 20.0)) == pytest.approx(1.0)
    assert best_share(NUMBERS, (0.0, 1.0)) is None
