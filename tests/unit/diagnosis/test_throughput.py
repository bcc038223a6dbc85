"""The knee of a simulated device is found, and a slow loader seen."""

from __future__ import annotations

import math

import pytest

from tunebook.diagnosis.throughput import (
    BatchTiming,
    choose_batch_size,
    judge_throughput,
)
from tunebook.records.finding import Verdict

SIZES = [2**k for k in range(14)]


def device(t0: float, rate: float, cap: int, *, wait: float = 0.0) -> list[BatchTiming]:
    found = []
    for b in SIZES:
        seconds = max(t0, b / rate)
        fits = b <= cap
        found.append(BatchTiming(b, seconds + wait if fits else None, seconds if fits else None))
    return found


@pytest.mark.parametrize(("t0", "rate"), [(0.01, 6_400), (0.002, 64_000), (0.05, 1_000)])
def test_s4_6_the_pick_is_the_knee(t0, rate):
    choice = choose_batch_size(device(t0, rate, 8192))
    assert abs(math.log2(choice.batch_size) - math.log2(t0 * rate)) <= 1
    assert choice.is_knee_found


def test_s4_6_memory_ends_the_sizes_and_the_rest_is_out_of_memory():
    choice = choose_batch_size(device(0.01, 1e6, 256))
    assert choice.batch_size == 256
    assert not choice.is_knee_found
    assert judge_throughput(device(0.01, 1e6, 0))[0].verdict is Verdict.PROBLEM


def test_s4_6_a_tenth_of_the_memory_stays_free():
    crowded = [BatchTiming(32, 0.01, memory_share=0.5), BatchTiming(64, 0.01, memory_share=0.95)]
    assert choose_batch_size(crowded).batch_size == 32


def test_s4_34_a_sleeping_loader_is_input_bound():
    slow = judge_throughput(device(0.01, 6_400, 8192, wait=0.05))[1]
    assert slow.verdict is Verdict.NOTICE
    assert "input-bound" in slow.title
    assert judge_throughput(device(0.01, 6_400, 8192))[1].verdict is Verdict.PASS
