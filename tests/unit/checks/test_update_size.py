"""The size of updates beside the weights, and what is tried where it is not ordinary."""

from __future__ import annotations

import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.learning_rate import at_rate
from tunebook.checks.readings import NotFinite, Trained
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.checks.update_size import CHECK, training
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

CONFIG = Configuration({"lr": 0.1, "schedule": "cosine"})


def concluded(sizes, config=CONFIG, *, depth=None, **facts):
    """Ask the check; ``depth`` gives the loss at the end of each training that it tries."""
    seen = FirstBatch(TaskShape(TargetKind.CLASSES), True, **facts)
    readings = {first_batch(config): seen, training(config): Trained((2.0,) * 10, updates=sizes)}
    asked = CHECK.next(config, 300, readings)
    while not isinstance(asked, Conclusion):
        readings |= {e: Trained((2.0, *[depth(e.config)] * 99)) for e in asked}
        asked = CHECK.next(config, 300, readings)
    return asked, readings


def test_s1_12_frozen_tensor_is_a_problem():
    found, _ = concluded({"a": 1e-3, "b": 0.0})
    assert found.findings[0].verdict is Verdict.PROBLEM
    assert found.findings[0].items == ("b",)


def test_s1_12_ordinary_size_passes_with_what_was_measured():
    found, _ = concluded({"a": 2e-3, "b": 4e-3})
    assert found.findings[0].verdict is Verdict.PASS
    assert found.findings[0].value == "median 0.003 over 2 tensors"


def test_large_updates_are_warmed_up_if_the_loss_falls_as_deep():
    found, readings = concluded({"a": 0.3}, depth=lambda config: 1.0)
    assert found.change == {"warmup": 0.1}
    assert at_rate(CONFIG, 300, 0.1) in readings


def test_large_updates_lower_the_rate_where_a_warm_up_costs_depth():
    found, _ = concluded({"a": 0.3}, depth=lambda c: 2.0 if c["warmup"] else 1.0)
    assert found.change == {"lr": 0.01}
    less, _ = concluded({"a": 0.05}, depth=lambda c: 2.0 if c["warmup"] else 1.0)
    assert less.change == {"lr": 0.02}


def test_small_updates_raise_the_rate():
    found, _ = concluded({"a": 1e-5}, depth=lambda c: 1.0 - c["lr"] / 10)
    assert found.change == {"lr": 1.0}
    assert "too small" in found.findings[0].title


def test_finding_says_so_where_no_action_follows():
    found, _ = concluded(
        {"a": 0.3}, depth=lambda c: 1.0 if c["lr"] == 0.1 and not c["warmup"] else 1.5
    )
    assert found.change == {}
    assert "No action follows" in found.findings[0].advice
    own, readings = concluded({"a": 0.3}, has_own_optimizer=True)
    assert (own.change, len(readings)) == ({}, 2)


@pytest.mark.parametrize("reading", [NotFinite(2, (1.0, float("nan"))), Trained((1.0,))])
def test_size_that_was_not_measured_is_unknown(reading):
    seen = FirstBatch(TaskShape(TargetKind.CLASSES), True)
    found = CHECK.next(CONFIG, 300, {first_batch(CONFIG): seen, training(CONFIG): reading})
    assert found.findings[0].verdict is Verdict.UNKNOWN
