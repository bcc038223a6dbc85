"""The median rule: a trial that does worse than most did at its step is stopped.

It says when to stop; what to try comes from another strategy. A running trial stops when its best
value so far is worse than the median of the finished trials' averages up to the same step.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, final

from tunebook.records import Objective, Series, Trial, TrialState
from tunebook.search.fresh import STARTS, Sources, fresh_starts
from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness, Stop

_FINISHED = frozenset({TrialState.DONE, TrialState.STOPPED})


@final
@dataclass(slots=True)
class _Averages:
    """The averages of finished trials up to a step. Only a cache."""

    _finished: Sequence[Trial] = ()
    _objective: Objective | None = None
    _known: dict[int, list[float]] = field(default_factory=dict)

    def at(self, step: int, finished: Sequence[Trial], objective: Objective) -> list[float]:
        """Return the mean of each trial's measurements up to ``step``, of those that got there."""
        is_same = len(finished) == len(self._finished) and objective == self._objective
        if not is_same or any(a is not b for a, b in zip(finished, self._finished, strict=True)):
            self._finished, self._objective, self._known = finished, objective, {}
        if step not in self._known:
            means = (_mean_by(trial, step, objective) for trial in finished)
            self._known[step] = [mean for mean in means if mean is not None]
        return self._known[step]


@final
@dataclass(frozen=True, slots=True)
class Median:
    """Stops trials that are worse than the median at their step (Golovin et al. 2017, Vizier)."""

    name = "median"
    # Every measurement may be one that ends a trial.
    watches_running = True

    start: Literal["random", "halton", "bayes"] = option(
        "random", "where configurations come from", choices=(*STARTS, "bayes")
    )
    _sources: Sources = field(default_factory=Sources, init=False, repr=False, compare=False)
    grace_trials: int = option(5, "finished trials before any is stopped", low=1, high=1000)
    grace_steps: int = option(
        3, "steps that every trial is given before it is judged", low=1, high=1_000_000
    )
    _averages: _Averages = field(default_factory=_Averages, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_options(self)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Stop what is worse than the median; start what the other strategy proposes."""
        stops = self._stops(history)
        return [*stops, *fresh_starts(self._sources[self.start], history, slots, rng)]

    def _stops(self, history: History) -> list[Stop]:
        objective = history.objective
        running = [t for t in history.own if t.state is TrialState.RUNNING and t.value is not None]
        if not running:
            return []
        finished = [t for t in history.trials if t.state in _FINISHED and t.value is not None]
        found = []
        for trial in running:
            series = trial.curves.get(objective.metric)
            if series is None or series.steps[-1] < self.grace_steps:
                continue
            step = series.steps[-1]
            others = self._averages.at(step, finished, objective)
            if len(others) < self.grace_trials:
                continue
            best, bar = _best(series, objective), median(others)
            if best > bar:
                why = (
                    f"best {objective.metric} {objective.sign * best:.4g} by step {step}: worse "
                    f"than the median {objective.sign * bar:.4g} of {len(others)} trials"
                )
                found.append(Stop(trial.number, why))
        return found


def _mean_by(trial: Trial, step: int, objective: Objective) -> float | None:
    series = trial.curves.get(objective.metric)
    if series is None or not series.steps or series.steps[-1] < step:
        return None
    series = series.trained()
    values = series.values[: bisect_right(series.steps, step)]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    # Scaled before they are summed: values near the largest double would overflow.
    largest = max(map(abs, finite)) or 1.0
    mean = largest * (math.fsum(value / largest for value in finite) / len(finite))
    return objective.sign * mean


def _best(series: Series, objective: Objective) -> float:
    values = series.trained().values
    finite = (objective.sign * value for value in values if math.isfinite(value))
    return min(finite, default=math.inf)
