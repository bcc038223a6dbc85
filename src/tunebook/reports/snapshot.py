"""A whole study in one message: what a report holds. Large studies are thinned, and it says so."""

from __future__ import annotations

from collections.abc import Callable

from tunebook.engine import Facts
from tunebook.records import CheckpointRef, TrialNumber
from tunebook.reports.curves import curves_message
from tunebook.reports.messages import SnapshotMessage, TrialsMessage
from tunebook.reports.parameter_messages import parameters_message
from tunebook.reports.study_messages import study_message
from tunebook.reports.trial_messages import trial_message, trial_row

MAX_DETAILS = 300
"""So many trials are shown in full: the best, the failed and the latest. All are in the table."""

MAX_POINTS = 200
MAX_CURVES = 500


def snapshot(
    facts: Facts,
    seq: int,
    now: float,
    *,
    path_of: Callable[[CheckpointRef], str],
    version: str,
) -> SnapshotMessage:
    """Return the study as it is after event ``seq``, to be read without any server."""
    study = study_message(facts, seq, now, is_live=False, path_of=path_of)
    rows = [trial_row(facts, trial) for trial in facts.trials]
    return SnapshotMessage(
        study=study,
        trials=TrialsMessage(seq, len(rows), 0, rows),
        curves={
            metric: curves_message(facts, seq, metric, max_curves=MAX_CURVES, max_points=MAX_POINTS)
            for metric in study.metrics
        },
        parameters=parameters_message(facts, seq),
        details={
            str(number): trial_message(facts, seq, number, path_of=path_of)
            for number in _shown(facts)
        },
        written_at=now,
        version=version,
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
