"""Messages about trials: rows of the table, a page of it, and one trial in full."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from tunebook.engine import Facts
from tunebook.errors import InputError, nearest
from tunebook.records import CheckpointRef, TaskKind, Trial, TrialState
from tunebook.reports.curves import curve_message, finite
from tunebook.reports.families import ancestors_of, family_of
from tunebook.reports.messages import CheckpointMessage, TrialMessage, TrialRow, TrialsMessage
from tunebook.reports.verdicts import curve_tags, observer_sentences, verdict_messages

MAX_ROWS = 500


@dataclass(frozen=True, slots=True)
class TrialQuery:
    """Which rows of the table, in which order.

    ``sort`` is a column of ``TrialRow`` or ``config.NAME``; ``states`` those shown, all if empty;
    ``text`` must be found in the configuration, the error or the number.
    """

    sort: str = "number"
    is_descending: bool = False
    states: Sequence[str] = ()
    text: str = ""
    offset: int = 0
    limit: int = 100


_COLUMNS = (
    *("number", "state", "value", "step", "steps_done", "seconds", "cost", "parent", "ended_at"),
    "error",
)
"""The columns that the table can be sorted by, beside those of the configuration."""


def trials_message(
    facts: Facts, seq: int, query: TrialQuery, *, gap: float | None = None
) -> TrialsMessage:
    """Return a page of rows; ``InputError`` for an unknown column or state.

    ``gap``, from the best to the third-best trial, is what the noise of curves is held against.
    """
    found = selected(facts.trials, query)
    begin = max(0, query.offset)
    page = found[begin : begin + max(0, min(query.limit, MAX_ROWS))]
    return TrialsMessage(seq, len(found), begin, [trial_row(facts, trial, gap) for trial in page])


def selected(trials: Sequence[Trial], query: TrialQuery) -> list[Trial]:
    """Return the trials that the query wants, all pages of them; those without the value last."""
    key = _key(query.sort)
    for state in query.states:
        if state not in set(TrialState):
            raise InputError(
                "There is no such state", got=state, do=nearest(state, map(str, TrialState))
            )
    found = [trial for trial in trials if _is_wanted(trial, query)]
    having = [trial for trial in found if key(trial) is not None]
    lacking = [trial for trial in found if key(trial) is None]
    try:
        having.sort(key=key, reverse=query.is_descending)
    except TypeError:
        having.sort(key=lambda trial: str(key(trial)), reverse=query.is_descending)
    return [*having, *lacking]


def trial_row(facts: Facts, trial: Trial, gap: float | None = None) -> TrialRow:
    """Return a trial's line in the table; ``gap`` as in ``trials_message``."""
    objective = facts.known_spec.objective
    curve = trial.curves.get(objective.metric)
    return TrialRow(
        number=trial.number,
        state=str(trial.state),
        config=dict(trial.config),
        value=trial.value,
        best_step=trial.best_step,
        last=finite(curve.values[-1]) if curve else None,
        step=trial.step,
        steps_done=trial.steps_done,
        until_step=trial.until_step,
        seconds=trial.seconds,
        cost=trial.cost,
        error=trial.error,
        parent=trial.parent,
        ancestors=ancestors_of(facts.trials, trial),
        tags=curve_tags(trial, objective, gap),
        source=trial.source,
        why=trial.why,
        created_at=trial.created_at,
        ended_at=trial.ended_at,
    )


def trial_message(
    facts: Facts,
    seq: int,
    number: int,
    *,
    path_of: Callable[[CheckpointRef], str],
    log_tail: str | None = None,
    gap: float | None = None,
) -> TrialMessage:
    """Return one trial in full, ``gap`` as in ``trials_message``; ``InputError`` if unknown."""
    if not 0 <= number < len(facts.trials):
        raise InputError("There is no such trial", got=number)
    trial = facts.trials[number]
    refs = trial.checkpoints
    return TrialMessage(
        seq=seq,
        row=trial_row(facts, trial, gap),
        curves={name: curve_message(number, series) for name, series in trial.curves.items()},
        verdicts=verdict_messages(trial, facts.known_spec.objective, gap),
        observers=observer_sentences(trial, facts.known_spec.objective),
        checkpoints=[CheckpointMessage(ref.step, path_of(ref), ref.n_bytes) for ref in refs],
        family=family_of(facts, trial.number),
        n_losses=trial.n_losses,
        log_tail=log_tail or (trial.failure.log_tail if trial.failure else None),
        traceback=trial.failure.traceback if trial.failure else None,
        explanation=trial.why or "",
        command=_command(facts, trial),
    )


def _command(facts: Facts, trial: Trial) -> str:
    """Return how to train this configuration again."""
    spec = facts.known_spec
    if spec.task.kind is TaskKind.SCRIPT:
        values = {name: shlex.quote(str(value)) for name, value in trial.config.items()}
        command = spec.task.reference
        for name, value in values.items():
            command = command.replace("{" + name + "}", value)
        return command
    config = json.dumps(dict(trial.config))
    return f"tunebook.load({spec.name!r}).request('enqueue', {{'config': {config}}})"


def _key(sort: str) -> Callable[[Trial], Any]:
    if sort.startswith("config."):
        name = sort.removeprefix("config.")
        return lambda trial: trial.config.get(name)
    if sort not in _COLUMNS:
        raise InputError("The table has no such column", got=sort, do=nearest(sort, _COLUMNS))
    return attrgetter(sort)


def _is_wanted(trial: Trial, query: TrialQuery) -> bool:
    if query.states and str(trial.state) not in query.states:
        return False
    if not query.text:
        return True
    values = [f"{name}={value}" for name, value in trial.config.items()]
    told = " ".join([str(trial.number), *values, trial.error or "", trial.why or ""])
    return query.text.lower() in told.lower()
