"""Which trial is best so far. Ties keep the earlier incumbent."""

from __future__ import annotations

import math

from tunebook.engine.facts import Facts
from tunebook.records import Objective, Series, Trial


def curve_value(objective: Objective, curve: Series) -> tuple[float, int] | None:
    """Reduce a curve to (value, step), leaving out what is not finite (I4)."""
    if all(map(math.isfinite, curve.values)):
        return objective.value_of(curve.steps, curve.values)
    pairs = zip(curve.steps, curve.values, strict=True)
    points = [(step, value) for step, value in pairs if math.isfinite(value)]
    return objective.value_of([step for step, _ in points], [value for _, value in points])


def rank(facts: Facts, trial: Trial) -> None:
    """Let ``trial`` become the incumbent, or another one if it was and got worse."""
    objective = facts.known_spec.objective
    best = facts.best
    if best is None or best.number != trial.number:
        value = None if best is None else best.value
        if is_ranked(trial) and objective.is_better(trial.value or 0.0, value):
            facts.best = trial
            facts.n_since_improvement = 0
        return
    before = best.value
    facts.best = trial
    if is_ranked(trial) and not objective.is_better(before or 0.0, trial.value):
        if trial.value != before:
            facts.n_since_improvement = 0
        return
    facts.best = find_best(facts)


def is_ranked(trial: Trial) -> bool:
    """Whether the trial has a value that may be compared (I4)."""
    return trial.value is not None and trial.state.has_value


def find_best(facts: Facts) -> Trial | None:
    """Return the best of all ranked trials, the earliest of equals."""
    objective = facts.known_spec.objective
    ranked = [trial for trial in facts.trials if is_ranked(trial)]
    return min(ranked, key=lambda t: objective.sign * (t.value or 0.0), default=None)
