"""Regularization and augmentation that leave nothing to learn from are told, others are not."""

from __future__ import annotations

import math

import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.held_back import CHECKS
from tunebook.checks.readings import NotFinite, Trained
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.checks.single_batch import Cause
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

REGULARIZATION, AUGMENTATION = CHECKS
PLAIN = Trained(tuple(2.3 * math.exp(-k / 40) for k in range(501)))
STUCK = Trained(tuple(2.3 - 0.001 * k for k in range(300)))


def concluded(check, held, config=None, **facts):
    config = Configuration(config or {"lr": 0.1})
    seen = FirstBatch(TaskShape(TargetKind.CLASSES), True, **facts)
    readings = {first_batch(config): seen}
    asked = check.next(config, 300, readings)
    while not isinstance(asked, Conclusion):
        for e in asked:
            readings[e] = PLAIN if len(e.without) == 2 else held
        asked = check.next(config, 300, readings)
    return asked.findings, len(readings)


@pytest.mark.parametrize(
    ("check", "fact", "cause"),
    [
        (REGULARIZATION, "has_dropout", Cause.REGULARIZATION.value),
        (AUGMENTATION, "has_augmentation", Cause.AUGMENTATION.value),
    ],
)
def test_s2_8_what_keeps_the_loss_at_its_start_is_the_cause(check, fact, cause):
    (found,), _ = concluded(check, STUCK, **{fact: True})
    assert found.verdict is Verdict.PROBLEM
    assert found.causes[0].startswith(cause)


def test_s2_8_slower_fit_with_dropout_is_no_fault():
    slower = Trained(tuple(2.3 * math.exp(-k / 120) for k in range(300)))
    (found,), _ = concluded(REGULARIZATION, slower, has_dropout=True)
    assert found.verdict is Verdict.PASS


def test_s2_8_augmentation_that_makes_nan_fits_nothing():
    (found,), _ = concluded(AUGMENTATION, NotFinite(2, (2.3, math.nan)), has_augmentation=True)
    assert found.verdict is Verdict.PROBLEM


def test_s4_49_what_holds_back_is_named_by_what_there_is():
    (found,), _ = concluded(REGULARIZATION, STUCK, {"lr": 0.1, "clip_norm": 1e-3})
    assert found.causes == ("too much regularization: gradient clipping",)
    config = {"lr": 0.1, "weight_decay": 0.1}
    (found,), _ = concluded(REGULARIZATION, STUCK, config, has_dropout=True)
    assert found.causes == ("too much regularization: dropout or weight decay",)


def test_what_is_not_there_is_not_trained_for():
    assert concluded(REGULARIZATION, STUCK) == ((), 1)
    assert concluded(AUGMENTATION, STUCK, has_dropout=True) == ((), 1)
    assert concluded(REGULARIZATION, STUCK, {"weight_decay": 0.1})[1] == 3
