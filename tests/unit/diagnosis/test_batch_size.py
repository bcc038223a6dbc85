"""Batch sizes follow from steps to a target, time per step and price."""

from __future__ import annotations

import pytest

from tunebook.diagnosis.batch_size import (
    AccuracyRun,
    BatchCost,
    Change,
    cost_change,
    fastest_to_goal,
    learning_speed,
    scaling,
)
from tunebook.testing.quadratics import STEPS_TO_TARGET


def test_s4_7_the_critical_size_of_the_noisy_quadratic_is_known():
    found = scaling(STEPS_TO_TARGET)
    assert found.critical == (256, 512)
    assert found.efficiency[128] == pytest.approx(0.94, abs=0.01)
    assert found.efficiency[256] == pytest.approx(0.85, abs=0.01)
    assert found.efficiency[512] == pytest.approx(0.72, abs=0.01)
    assert found.efficiency[1024] == pytest.approx(0.61, abs=0.01)
    assert all(found.efficiency[b] == pytest.approx(1.0, abs=0.03) for b in (2, 4, 8, 16, 32))
    assert found.largest_useful == 4096


@pytest.mark.parametrize(("a", "b"), [(0.0, 1e-4), (0.01, 1e-5), (0.01, 1e-4), (1.0, 1e-6)])
def test_s0_36_the_winner_has_the_least_time_to_the_target(a, b):
    seconds = {size: a + b * size for size in STEPS_TO_TARGET}
    times = {size: STEPS_TO_TARGET[size] * seconds[size] for size in STEPS_TO_TARGET}
    won = fastest_to_goal(STEPS_TO_TARGET, seconds)
    assert times[won] <= 1.05 * min(times.values())
    assert not [s for s in times if s > won and times[s] <= 1.05 * min(times.values())]


def run(size: int, speed: float, best: float = 0.9) -> AccuracyRun:
    seconds = [float(t) for t in range(1, 101)]
    return AccuracyRun(size, seconds, [best * min(1.0, t * speed / 50) for t in seconds])


def test_s0_36_the_fastest_to_95_percent_of_the_best_accuracy_wins():
    runs = [run(16, 1.0), run(64, 2.0), run(256, 1.2), run(1024, 0.1)]
    found = learning_speed(runs)
    assert found.level == pytest.approx(0.855)
    assert found.batch_size == 64
    assert found.seconds[1024] is None


def test_s0_36_one_slow_seed_does_not_decide_and_ties_go_to_the_larger():
    runs = [run(64, 2.0), run(64, 2.0), run(64, 0.1), run(128, 2.0), run(128, 1.98), run(128, 2.0)]
    assert learning_speed(runs).batch_size == 128


def test_s4_8_three_cases_have_three_answers():
    small = BatchCost(64, 10_000, 0.1, price_per_device_hour=2.0)
    same_hardware = BatchCost(128, 5_500, 0.11, price_per_device_hour=2.0)
    twice_the_devices = BatchCost(128, 5_000, 0.1, n_devices=2, price_per_device_hour=2.0)
    upgrade = BatchCost(128, 5_000, 0.1, price_per_device_hour=2.0, upfront=500.0)
    assert cost_change(small, same_hardware) is Change.LOWER
    assert cost_change(small, twice_the_devices) is Change.SAME
    assert cost_change(small, upgrade) is Change.HIGHER
