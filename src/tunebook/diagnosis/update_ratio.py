"""The ratio of update to parameters: a usable learning rate within a few batches (S1.12).

It gives a rate that trains, never the best one. The target is 1e-3, on updates after the optimizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tunebook.analysis.series import number, quantile
from tunebook.records.finding import Finding, Verdict

TARGET = 1e-3
BAND = (1e-4, 1e-2)
"""Where ratios of update to parameters are ordinary."""

STEPS_PER_ROUND, MAX_ROUNDS, MAX_FACTOR = 10, 5, 10.0
_CLOSE = 1.25


@dataclass(frozen=True, slots=True)
class RatioStep:
    """One correction: the median ratio, the rate to go on with, and whether it is settled."""

    median: float
    lr: float
    is_settled: bool
    worst: str
    frozen: tuple[str, ...]


def corrected_rate(lr: float, ratios: Mapping[str, float], *, round_number: int) -> RatioStep:
    """Return the rate after ten steps: lr * 1e-3 / median, by a factor of ten at most (S1.12).

    ``ratios`` are norm of update over norm of parameters per tensor, without biases and scales of
    normalization. Rounds count from 1; after the fifth the rate is settled whatever it is.
    """
    frozen = tuple(name for name, ratio in ratios.items() if ratio == 0.0)
    live = {name: ratio for name, ratio in ratios.items() if ratio > 0.0}
    if not live:
        return RatioStep(0.0, lr, True, "", frozen)
    median = quantile(list(live.values()), 0.5)
    factor = min(MAX_FACTOR, max(1 / MAX_FACTOR, TARGET / median))
    is_close = 1 / _CLOSE <= factor <= _CLOSE
    worst = max(live, key=lambda name: max(live[name] / TARGET, TARGET / live[name]))
    settled = is_close or round_number >= MAX_ROUNDS
    return RatioStep(median, lr if is_close else lr * factor, settled, worst, frozen)


def judge_ratios(ratios: Mapping[str, float]) -> Finding:
    """Return the finding on ratios at the current rate; a frozen tensor is a problem (S1.12)."""
    step = corrected_rate(1.0, ratios, round_number=1)
    value = f"median {number(step.median)}"
    expected = f"{BAND[0]:g} to {BAND[1]:g}, best near {TARGET:g}"
    low, high = BAND
    if step.frozen:
        return Finding(
            "update-ratio",
            Verdict.PROBLEM,
            "Some tensors do not move at all.",
            value,
            expected,
            causes=("no gradient reaches them", "they are not given to the optimizer"),
            items=step.frozen,
            source="S1.12",
        )
    if low <= step.median <= high:
        title = "Updates have an ordinary size."
        return Finding("update-ratio", Verdict.PASS, title, value, expected, source="S1.12")
    is_high = step.median > high
    return Finding(
        "update-ratio",
        Verdict.NOTICE,
        f"Updates are too {'large' if is_high else 'small'} for the parameters.",
        value,
        expected,
        advice=f"{'Lower' if is_high else 'Raise'} the learning rate.",
        items=(step.worst,),
        source="S1.12",
    )
