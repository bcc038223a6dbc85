"""A whole study in one message: what a report holds. Large studies are thinned, and it says so."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from importlib.metadata import version

from tunebook.engine import Facts
from tunebook.records import CheckpointRef, TrialNumber
from tunebook.records.measurement import is_of_class
from tunebook.reports.curves import curves_message
from tunebook.reports.grid import grid_sections
from tunebook.reports.lights import judged
from tunebook.reports.messages import (
    CurveMessage,
    CurvesMessage,
    SnapshotMessage,
    TrialMessage,
    TrialsMessage,
)
from tunebook.reports.page import report_page
from tunebook.reports.parameter_messages import parameters_message
from tunebook.reports.sections import section_message
from tunebook.reports.study_messages import study_message
from tunebook.reports.trial_messages import trial_message, trial_row

MAX_DETAILS = 300
"""So many trials are shown in full: the best, the failed and the latest. All are in the table."""

N_DIGITS = 6
"""So many significant digits of a measurement are kept: a chart shows four."""

NOTEBOOK_HEIGHT_PX = 720
MAX_POINTS = 200
MAX_CURVES = 500
MAX_CLASS_CURVES = 20
"""Trials with curves of single classes, of which a metric may have a hundred."""


def snapshot(
    facts: Facts,
    seq: int,
    now: float,
    *,
    path_of: Callable[[CheckpointRef], str],
    is_live: bool = False,
) -> SnapshotMessage:
    """Return the study after event ``seq``, for a page without a server, each curve once."""
    judgement = judged(facts, seq)
    study = study_message(facts, seq, now, is_live=is_live, path_of=path_of, judgement=judgement)
    n_most = {m: MAX_CLASS_CURVES for m in study.metrics if is_of_class(m, study.metrics)}
    curves = {m: _curves(facts, seq, m, n_most.get(m, MAX_CURVES)) for m in study.metrics}
    shown = {(m, curve.trial) for m, found in curves.items() for curve in found.curves}
    rows = [trial_row(facts, trial, judgement.gap) for trial in facts.trials]
    return SnapshotMessage(
        study=study,
        trials=TrialsMessage(seq, len(rows), 0, rows),
        curves=curves,
        parameters=parameters_message(facts, seq),
        details={
            str(number): _without(
                shown, trial_message(facts, seq, number, path_of=path_of, gap=judgement.gap)
            )
            for number in _shown(facts)
        },
        sections=[section_message(one) for one in grid_sections(facts)],
        written_at=now,
        version=version("tunebook"),
    )


def _curves(facts: Facts, seq: int, metric: str, max_curves: int) -> CurvesMessage:
    found = curves_message(facts, seq, metric, max_curves=max_curves, max_points=MAX_POINTS)
    return replace(found, curves=[_rounded(curve) for curve in found.curves])


def _rounded(curve: CurveMessage) -> CurveMessage:
    def short(value: float | None) -> float | None:
        return None if value is None else float(f"{value:.{N_DIGITS}g}")

    seconds = [round(at, 3) for at in curve.seconds]
    return replace(curve, values=[short(value) for value in curve.values], seconds=seconds)


def _without(shown: Collection[tuple[str, int]], trial: TrialMessage) -> TrialMessage:
    number = trial.row.number
    return replace(
        trial,
        curves={
            metric: _rounded(curve)
            for metric, curve in trial.curves.items()
            if (metric, number) not in shown and not is_of_class(metric, trial.curves)
        },
    )


def _shown(facts: Facts) -> list[TrialNumber]:
    sign = facts.known_spec.objective.sign

    def rank(number: int) -> tuple[int, float]:
        trial = facts.trials[number]
        if trial.value is not None:
            return 0, sign * trial.value
        return (1, -number) if trial.failure is not None else (2, -number)

    ranked = sorted(range(len(facts.trials)), key=rank)
    return sorted(TrialNumber(number) for number in ranked[:MAX_DETAILS])


def notebook_view(page: str) -> str:
    """Return a report in a frame of its own, which cannot reach the notebook around it."""
    return (
        f'<iframe title="tunebook" width="100%" height="{NOTEBOOK_HEIGHT_PX}" frameborder="0" '
        f'sandbox="allow-scripts" srcdoc="{html.escape(page)}"></iframe>'
    )


def study_page(
    facts: Facts, seq: int, *, path_of: Callable[[CheckpointRef], str], is_live: bool
) -> str:
    """Return the report of a study after event ``seq``, as one page."""
    return report_page(snapshot(facts, seq, time.time(), path_of=path_of, is_live=is_live))
