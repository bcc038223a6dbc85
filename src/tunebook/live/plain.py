"""A study told in plain lines, for logs and pipes, at most once a second."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import final

from tunebook.analysis.forecast import Forecast, duration
from tunebook.engine import Facts
from tunebook.live.appearance import (
    clock_text,
    configuration_text,
    counts_text,
    number_text,
    shortened,
)
from tunebook.live.view import EndedTrials, Picture, TrialPicture, take_picture
from tunebook.records import Budget, StudyState, TrialState

PACE_S = 1.0
"""Lines are written at most so often."""

HEARTBEAT_S = 60.0
"""After so long without a line one says that the study lives."""

MAX_LINES = 10
"""When more trials than this end between two writings, they are only counted."""


@final
class PlainWatcher:
    """Writes lines through ``write``. ``facts`` are those of the study before it goes on."""

    def __init__(self, facts: Facts, write: Callable[[str], None]) -> None:
        self._write = write
        self._ended = EndedTrials(facts)
        self._facts = facts
        self._written_at = -math.inf
        self._next = -math.inf
        self._best = None if facts.best is None else facts.best.number
        self._has_begun = False

    def update(self, facts: Facts, now: float) -> None:
        """Write what is new, if the last lines are a second old."""
        if now >= self._next:
            self._facts = facts
            self._tell(now)

    def close(self) -> None:
        """Write what was not written yet."""
        if self._has_begun:
            self._tell(self._facts.last_at)

    def _tell(self, now: float) -> None:
        self._next = now + PACE_S
        facts = self._facts
        lines: list[str] = []
        if not self._has_begun:
            self._has_begun = True
            lines += opening_lines(take_picture(facts, now), facts.budget)
        ended = self._ended.take(facts)
        best = None if facts.best is None else facts.best.number
        is_new, self._best = best != self._best, best
        if ended or is_new or now - self._written_at >= HEARTBEAT_S:
            lines += _news(take_picture(facts, now, ended), is_new=is_new, is_quiet=not lines)
        for line in lines:
            self._write(line)
            self._written_at = now


def opening_lines(picture: Picture, budget: Budget) -> Iterator[str]:
    """Yield what begins: the study, its limits, what it may take (S0.8)."""
    yield (
        f"{picture.name}: {picture.objective.direction} {picture.objective.metric}, "
        f"{limits_text(budget)}, search {picture.search}, {workers_text(picture.n_slots)}"
    )
    if picture.forecast is not None:
        yield f"expected: {forecast_text(picture.forecast)}"
        if picture.forecast.warning is not None:
            yield f"warning: {picture.forecast.warning}"


def _news(picture: Picture, *, is_new: bool, is_quiet: bool) -> Iterator[str]:
    """Yield a line for each ended trial, for a new incumbent, or as a sign of life."""
    at, best = clock_text(picture.active_s), picture.best
    if len(picture.ended) > MAX_LINES:
        states = [trial.state for trial in picture.ended]
        counts = {str(state): states.count(state) for state in TrialState}
        yield f"[{at}] {len(states)} trials ended: {counts_text(counts)}"
    else:
        for trial in picture.ended:
            is_best = best is not None and best.number == trial.number
            yield f"[{at}] {trial_line(trial)}" + (" (best so far)" if is_best else "")
    shown = {trial.number for trial in picture.ended} if len(picture.ended) <= MAX_LINES else set()
    if is_new and best is not None and best.number not in shown:
        yield f"[{at}] best so far: {value_text(best)}, trial {best.number}"
    if not picture.ended and not is_new and is_quiet:
        yield f"[{at}] {standing_text(picture)}"


def trial_line(trial: TrialPicture) -> str:
    """Return how a trial ended, in a line."""
    told = value_text(trial) if trial.error is None else shortened(trial.error, 100)
    config = configuration_text(trial.config)
    took = duration(trial.seconds)
    return f"trial {trial.number} {trial.state} after {took}: {told}; {config}"


def value_text(trial: TrialPicture) -> str:
    """Return a trial's value and the step at which it had it."""
    if trial.value is None:
        return f"no value, step {trial.step}"
    return f"{number_text(trial.value)} at step {trial.best_step or trial.step}"


def standing_text(picture: Picture) -> str:
    """Return where a study stands: trials, incumbent, time left."""
    of = "" if picture.n_trials is None else f" of {picture.n_trials}"
    parts = [f"{picture.n_trained}{of} trials", f"{len(picture.running)} running"]
    if picture.best is not None:
        parts.append(f"best {number_text(picture.best.value)} (trial {picture.best.number})")
    if picture.left_s is not None:
        parts.append(left_text(picture))
    return ", ".join(parts)


def left_text(picture: Picture, since_s: float = 0.0) -> str:
    """Return the time left, ``since_s`` after the picture was taken."""
    left_s = max(0.0, (picture.left_s or 0.0) - since_s)
    return f"{'at most' if picture.is_bound else 'about'} {duration(left_s)} left"


def forecast_text(expected: Forecast) -> str:
    """Return a forecast in a line: an upper bound, since trials may end early (S0.8)."""
    parts = [f"{duration(expected.trial_s)} for a trial"]
    if expected.total_s is not None:
        parts.insert(0, f"at most {duration(expected.total_s)}")
    if expected.cost is not None:
        parts.append(f"cost {expected.cost:.2f}")
    return ", ".join(parts)


def limits_text(budget: Budget) -> str:
    """Return the limits of a budget as people say them."""
    parts: list[str] = []
    for name in ("trials", "steps"):
        limit = getattr(budget, name)
        parts += [f"{limit:,} {name if limit != 1 else name[:-1]}"] if limit is not None else []
    if budget.hours is not None:
        parts.append(duration(budget.hours * 3600))
    if budget.cost is not None:
        parts.append(f"cost {budget.cost:g}")
    if budget.target is not None:
        parts.append(f"target {budget.target:g}")
    if budget.patience is not None:
        parts.append(f"patience {budget.patience}")
    return " or ".join(parts) if parts else "no limit"


def workers_text(n_slots: int) -> str:
    """Return how many workers train."""
    return "1 worker" if n_slots == 1 else f"{n_slots} workers"


def closing_lines(picture: Picture, checkpoint: str | None, hints: Sequence[str]) -> Iterator[str]:
    """Yield what came of it: state and why, trials and time, the best one and its files."""
    why = f": {picture.why.rstrip('.')}" if picture.why else ""
    yield f"{picture.state}{why}"
    trials = counts_text(picture.counts) or "no trial"
    yield f"trials: {trials}, in {duration(picture.active_s)}"
    best = picture.best
    if best is not None:
        yield f"best: {value_text(best)}, trial {best.number}: {configuration_text(best.config)}"
    if checkpoint is not None:
        yield f"checkpoint: {checkpoint}"
    if picture.state is StudyState.PAUSED:
        yield "everything is kept"
    yield from hints
