"""Augmentation: numbers, rows, places and labels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.checks.augmentation import AugmentationFigures, judge_augmentation
from tunebook.records.finding import Verdict

CLEAN = AugmentationFigures(32, scales=(0.98, 1.05), shift=0.01, n_moved=20, n_same=40)


def test_no_augmentation_gives_no_line_and_a_sound_one_passes():
    assert list(judge_augmentation(AugmentationFigures())) == []
    (found,) = judge_augmentation(CLEAN)
    assert found.verdict is Verdict.PASS
    assert found.value == "32 calls; deviation times 0.98 to 1.05, mean by 0.01"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"n_nonfinite": 3}, "NaN"),
        ({"changes": False}, "no effect"),
        ({"n_exchanged": 90}, "without their labels"),
        ({"n_left": 19, "motion": "flipped"}, "moves the inputs (flipped) without masks or boxes"),
        ({"n_relabelled": 30}, "wrong labels"),
        ({"scales": (0.0, 0.0)}, "blanks"),
        ({"scales": (1.0, 255.0)}, "another range"),
        ({"shift": 4.0}, "another range"),
    ],
)
def test_planted_fault_is_told_with_its_cause(change, cause):
    (found,) = judge_augmentation(replace(CLEAN, **change))
    assert found.verdict is Verdict.PROBLEM
    assert cause in found.causes[0]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"n_relabelled": 4}, Verdict.NOTICE),
        ({"n_left": 10}, Verdict.PASS),
        ({"n_left": 2, "n_moved": 2}, Verdict.PASS),
        ({"n_exchanged": 2}, Verdict.PASS),
        ({"scales": (0.3, 4.0)}, Verdict.PASS),
    ],
)
def test_few_rows_and_noise_are_no_problem(change, verdict):
    (found,) = judge_augmentation(replace(CLEAN, **change))
    assert found.verdict is verdict
