"""Modes, random predictions, and predictions that depend on their batch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.checks.modes import ModesFigures, judge_modes
from tunebook.checks.shape import TargetKind
from tunebook.records.finding import Verdict

CLEAN = ModesFigures(TargetKind.CLASSES, twice=0.0, leak=1e-7)


def test_clean_network_passes_with_both_differences():
    (found,) = judge_modes(CLEAN)
    assert (found.verdict, found.value) == (
        Verdict.PASS,
        "evaluated twice 0, in half a batch 1e-07",
    )


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"stays_evaluating": True}, "evaluation mode in training"),
        ({"stays_training": True}, "evaluation runs in training mode"),
        ({"stays_training": True, "drops": True, "twice": 0.2}, "dropout is on in evaluation"),
        ({"twice": 0.2, "drops": True}, "dropout is on in evaluation"),
        ({"twice": 0.2}, "random numbers are drawn"),
        ({"twice": 0.2, "drops": True, "targets": TargetKind.NUMBERS}, "dropout is on"),
        ({"reread": 0.1}, "augmentation is on in evaluation"),
        ({"leak": 0.1}, "over the batch"),
        ({"leak": 0.1, "across": ("layer",)}, "layer reads across the batch"),
        ({"leak": 0.1, "batch_statistics": ("norm",)}, "norm keeps none"),
    ],
)
def test_s2_7_planted_fault_is_told_with_its_cause(change, cause):
    (found,) = judge_modes(replace(CLEAN, **change))
    assert found.verdict is Verdict.PROBLEM
    assert cause in found.causes[0]


@pytest.mark.parametrize(
    "change",
    [
        {"stays_evaluating": True, "only_norms": True},
        {"twice": 0.2, "targets": TargetKind.NUMBERS},
        {"twice": 0.2, "drops": True, "targets": TargetKind.OTHER},
        {"reread": 0.2, "targets": TargetKind.OTHER},
        {"unused_dropout": ("body.drop",)},
    ],
)
def test_what_may_be_meant_is_a_notice(change):
    found = [f.verdict for f in judge_modes(replace(CLEAN, **change))]
    assert found == [Verdict.NOTICE, Verdict.PASS]


def test_leak_of_rounding_alone_is_none():
    assert [f.verdict for f in judge_modes(replace(CLEAN, leak=9e-4))] == [Verdict.PASS]
