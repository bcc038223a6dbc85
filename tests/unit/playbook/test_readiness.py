"""Batch and momentum are searched fairly, and early claims are gated."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.playbook.batch_momentum import batch_effect, cells, scaled_rate
from tunebook.playbook.readiness import (
    Bound,
    bound_of,
    gain_over_baseline,
    irreproducible,
    is_reasonable,
    refusal_to_reuse,
)
from tunebook.testing.quadratics import noisy_losses


def best_by_size(*, retunes: bool) -> dict[int, float]:
    found: dict[int, float] = {}
    trials = cells(
        0.05, momentum=0.0, batch_size=32, batch_sizes=(8, 32, 128), momenta=(0.0,), retunes=retunes
    )
    for cell in trials:
        # The same number of examples for every size.
        loss = float(noisy_losses(cell.batch_size, cell.lr, 60_000 // cell.batch_size)[-1])
        found[cell.batch_size] = min(loss, found.get(cell.batch_size, np.inf))
    return found


def test_s1_13_sizes_are_equal_once_the_rate_is_tuned_for_each():
    fair, naive = best_by_size(retunes=True), best_by_size(retunes=False)
    deviation = 0.002
    assert max(fair.values()) - min(fair.values()) <= 2 * deviation
    assert max(naive.values()) - min(naive.values()) > 2 * deviation
    assert "no difference" in batch_effect(fair, deviation, is_rate_retuned=True)
    assert "confounded" in batch_effect(naive, deviation, is_rate_retuned=False)


def test_s1_13_the_rate_goes_with_batch_and_against_momentum():
    lr = scaled_rate(0.1, momentum=0.9, momentum_before=0.0, batch=128, batch_before=64)
    assert lr == pytest.approx(0.02)
    assert len(cells(0.1, momentum=0.9, batch_size=64)) == 5 * 5 * 3


def test_s4_11_a_first_configuration_beats_chance_and_repeats():
    given = {"majority_share": 0.1, "trial_deviation": 0.01}
    assert is_reasonable(0.6, 200, repeat=0.62, **given)
    assert not is_reasonable(0.12, 200, repeat=0.12, **given)
    assert not is_reasonable(0.6, 200, repeat=0.5, **given)


def test_s4_30_a_curve_that_still_falls_is_bound_by_compute():
    noise = np.random.default_rng(0).normal(scale=0.002, size=50)
    t = np.arange(50)
    assert bound_of((1 - t / 60 + noise).tolist()) is Bound.COMPUTE
    assert bound_of((np.exp(-t / 4) + noise).tolist()) is Bound.NOT_COMPUTE
    assert bound_of([1.0, 0.9]) is Bound.UNKNOWN


def test_s4_41_editing_a_run_by_hand_marks_it():
    assert irreproducible({"lr"}) == "not reproducible: lr edited during the run"
    assert irreproducible(()) is None


def test_s0_10_without_a_baseline_the_gain_is_unknown():
    assert gain_over_baseline(0.1, None) == "no baseline: gain unknown"
    assert "0.1" in gain_over_baseline(0.1, 0.2)


def test_s0_7_values_of_another_network_are_refused_with_the_reason():
    found = {"network": "a", "pretrained": "w", "steps": 1}
    assert refusal_to_reuse(found, {"network": "a", "pretrained": "w"}) is None
    assert "network" in refusal_to_reuse(found, {"network": "b", "pretrained": "w"})
