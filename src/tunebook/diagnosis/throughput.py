"""Speed by batch size: feasible sizes, the knee, and whether the input holds training up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.analysis.series import number
from tunebook.records.finding import Finding, Verdict

N_WARM_UP, N_TIMED, HEADROOM = 5, 20, 0.1
"""Steps before timing, steps timed (their median counts), and memory to leave free (S4.6)."""

_DOUBLES, _RISES, _INPUT_BOUND = 1.8, 1.1, 1.2


@dataclass(frozen=True, slots=True)
class BatchTiming:
    """One size: median seconds per step, None when memory failed.

    ``synthetic_seconds`` are those with data that already lie in memory; ``memory_share`` is the
    peak as a share of what the device has.
    """

    batch_size: int
    seconds: float | None
    synthetic_seconds: float | None = None
    memory_share: float | None = None

    @property
    def throughput(self) -> float | None:
        """Examples per second."""
        return None if self.seconds is None else self.batch_size / self.seconds


@dataclass(frozen=True, slots=True)
class ThroughputChoice:
    """The size to use, None when none fits."""

    batch_size: int | None
    is_knee_found: bool
    has_bottleneck: bool
    """Throughput rises less than it should well before it stops: look for a bottleneck."""


def choose_batch_size(timings: Sequence[BatchTiming]) -> ThroughputChoice:
    """Return the largest size whose doubling still raised throughput by a tenth (S4.6)."""
    pick, before, knee, sublinear = None, None, False, 0
    for timing in sorted(timings, key=lambda t: t.batch_size):
        speed = timing.throughput
        crowded = timing.memory_share is not None and timing.memory_share > 1 - HEADROOM
        if speed is None or crowded:
            continue
        ratio = 2.0 if before is None else speed / before
        knee = knee or ratio < _RISES
        if not knee:
            sublinear += ratio < _DOUBLES
            pick = timing.batch_size
        before = speed
    return ThroughputChoice(pick, knee, sublinear > 2)


def _at_device_knee(timings: Sequence[BatchTiming]) -> BatchTiming | None:
    """Return the timing where the device alone, with data in memory, is used best.

    A wait for each batch is hidden by larger batches; here it shows.
    """
    in_memory = [
        BatchTiming(t.batch_size, t.synthetic_seconds, memory_share=t.memory_share)
        for t in timings
        if t.seconds is not None and t.synthetic_seconds is not None
    ]
    if not in_memory:
        return None
    pick = choose_batch_size(in_memory).batch_size
    return next((t for t in timings if t.batch_size == pick), None)


def judge_throughput(timings: Sequence[BatchTiming]) -> list[Finding]:
    """Return the findings on the knee (S4.6) and on the input pipeline (S4.34)."""
    choice = choose_batch_size(timings)
    if choice.batch_size is None:
        return [
            Finding(
                "throughput",
                Verdict.PROBLEM,
                "No batch size fits into memory.",
                advice="Make the network or its inputs smaller.",
                source="S4.6",
            )
        ]
    title = (
        "Throughput stops rising: the knee is found."
        if choice.is_knee_found
        else "Throughput still rises at the largest size that was run."
    )
    found = [
        Finding(
            "throughput",
            Verdict.NOTICE if choice.has_bottleneck else Verdict.PASS,
            title,
            value=f"batch size {choice.batch_size}",
            expected="twice the size, nearly twice the throughput, up to the knee",
            advice="Look for a bottleneck in input or synchronization."
            if choice.has_bottleneck
            else "",
            source="S4.6",
        )
    ]
    timing = _at_device_knee(timings)
    if timing is not None and timing.seconds is not None and timing.synthetic_seconds is not None:
        found.append(_judge_input(timing.seconds, timing.synthetic_seconds))
    return found


def _judge_input(seconds: float, synthetic: float) -> Finding:
    """Say whether a step takes over 20 % longer with real data than with data in memory (S4.34)."""
    bound = seconds > _INPUT_BOUND * synthetic
    return Finding(
        "input-pipeline",
        Verdict.NOTICE if bound else Verdict.PASS,
        "Training waits for its data: it is input-bound."
        if bound
        else "Training is compute-bound.",
        value=f"{number(seconds)} s per step, {number(synthetic)} s with data in memory",
        expected="at most 20 % more",
        causes=("remote data", "expensive preprocessing", "accidental synchronization")
        if bound
        else (),
        next_test="Time one pass over the data loader alone." if bound else "",
        advice="Prefetch, use more loader workers, drop unused fields early." if bound else "",
        source="S4.34",
    )
