"""Changes leave badges on what they make stale."""

from __future__ import annotations

import pytest

from tunebook.playbook.staleness import (
    STALE_AFTER,
    Change,
    changed_conditions,
    question_before_search,
    stale_values,
)

TUNED = ["lr", "momentum", "weight_decay", "depth", "max_steps", "schedule", "batch_feasibility"]


def test_s0_37_and_s4_9_a_new_batch_size_makes_rate_momentum_and_decay_stale():
    stale = stale_values([Change.BATCH_SIZE], TUNED)
    assert set(stale) == {"lr", "momentum", "weight_decay", "max_steps"}


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        (Change.DATA, set(TUNED)),
        (Change.MODEL, {"lr", "weight_decay", "max_steps", "batch_feasibility"}),
        (
            Change.OPTIMIZER,
            {"lr", "momentum", "weight_decay", "max_steps", "batch_feasibility"},
        ),
        (Change.STEPS, {"schedule", "lr", "weight_decay"}),
        (Change.REGULARIZERS, {"max_steps", "weight_decay"}),
        (Change.RESOLUTION, {"lr", "max_steps", "batch_feasibility"}),
        (Change.DATA_FRACTION, {"max_steps", "weight_decay"}),
    ],
)
def test_i3_exactly_these_badges_appear(change, stale):
    assert set(stale_values([change], TUNED)) == stale


def test_i3_a_search_over_stale_values_asks_first():
    assert set(STALE_AFTER) == set(Change)
    assert "lr (batch size changed)" in question_before_search([Change.BATCH_SIZE], ["lr"])
    assert question_before_search([Change.BATCH_SIZE], ["depth"]) is None
    assert question_before_search([], ["lr"]) is None


def test_s0_26_reuse_lists_exactly_what_differs():
    before = {"network": "a", "batch_size": 64, "fraction": 0.1, "steps": 100}
    after = {**before, "batch_size": 128, "fraction": 1.0}
    assert changed_conditions(before, after) == ["batch_size", "fraction"]
