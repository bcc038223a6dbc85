"""Default spaces have the published ranges, and momentum is tuned by budget."""

from __future__ import annotations

import pytest

from tunebook.playbook.default_spaces import default_space, tunes_momentum


def test_s4_42_and_c3_momentum_is_fixed_below_ten_trials():
    assert not tunes_momentum(9)
    assert tunes_momentum(10)


def test_s4_44_ranges_are_the_published_ones_and_small_workloads_reach_lower():
    adamw = default_space("adamw").parameters
    assert (adamw["lr"].low, adamw["lr"].high) == (pytest.approx(1e-4 / 10), 1e-2)
    assert (adamw["beta1"].low, adamw["beta1"].high) == (0.5, 0.98)
    assert adamw["beta1"].log == "1-x"
    nesterov = default_space("nesterov").parameters
    assert (nesterov["lr"].low, nesterov["lr"].high) == (pytest.approx(0.02 / 10), 5.0)
    assert (nesterov["momentum"].low, nesterov["momentum"].high) == (0.7, 0.995)


@pytest.mark.parametrize("optimizer", ["adamw", "nadamw", "momentum", "nesterov"])
def test_s4_5_default_spaces_never_contain_the_batch_size(optimizer):
    space = default_space(optimizer)
    assert "batch_size" not in space
    assert "weight_decay" in space
