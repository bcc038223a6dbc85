"""Curves with no more points than a page can show, down-sampled so that no peak is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunebook.analysis.series import down_sampled
from tunebook.engine import Facts
from tunebook.records import Series, Trial
from tunebook.reports.messages import CurveMessage, CurvesMessage

MAX_POINTS = 400
"""The points of one curve: two for each of 200 columns of pixels."""

MAX_CURVES = 1000


def curve_message(trial: int, series: Series, max_points: int = MAX_POINTS) -> CurveMessage:
    """Return a curve with at most ``max_points`` points: lowest and highest of each column."""
    kept = down_sampled(series.values, max_points)
    return CurveMessage(
        trial=trial,
        steps=[series.steps[i] for i in kept],
        values=[finite(series.values[i]) for i in kept],
        seconds=[series.seconds[i] for i in kept],
    )


def curves_message(
    facts: Facts,
    seq: int,
    metric: str,
    *,
    trials: Sequence[int] | None = None,
    max_curves: int = MAX_CURVES,
    max_points: int = MAX_POINTS,
) -> CurvesMessage:
    """Return the curves of one metric; of more than ``max_curves`` the best, and all that run."""
    wanted = facts.trials if trials is None else [facts.trials[n] for n in trials]
    having = [trial for trial in wanted if metric in trial.curves]
    chosen = _chosen(facts, having, max_curves)
    found = [curve_message(t.number, t.curves[metric], max_points) for t in chosen]
    return CurvesMessage(seq, metric, found, len(having) - len(chosen))


def _chosen(facts: Facts, having: Sequence[Trial], max_curves: int) -> list[Trial]:
    if len(having) <= max_curves:
        return list(having)
    sign = facts.known_spec.objective.sign

    def rank(trial: Trial) -> tuple[bool, float]:
        is_running = trial.number in facts.attempts
        return not is_running, math.inf if trial.value is None else sign * trial.value

    return sorted(sorted(having, key=rank)[:max_curves], key=lambda trial: trial.number)


def finite(value: float | None) -> float | None:
    """Return a number that JSON knows, None for the others."""
    return value if value is not None and math.isfinite(value) else None
