"""Checks that train, with real trainings of tasks whose good rates are known."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from benchmarks.stories.known_tasks import SGD, Steep, Waiting, digits, regression

from tunebook.checks import (
    convergence,
    learning_rate,
    stability,
    throughput,
    update_size,
)
from tunebook.checks.check import Conclusion
from tunebook.checks.experiments import Time, Train
from tunebook.checks.laboratory import MIN_UPDATES, Laboratory
from tunebook.checks.readings import OutOfMemory, Raised, Timed
from tunebook.records import Configuration
from tunebook.records.finding import Verdict


def concluded(check, task, config, length, *, seed=0):
    laboratory, readings = Laboratory(task, seed=seed, max_seconds=math.inf), {}
    asked = check.next(Configuration(config), length, readings)
    while not isinstance(asked, Conclusion):
        readings |= {experiment: laboratory.carry_out(experiment) for experiment in asked}
        asked = check.next(Configuration(config), length, readings)
    return asked, readings


@pytest.mark.parametrize("seed", range(2))
def test_s1_9_sweep_chooses_a_rate_near_the_best_of_a_fine_grid(seed):
    length, config, laboratory = 333, Configuration(SGD), Laboratory(digits(), seed=seed)
    grid = [10 ** (-3 + k / 5) for k in range(16)]
    asked = [learning_rate.at_rate(config, length, lr) for lr in grid]
    losses = [laboratory.carry_out(e).losses for e in asked]
    depths = {lr: sum(loss[-15:]) for lr, loss in zip(grid, losses, strict=True)}
    best = min((lr for lr in grid if math.isfinite(depths[lr])), key=depths.__getitem__)
    found, _ = concluded(learning_rate.CHECK, digits(), SGD, length, seed=seed)
    assert best / 3.2 <= found.change["lr"] <= best * 3.2


def test_s1_12_frozen_tensor_is_named_and_a_usual_rate_passes():
    config = {**SGD, "batch_size": 128, "lr": 0.003}
    frozen, _ = concluded(update_size.CHECK, regression(is_frozen=True), config, 300)
    assert frozen.findings[0].items == ("network.0.weight",)
    usual, _ = concluded(update_size.CHECK, regression(), config, 300)
    assert usual.findings[0].verdict is Verdict.PASS


@pytest.mark.parametrize("lr", [1e-6, 1e-5])
def test_s1_12_updates_that_are_too_small_raise_the_rate(lr):
    config = {**SGD, "batch_size": 128, "lr": lr}
    found, _ = concluded(update_size.CHECK, regression(), config, 300)
    assert found.change["lr"] > 2 * lr


def test_s4_46_healthy_task_is_stable_at_twice_its_rate():
    found, _ = concluded(stability.CHECK, digits(), {**SGD, "lr": 0.03}, 400)
    assert found.findings[0].verdict is not Verdict.PROBLEM
    assert found.change == {}


def test_s4_46_steep_start_breaks_and_a_remedy_is_found_by_training():
    found, readings = concluded(stability.CHECK, regression(Steep), {**SGD, "lr": 0.01}, 3000)
    (told,) = found.findings
    assert "unstable at the start" in told.title
    assert told.verdict is Verdict.NOTICE
    assert len(found.change) == 1
    assert len(readings) > 1 + len(stability.FACTORS)


def test_s4_49_norms_are_those_of_the_gradient_before_it_is_clipped():
    laboratory = Laboratory(digits())
    free = laboratory.carry_out(stability.free_probe(Configuration({**SGD, "lr": 0.05}), 150))
    assert len(free.norms) == len(free.losses) == 54
    assert len(free.sample) == 55
    clipped = stability.probe(Configuration({**SGD, "lr": 0.05}), 150, 2.0, clip_norm=0.1)
    assert max(laboratory.carry_out(clipped).norms) <= 0.1 * (1 + 1e-6)


def test_training_that_waits_for_its_data_ends_early_by_the_clock():
    sleepy = replace(digits(), data=lambda split: Waiting(digits().data(split)))
    short = Laboratory(sleepy, max_seconds=0.1).carry_out(Train(Configuration({}), 2000))
    assert short.is_cut
    assert 0 < len(short.losses) < MIN_UPDATES
    busy = Laboratory(digits(), max_seconds=1e-3).carry_out(Train(Configuration({}), 2000))
    assert busy.is_cut


def test_s1_10_curve_converges_or_says_that_it_still_falls():
    done, _ = concluded(convergence.CHECK, digits(), {"lr": 0.01}, 600)
    assert done.findings[0].verdict is Verdict.PASS
    short, _ = concluded(convergence.CHECK, digits(), {"lr": 3e-4}, 100)
    assert "still falls" in short.findings[0].title


def test_s4_6_size_is_chosen_and_a_loader_that_sleeps_is_told():
    found, _ = concluded(throughput.CHECK, digits(), {}, 100)
    assert found.findings[0].verdict is not Verdict.PROBLEM
    task = digits()
    waiting = replace(task, data=lambda split: Waiting(task.data(split)))
    slow, _ = concluded(throughput.CHECK, waiting, {}, 100)
    assert "input-bound" in slow.findings[1].title


def test_s4_6_memory_that_runs_out_is_a_reading_and_training_goes_on_after_it():
    laboratory = Laboratory(digits(), max_bytes=10_000_000)
    large = Time(Configuration({"width": 100_000, "batch_size": 256}), 1)
    assert isinstance(laboratory.carry_out(large), OutOfMemory)
    assert isinstance(Laboratory(digits()).carry_out(large), Timed)


def test_mistake_of_a_task_while_it_is_timed_is_told_as_its_own():
    def loss(outputs, targets):
        raise ValueError("no such column")

    broken = Laboratory(replace(digits(), loss=loss))
    found = broken.carry_out(Time(Configuration({"batch_size": 8}), 1))
    assert isinstance(found, Raised)
    assert "no such column" in found.told
