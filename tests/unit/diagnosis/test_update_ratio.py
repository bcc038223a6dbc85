"""The update ratio finds a usable rate, and a tensor that does not move."""

from __future__ import annotations

import pytest

from tunebook.diagnosis.update_ratio import corrected_rate, judge_ratios
from tunebook.records.finding import Verdict


@pytest.mark.parametrize("start", [1e-5, 1e-3, 0.1, 3.0])
def test_s1_12_the_rule_lands_where_the_ratio_is_one_in_a_thousand(start):
    # Two-layer regression with plain descent: the ratio is about 0.33 times the rate.
    lr, n_steps = start, 0
    for round_number in range(1, 6):
        n_steps += 10
        ratios = {"a": 0.3 * lr, "b": 0.33 * lr, "c": 0.4 * lr}
        step = corrected_rate(lr, ratios, round_number=round_number)
        lr = step.lr
        if step.is_settled:
            break
    assert 0.0015 <= lr <= 0.006
    assert n_steps < 60


def test_s1_12_a_frozen_tensor_is_flagged():
    finding = judge_ratios({"a": 1e-3, "b": 0.0})
    assert finding.verdict is Verdict.PROBLEM
    assert finding.items == ("b",)


def test_s1_12_ratios_outside_the_band_say_which_way():
    assert "Lower" in judge_ratios({"a": 0.3}).advice
    assert "Raise" in judge_ratios({"a": 1e-6}).advice
    assert judge_ratios({"a": 2e-3}).verdict is Verdict.PASS


def test_s1_12_a_round_changes_the_rate_by_ten_at_most():
    assert corrected_rate(1.0, {"a": 1e-9}, round_number=1).lr == 10.0
