"""Instability: how it is detected, its remedies in order, and gradient clipping (S4.46 to S4.49).

Every workload breaks at a large enough rate. It matters only where it forces a rate too small.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tunebook.analysis.series import number, quantile, smoothed
from tunebook.records.finding import Finding, Verdict

DENSE_STEPS, PROBE_FACTORS = 500, (2.0, 5.0, 10.0)
"""Probe this many steps, every one evaluated, at these multiples of the best rate (S4.46)."""

_RISE, _LEAST_RISE, _EARLY_BLOW_UP, _EARLY_STEPS = 1.5, 0.05, 3.0, 100
CLIP_SHARE, DISGUISE_SHARE = 0.9, 0.5


class Instability(StrEnum):
    """Which kind a curve shows."""

    NONE = "none"
    EARLY = "at the start"
    SUDDEN = "in the middle of training"


class Remedy(StrEnum):
    """What helps against instability, in the order to try (S4.47)."""

    WARM_UP = "warm-up"
    CLIPPING = "gradient clipping"
    OPTIMIZER = "another optimizer"
    ARCHITECTURE = "residual connections with normalization: x + f(norm(x)), branches starting at 0"
    LOWER_RATE = "a lower learning rate, as the last resort"


def instability(losses: Sequence[float]) -> Instability:
    """Return the kind of instability in losses of every step from 0 on (S4.46).

    Early: above 3 times the first loss within 100 steps. Sudden: the smoothed loss rises above 1.5
    times its minimum after it had fallen below half its start, and by a twentieth of the start: a
    loss near 0 doubles without meaning anything.
    """
    start = losses[0]
    early = losses[: _EARLY_STEPS + 1]
    if any(not math.isfinite(x) or x > _EARLY_BLOW_UP * start for x in early):
        return Instability.EARLY
    if not all(map(math.isfinite, losses)):
        return Instability.SUDDEN
    lowest = math.inf
    for loss in smoothed(losses):
        lowest = min(lowest, loss)
        is_risen = loss > _RISE * lowest and loss - lowest > _LEAST_RISE * start
        if lowest < start / 2 and is_risen:
            return Instability.SUDDEN
    return Instability.NONE


def remedies(kind: Instability) -> tuple[Remedy, ...]:
    """Return what to try, in order; warm-up is for early instability alone (S4.47)."""
    if kind is Instability.NONE:
        return ()
    return tuple(r for r in Remedy if kind is Instability.EARLY or r is not Remedy.WARM_UP)


def judge_stability(by_factor: Mapping[float, Sequence[float]]) -> Finding:
    """Return the finding on dense probes at multiples of the best rate (S4.46)."""
    kinds = {factor: instability(losses) for factor, losses in sorted(by_factor.items())}
    broken = {f: kind for f, kind in kinds.items() if kind is not Instability.NONE}
    expected = "stable at twice the best rate"
    if not broken:
        top = max(kinds, default=1.0)
        title = f"Training is stable up to {top:g} times the best rate."
        return Finding("stability", Verdict.PASS, title, "", expected, source="S4.46")
    factor, kind = next(iter(broken.items()))
    order = remedies(kind)
    return Finding(
        "stability",
        Verdict.PROBLEM if factor <= PROBE_FACTORS[0] else Verdict.NOTICE,
        f"Training is unstable {kind} at {factor:g} times the best rate.",
        value=f"{factor:g} x",
        expected=expected,
        causes=("initial scale too large",) if kind is Instability.EARLY else ("sharp curvature",),
        next_test=f"Try {order[0]}.",
        advice="; then ".join(order),
        source="S4.47",
    )


@dataclass(frozen=True, slots=True)
class ClippingAdvice:
    """A threshold for the norm of the gradient, and the share of updates it clips."""

    threshold: float
    clipped_share: float
    is_disguised_rate: bool
    """More than half of the updates are clipped: lower the learning rate instead."""


def clipping(norms: Sequence[float], threshold: float | None = None) -> ClippingAdvice:
    """Return the advice on a threshold; without one, the 90th percentile of norms (S4.49)."""
    level = quantile(norms, CLIP_SHARE) if threshold is None else threshold
    share = sum(norm > level for norm in norms) / len(norms)
    return ClippingAdvice(level, share, share > DISGUISE_SHARE)


def next_threshold(norms: Sequence[float], tried: Sequence[float]) -> float | None:
    """Return the threshold to try after ``tried`` were unstable: halves; None at half clipped."""
    if not tried:
        return clipping(norms).threshold
    level = min(tried) / 2
    return None if clipping(norms, level).is_disguised_rate else level


def judge_clipping(advice: ClippingAdvice) -> Finding:
    """Return a notice when clipping is a lower learning rate in disguise (S4.49)."""
    value, expected = f"{advice.clipped_share:.0%} of updates clipped", "at most 50 %"
    if advice.is_disguised_rate:
        return Finding(
            "clipping",
            Verdict.NOTICE,
            "Most updates are clipped: that is a lower learning rate in disguise.",
            value,
            expected,
            advice="Lower the learning rate, or set the threshold above the typical norm.",
            source="S4.49",
        )
    title = f"Clipping at a norm of {number(advice.threshold)} leaves most updates alone."
    return Finding("clipping", Verdict.PASS, title, value, expected, source="S4.49")
