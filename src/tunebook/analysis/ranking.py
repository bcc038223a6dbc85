"""Which trials count in an analysis, and in which order; infeasible ones stay beside them (I4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import variance

from tunebook.records import Objective, Trial, TrialState

N_TOP = 3
"""So many best trials are looked at together: one alone may be luck (S4.21, S4.22)."""


def feasible(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that have ended their training for now with a value, by number."""
    return [
        trial
        for trial in trials
        if trial.value is not None
        and (trial.state in {TrialState.DONE, TrialState.STOPPED, TrialState.PAUSED})
    ]


def infeasible(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that showed their configuration to be unusable, by number (I4)."""
    return [trial for trial in trials if trial.state is TrialState.INFEASIBLE]


def error(trial: Trial, objective: Objective) -> float:
    """Return a feasible trial's value so that lower is better."""
    if trial.value is None:
        raise ValueError(f"trial {trial.number} has no value")
    return objective.sign * trial.value


def ranked(trials: Sequence[Trial], objective: Objective) -> list[Trial]:
    """Return the feasible trials, best first; of equals the earlier one."""
    return sorted(feasible(trials), key=lambda t: (error(t, objective), t.number))


def deviation_of_repeats(trials: Sequence[Trial], objective: Objective) -> float | None:
    """Return the deviation of trials of equal configurations, pooled over configurations.

    Only trials trained anew to the same step are repeats. None if nothing was trained twice.
    """
    groups: dict[tuple[object, ...], list[float]] = {}
    for trial in feasible(trials):
        if trial.parent is None:
            key = (trial.step, *sorted(trial.config.items()))
            groups.setdefault(key, []).append(error(trial, objective))
    repeated = [group for group in groups.values() if len(group) > 1]
    n_free = sum(len(group) - 1 for group in repeated)
    if n_free == 0:
        return None
    return math.sqrt(sum(variance(group) * (len(group) - 1) for group in repeated) / n_free)
