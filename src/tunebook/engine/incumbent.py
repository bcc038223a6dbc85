"""Which trial is best so far, and how long nothing better has come. Ties go to the lower number.

Neither may depend on the order in which trials that ran at the same time measured something: a
store merges the measurements of a slice, and a replay must come to the same facts all the same.
"""

from __future__ import annotations

import math

from tunebook.engine.facts import Facts, Record
from tunebook.records import Objective, Series, Trial, TrialState


def curve_value(objective: Objective, curve: Series) -> tuple[float, int] | None:
    """Reduce a curve to (value, step), leaving out what is not finite (I4)."""
    if all(map(math.isfinite, curve.values)):
        return objective.value_of(curve.steps, curve.values)
    pairs = zip(curve.steps, curve.values, strict=True)
    points = [(step, value) for step, value in pairs if math.isfinite(value)]
    return objective.value_of([step for step, _ in points], [value for _, value in points])


def rank(facts: Facts, trial: Trial) -> None:
    """Let ``trial`` become the incumbent, or another one if it was and got worse."""
    best = facts.best
    if best is None or best.number != trial.number:
        if is_ranked(trial) and (best is None or _order(facts, trial) < _order(facts, best)):
            facts.best = trial
    elif is_ranked(trial) and _order(facts, trial) <= _order(facts, best):
        facts.best = trial
    else:
        facts.best = find_best(facts)


def settle(facts: Facts, trial: Trial, *, counts: bool) -> None:
    """Judge what the slice that ended now has brought; ``counts`` if the trial ended with it."""
    record = facts.record
    is_holder = record is not None and record.trial == trial.number
    best_before = None if record is None else record.value
    if is_ranked(trial) and facts.known_spec.objective.is_better(trial.value or 0.0, best_before):
        facts.record = _record_of(trial)
        facts.n_ended_since_record = 0
    elif is_holder and (not is_ranked(trial) or trial.value != best_before):
        settled = find_best(facts, leave_out=TrialState.RUNNING)
        facts.record = None if settled is None else _record_of(settled)
    elif counts and not is_holder:
        facts.n_ended_since_record += 1


def is_ranked(trial: Trial) -> bool:
    """Whether the trial has a value that may be compared (I4)."""
    return trial.value is not None and trial.state.has_value


def find_best(facts: Facts, *, leave_out: TrialState | None = None) -> Trial | None:
    """Return the best of all ranked trials, but for those in the state ``leave_out``."""
    ranked = (trial for trial in facts.trials if is_ranked(trial) and trial.state is not leave_out)
    return min(ranked, key=lambda trial: _order(facts, trial), default=None)


def _order(facts: Facts, trial: Trial) -> tuple[float, int]:
    return facts.known_spec.objective.sign * (trial.value or 0.0), trial.number


def _record_of(trial: Trial) -> Record:
    return Record(trial.number, trial.value or 0.0)
