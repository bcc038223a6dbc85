"""The knee of a simulated device is found over the whole curve, and a slow loader seen."""

from __future__ import annotations

import math

import pytest

from tunebook.checks.check import Conclusion
from tunebook.checks.first_batch import FirstBatch, first_batch
from tunebook.checks.readings import OutOfMemory, Raised, Timed
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.checks.throughput import CHECK, knee, seconds
from tunebook.records import Configuration
from tunebook.records.finding import Verdict

CONFIG = Configuration({"lr": 0.1, "batch_size": 64})


def timed(device, *, n_train=100_000):
    """Ask the check, with timings that a function of the experiment makes up."""
    seen = FirstBatch(TaskShape(TargetKind.CLASSES), True, n_train=n_train)
    readings, order = {first_batch(CONFIG): seen}, []
    asked = CHECK.next(CONFIG, 100, readings)
    while not isinstance(asked, Conclusion):
        for experiment in asked:
            found = device(experiment, experiment.config["batch_size"])
            readings[experiment] = Timed((found,)) if isinstance(found, float) else found
            order.append(experiment)
        asked = CHECK.next(CONFIG, 100, readings)
    return asked, order, seconds(CONFIG, readings)


def device(t0, rate, cap=10**9, wait=0.0):
    def run(experiment, size):
        if size > cap:
            return OutOfMemory("Timing updates", "RuntimeError: can't allocate memory")
        return max(t0, size / rate) + (0.0 if experiment.in_memory else wait)

    return run


def test_s4_6_knee_is_judged_over_the_whole_curve():
    assert knee({16: 47e3, 32: 51e3, 64: 124e3, 128: 329e3}) == 128
    assert knee({16: 100.0, 32: 190.0, 64: 195.0, 128: 200.0}) == 32
    assert knee({16: 100.0, 32: 101.0, 64: 100.0, 128: 160.0}) == 128
    assert knee({16: 100.0, 64: 120.0}) == 16
    assert knee({16: 100.0, 64: 122.0}) == 64


@pytest.mark.parametrize(("t0", "rate"), [(0.01, 6_400), (0.002, 64_000), (0.05, 1_000)])
def test_s4_6_the_pick_is_the_knee(t0, rate):
    found, _, _ = timed(device(t0, rate))
    assert abs(math.log2(found.change["batch_size"]) - math.log2(t0 * rate)) <= 1
    assert found.findings[0].title.startswith("Throughput stops rising")


def test_s4_6_memory_ends_the_sizes_and_larger_ones_are_not_tried():
    found, order, speeds = timed(device(0.01, 1e6, 256))
    assert found.change == {"batch_size": 256}
    assert "still rises" in found.findings[0].title
    assert max(e.config["batch_size"] for e in order) == 512
    assert list(speeds) == [16, 32, 64, 128, 256]
    none, _, _ = timed(device(0.01, 1e6, 0))
    assert none.findings[0].verdict is Verdict.PROBLEM


def test_s4_6_each_size_is_repeated_and_real_and_ready_data_take_turns():
    _, order, _ = timed(device(0.01, 1e6))
    assert [(e.config["batch_size"], e.in_memory) for e in order[:4]] == [
        (16, False), (16, True), (32, False), (32, True),
    ]  # fmt: skip
    assert len(order) == len(set(order)) == 3 * 2 * 7


def test_batch_has_at_most_a_tenth_of_the_training_set():
    found, _, _ = timed(device(0.01, 1e6), n_train=1000)
    assert found.change == {"batch_size": 64}
    small, _, _ = timed(device(0.01, 1e6), n_train=100)
    assert small.change == {"batch_size": 10}
    assert "at most a tenth" in small.reason


def test_spread_of_repeats_that_hides_the_knee_is_unknown_and_changes_nothing():
    flat, steep = device(0.01, 100), device(0.01, 1e6)
    found, _, _ = timed(lambda e, size: (flat if e.repeat == 1 else steep)(e, size))
    assert (found.findings[0].verdict, found.change) == (Verdict.UNKNOWN, {})


def test_s4_34_sleeping_loader_is_input_bound_and_spread_is_unknown():
    verdicts = {}
    for name, run in {
        "slow": device(0.01, 6_400, wait=0.05),
        "quick": device(0.01, 6_400),
        "unsure": lambda e, size: device(0.01, 6_400, wait=0.05 * (e.repeat == 1))(e, size),
    }.items():
        verdicts[name] = timed(run)[0].findings[1].verdict
    assert verdicts == {
        "slow": Verdict.NOTICE, "quick": Verdict.PASS, "unsure": Verdict.UNKNOWN,
    }  # fmt: skip


def test_mistake_of_a_task_is_told_as_its_own():
    found, order, _ = timed(lambda e, size: Raised("Timing updates", "ValueError: no column"))
    assert found.findings[0].value == "ValueError: no column"
    assert len(order) == 2
