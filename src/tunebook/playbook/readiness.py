"""Is a first configuration reasonable, is training bound by compute, is a run reproducible?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from tunebook.analysis.curve_verdicts import Progress, judge_curve
from tunebook.diagnosis.baselines import lower_bound

_DEVIATIONS = 3.0


def is_reasonable(
    accuracy: float,
    n_validation: int,
    *,
    majority_share: float,
    repeat: float,
    trial_deviation: float,
) -> bool:
    """Whether a first configuration may be built upon (S4.11).

    Its lower 95 % bound lies above chance, and one repeat with another seed within 3 deviations.
    """
    is_above = lower_bound(accuracy, n_validation) > majority_share
    return is_above and abs(repeat - accuracy) <= _DEVIATIONS * trial_deviation


class Bound(StrEnum):
    """What limits training (S4.30)."""

    COMPUTE = "bound by compute: longer training still helps"
    NOT_COMPUTE = "not bound by compute: longer training no longer helps validation"
    UNKNOWN = "unknown: the curve is too short"


def bound_of(validation_errors: Sequence[float]) -> Bound:
    """Return what limits the best trial, from how its validation curve ends (S4.30)."""
    verdict = judge_curve(validation_errors)
    if verdict is None:
        return Bound.UNKNOWN
    return Bound.COMPUTE if verdict.progress is Progress.IMPROVING else Bound.NOT_COMPUTE


def irreproducible(edits: Collection[str]) -> str | None:
    """Return the mark of a run whose values were changed by hand while it ran (S4.41, I8).

    Schedules driven by validation are allowed only when fully automated. None for no edits.
    """
    return f"not reproducible: {', '.join(sorted(edits))} edited during the run" if edits else None


def gain_over_baseline(best: float, baseline: float | None) -> str:
    """Return the gain in error, or that it is unknown without a baseline (S0.10)."""
    if baseline is None:
        return "no baseline: gain unknown"
    return f"gain over the baseline {baseline - best:.4g}, on the same data and steps"


def refusal_to_reuse(found: Mapping[str, object], now: Mapping[str, object]) -> str | None:
    """Return why values found by an earlier search are not offered, None if they are (S0.7).

    They need the same network and the same pre-trained weights.
    """
    other = [k for k in ("network", "pretrained") if found.get(k) != now.get(k)]
    return f"found for another {' and '.join(other)}" if other else None
