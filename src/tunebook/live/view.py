"""A frozen picture of a study at one moment, taken from its facts; another thread may draw it."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import final

from tunebook.analysis.forecast import Forecast, forecast_of
from tunebook.engine import Facts
from tunebook.live.appearance import curve_points
from tunebook.records import (
    Configuration,
    Objective,
    StudyState,
    Trial,
    TrialNumber,
    TrialState,
    Value,
)
from tunebook.records.text import clean
from tunebook.stopping.limits import LimitUse, limit_uses, seconds_left

N_SHOWN = 8
"""So many of the last ended trials, and of the best paused ones, are kept for showing."""


@dataclass(frozen=True, slots=True)
class TrialPicture:
    """One trial: ``last`` value, few curve ``points``, last step ``until`` or None."""

    number: int
    state: TrialState
    config: Mapping[str, Value]
    step: int
    until: int | None
    value: float | None
    best_step: int | None
    last: float | None
    seconds: float
    points: tuple[float, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A study at ``at``. ``ended`` are the last trials that ended, the latest last; ``paused`` the
    best of those that may go on, best first.

    ``n_trained`` counts those and the paused ones. ``names`` are the parameters that vary.
    ``left_s`` is the time left at the present pace, ``is_bound`` if it is an upper bound because
    paused trials may never go on.
    """

    name: str
    objective: Objective
    search: str
    state: StudyState
    why: str
    at: float
    active_s: float
    n_slots: int = 0
    n_trained: int = 0
    n_trials: int | None = None
    names: Sequence[str] = ()
    uses: Sequence[LimitUse] = ()
    target: float | None = None
    forecast: Forecast | None = None
    left_s: float | None = None
    is_bound: bool = False
    best: TrialPicture | None = None
    running: Sequence[TrialPicture] = ()
    ended: Sequence[TrialPicture] = ()
    paused: Sequence[TrialPicture] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def take_picture(facts: Facts, now: float, ended: Sequence[Trial] = ()) -> Picture:
    """Return the picture of a study; ``ended`` are the trials to show as ended."""
    spec, progress = facts.known_spec, facts.progress(now)
    running = [n for n, attempt in facts.attempts.items() if not attempt.is_held]
    expected = forecast_of(spec, facts.budget, facts.dry_run, facts.n_slots)
    alive = [facts.trials[n] for n in facts.alive]
    # How much of their whole training those alive have behind them.
    shares = (min(1.0, trial.step / spec.max_steps) for trial in alive if spec.max_steps)
    left_s = seconds_left(
        progress,
        trials_trained=progress.n_finished + sum(shares),
        total_s=None if expected is None else expected.total_s,
    )
    return Picture(
        name=clean(spec.name),
        objective=spec.objective,
        search=str(spec.search.get("name", "")),
        state=facts.state,
        why=facts.state_why,
        at=now,
        active_s=progress.active_s,
        n_slots=facts.n_slots,
        n_trained=progress.n_created - len(running),
        n_trials=facts.budget.trials,
        names=[n for n, p in facts.space.items() if _is_varied(p)],
        uses=limit_uses(progress),
        target=facts.budget.target,
        forecast=expected,
        left_s=left_s if facts.state is StudyState.RUNNING else None,
        is_bound=any(trial.state is TrialState.PAUSED for trial in alive),
        best=None if facts.best is None else picture_of(facts.best, facts),
        running=[picture_of(facts.trials[n], facts) for n in sorted(running)],
        ended=[picture_of(trial, facts) for trial in ended],
        paused=[picture_of(trial, facts) for trial in _best_paused(alive, spec.objective)],
        counts=_counts(facts),
    )


def picture_of(trial: Trial, facts: Facts) -> TrialPicture:
    """Return the picture of one trial."""
    spec = facts.known_spec
    curve = trial.curves.get(spec.objective.metric)
    attempt = facts.attempts.get(trial.number)
    return TrialPicture(
        number=trial.number,
        state=trial.state,
        config=Configuration(trial.config),
        step=max(trial.step, 0 if attempt is None else attempt.step),
        until=spec.max_steps,
        value=trial.value,
        best_step=trial.best_step,
        last=curve.values[-1] if curve else None,
        seconds=trial.seconds,
        points=curve_points(curve),
        error=trial.error,
    )


def _best_paused(alive: Iterable[Trial], objective: Objective) -> list[Trial]:
    paused = (t for t in alive if t.state is TrialState.PAUSED and t.value is not None)
    return nsmallest(N_SHOWN, paused, key=lambda t: (objective.sign * (t.value or 0.0), t.number))


def _is_varied(parameter: object) -> bool:
    """Whether an entry of a space is a parameter (constraints are a list), and no constant."""
    return isinstance(parameter, Mapping) and parameter.get("type") != "constant"


def _counts(facts: Facts) -> dict[str, int]:
    both = Counter(facts.trials[number].state for number in facts.alive) + facts.n_final
    return {state: both[state] for state in TrialState if both[state]}


@final
class EndedTrials:
    """Finds the trials that have ended since it was asked last, in the time of those alive."""

    def __init__(self, facts: Facts) -> None:
        self._n_final = facts.n_final.total()
        self._n_trials = len(facts.trials)
        self._alive = set(facts.alive)

    def take(self, facts: Facts) -> list[Trial]:
        """Return the newly ended trials in the order in which they ended."""
        n_final = facts.n_final.total()
        if n_final == self._n_final:
            return []
        created = map(TrialNumber, range(self._n_trials, len(facts.trials)))
        candidates, alive = self._alive | set(created), set(facts.alive)
        self._n_final, self._n_trials, self._alive = n_final, len(facts.trials), alive
        return in_order_of_end(facts.trials[number] for number in candidates - alive)


@final
class Pictures:
    """Takes pictures of a study, ``pace_s`` seconds apart, with the trials that ended last."""

    def __init__(self, facts: Facts, pace_s: float) -> None:
        self._pace_s = pace_s
        self._next = -math.inf
        self._ended = EndedTrials(facts)
        self._last: deque[Trial] = deque(in_order_of_end(facts.trials), N_SHOWN)

    def take(self, facts: Facts, now: float) -> Picture | None:
        """Return a picture, None if the last one is not old enough."""
        if now < self._next:
            return None
        self._next = now + self._pace_s
        self._last.extend(self._ended.take(facts))
        return take_picture(facts, now, self._last)


def in_order_of_end(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials that have ended, the latest last."""
    ended = (trial for trial in trials if trial.state.is_final)
    return sorted(ended, key=lambda trial: (trial.ended_at or 0.0, trial.number))
