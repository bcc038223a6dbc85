"""Rungs: the steps at which trials are compared, and how they stand there.

What asha and hyperband share. A trial that failed stands last at every rung that it was on the
way to: it was tried, so it counts, but it is never continued.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from tunebook.records import Objective, Trial, TrialState
from tunebook.search.protocol import Stop

UNDER_WAY = frozenset({TrialState.QUEUED, TrialState.RUNNING, TrialState.LOST})
"""States of trials that will come to the end of their slice without a searcher's doing."""

BROKEN = frozenset({TrialState.INFEASIBLE, TrialState.FAILED})
"""States of trials that were tried and have no value."""


def value_by(trial: Trial, objective: Objective, step: int) -> float:
    """Return the objective of the finite values up to ``step``, to be minimised, or infinity."""
    series = trial.curves.get(objective.metric)
    if series is None or has_broken(trial, step):
        return math.inf
    n = bisect_right(series.steps, step)
    steps, values = series.steps[:n], series.values[:n]
    if not all(map(math.isfinite, values)):
        finite = [i for i, value in enumerate(values) if math.isfinite(value)]
        found = objective.value_of([steps[i] for i in finite], [values[i] for i in finite])
    else:
        found = objective.value_of(steps, values)
    return math.inf if found is None else objective.sign * found[0]


def has_broken(trial: Trial, step: int) -> bool:
    """Whether a trial failed before it was continued beyond the rung ``step``."""
    was_continued = trial.until_step is not None and trial.until_step > step
    return trial.state in BROKEN and trial.step <= step and not was_continued


def has_reached(trial: Trial, step: int) -> bool:
    """Whether a trial counts at the rung ``step``: it was trained up to it, or broke on the way."""
    if trial.state in BROKEN:
        return trial.until_step is None or trial.until_step >= step
    return trial.state is not TrialState.CANCELLED and trial.step >= step


def ranked(trials: Iterable[Trial], objective: Objective, step: int) -> list[Trial]:
    """Return the trials by their value at a rung, the best first, the earlier first of equals."""
    valued = [(value_by(trial, objective, step), trial.number, trial) for trial in trials]
    return [trial for _, _, trial in sorted(valued, key=lambda v: v[:2])]


def stops_at_rungs(
    trials: Sequence[Trial], rungs: Sequence[int], *, objective: Objective, eta: int
) -> Iterator[Stop]:
    """Yield stops of the running trials that fail at the rung that they have just come to."""
    for trial in trials:
        if trial.state is TrialState.RUNNING:
            why = _failing_at_rung(trial, trials, rungs, objective=objective, eta=eta)
            if why is not None:
                yield Stop(trial.number, why)


def _failing_at_rung(
    trial: Trial, rivals: Sequence[Trial], rungs: Sequence[int], *, objective: Objective, eta: int
) -> str | None:
    """Say why a running trial that has just come to a rung should stop there, None if not.

    It goes on if it is among the best 1 / eta of what has come there so far, itself included; the
    best always does. For trials that cannot be paused (asynchronous halving with stopping).
    """
    series = trial.curves.get(objective.metric)
    if series is None or not series.steps:
        return None
    before = series.steps[-2] if len(series.steps) > 1 else 0
    passed = [rung for rung in rungs[:-1] if before < rung <= series.steps[-1]]
    if not passed:
        return None
    rung = passed[-1]
    standing = ranked((t for t in rivals if has_reached(t, rung)), objective, rung)
    place = next(i for i, rival in enumerate(standing) if rival.number == trial.number)
    if place < max(1, len(standing) // eta):
        return None
    return f"place {place + 1} of {len(standing)} at step {rung}: not in the best 1/{eta}"
