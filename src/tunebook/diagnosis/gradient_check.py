"""The gradient check: analytic against numeric gradients, in bands of relative error (S2.7)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.diagnosis.series import number
from tunebook.records.finding import Finding, Verdict

STEP = 1e-5
"""The step of the centred difference, in float64."""

WRONG, SUSPICIOUS, GOOD = 1e-2, 1e-4, 1e-7


def relative_error(analytic: float, numeric: float) -> float:
    """Return |a - n| / max(|a|, |n|), 0 where both are 0 (S2.7)."""
    largest = max(abs(analytic), abs(numeric))
    return abs(analytic - numeric) / largest if largest > 0 else 0.0


def judge_gradients(analytic: Sequence[float], numeric: Sequence[float]) -> Finding:
    """Return the verdict on the worst pair: wrong above 1e-2, suspicious above 1e-4 (S2.7)."""
    error = max(map(relative_error, analytic, numeric), default=0.0)
    if error > WRONG:
        verdict, title = Verdict.PROBLEM, "The gradient is wrong."
    elif error > SUSPICIOUS:
        verdict, title = Verdict.NOTICE, "The gradient is suspicious."
    elif error >= GOOD:
        verdict, title = Verdict.PASS, "The gradient is acceptable where functions have kinks."
    else:
        verdict, title = Verdict.PASS, "The gradient is right."
    is_right = verdict is Verdict.PASS
    return Finding(
        "gradient-check",
        verdict,
        title,
        value=number(error),
        expected="below 1e-4, with smooth functions below 1e-7",
        causes=() if is_right else ("a backward pass written by hand", "too little precision"),
        next_test="" if is_right else "Repeat it in float64, on two examples, without dropout.",
        source="S2.7",
    )
