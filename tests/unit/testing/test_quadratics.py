"""The quadratics have the steps and limits that are known of them."""

from __future__ import annotations

import pytest

from tunebook.testing.quadratics import (
    STEPS_TO_TARGET,
    best_steps_to_target,
    noisy_losses,
    quadratic_losses,
    steps_to_target,
)


@pytest.mark.parametrize("batch_size", [1, 32, 256, 1024])
def test_the_noisy_quadratic_needs_the_known_steps(batch_size):
    assert best_steps_to_target(batch_size) == pytest.approx(STEPS_TO_TARGET[batch_size], rel=0.03)


def test_the_noisy_quadratic_reaches_its_target_where_its_losses_say():
    n = steps_to_target(32, 0.05)
    losses = noisy_losses(32, 0.05, n)
    assert losses[n] <= 0.01 < losses[n - 1]


def test_the_quadratic_is_stable_below_two_over_the_largest_curvature():
    assert quadratic_losses([1.0, 3.0], 0.66, 200)[-1] < 1e-3
    assert quadratic_losses([1.0, 3.0], 0.67, 2000)[-1] > 10
