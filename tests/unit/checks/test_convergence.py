"""Lengths of trainings follow from curves whose convergence is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.convergence import (
    CHECK,
    Course,
    convergence,
    training,
    updates_needed,
)
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.readings import NotFinite, Trained
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

T = np.arange(10_000)
CONFIG = Configuration({"lr": 0.1})


def concluded(losses, *, updates_per_epoch=10, reading=None):
    seen = FirstBatch(TaskShape(TargetKind.CLASSES), True, updates_per_epoch=updates_per_epoch)
    readings = {first_batch(CONFIG): seen}
    readings[training(CONFIG, len(losses))] = reading or Trained(tuple(losses))
    asked = CHECK.next(CONFIG, len(losses), readings)
    assert isinstance(asked, Conclusion)
    return asked.findings[0], updates_needed(CONFIG, len(losses), readings)


def test_s1_10_a_curve_without_noise_converges_where_it_must():
    found = convergence((np.exp(-T / 1000) + 0.1).tolist())
    assert found.step == pytest.approx(1000 * math.log(50), rel=0.03)
    told, n = concluded((np.exp(-T / 1000) + 0.1).tolist())
    assert n == pytest.approx(5868, rel=0.03)
    assert told.verdict is Verdict.PASS


def test_s1_10_noise_moves_convergence_little():
    noise = np.random.default_rng(0).normal(scale=0.1, size=len(T))
    found = convergence((np.exp(-T / 1000) + 0.1 + noise).tolist())
    assert found.step == pytest.approx(3912, rel=0.15)


@pytest.mark.parametrize("scale", [0.0, 0.02, 0.2, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_s1_10_falling_curve_never_has_converged_whatever_its_noise(scale, seed):
    for n in (30, 100, 400):
        noise = np.random.default_rng(seed).normal(scale=scale, size=n)
        for curve in (2 - np.arange(n) / n, 2 * (np.arange(n) + 1.0) ** -0.3):
            assert convergence((curve + noise).tolist()).course is not Course.CONVERGED


def test_s1_10_curve_that_is_flat_under_its_noise_has_not_fallen():
    flat = 1 + np.random.default_rng(1).normal(scale=0.1, size=300)
    assert convergence(flat.tolist()).course is Course.NOT_FALLEN
    assert concluded(flat.tolist())[0].verdict is Verdict.NOTICE
    told, n = concluded((1 + T / 20_000).tolist())
    assert (told.verdict, n) == (Verdict.PROBLEM, len(T))


def test_s1_10_still_falling_says_so_and_trains_as_long_as_is_paid_for():
    told, n = concluded((1 - T / 20_000).tolist())
    assert (told.verdict, n) == (Verdict.NOTICE, len(T))
    assert "still falls" in told.title


def test_curve_of_fewer_than_three_epochs_is_unknown_and_not_even_trained():
    seen = FirstBatch(TaskShape(TargetKind.CLASSES), True, updates_per_epoch=100)
    found = CHECK.next(CONFIG, 120, {first_batch(CONFIG): seen})
    assert found.findings[0].verdict is Verdict.UNKNOWN
    assert "120 updates is 1.2 epochs" in found.findings[0].title


def test_training_is_no_shorter_than_three_epochs():
    early = [2.0 * 0.5**t + 0.1 for t in range(400)]
    assert concluded(early, updates_per_epoch=10)[1] == 30
    assert concluded(early, updates_per_epoch=1)[1] < 30


def test_training_that_was_cut_or_blew_up_is_no_convergence():
    losses = [1.0] * 100
    assert concluded(losses, reading=Trained((1.0, 0.5), True))[0].verdict is Verdict.UNKNOWN
    assert concluded(losses, reading=NotFinite(7, (1.0,)))[0].verdict is Verdict.PROBLEM
