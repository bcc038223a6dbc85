"""Hyperband: successive halving in brackets, from many short trainings to few full ones (S4.33).

Brackets are filled with the study's trials in their order and come round again. Each rung waits
for its last trial; meanwhile free workers begin the next bracket.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from typing import Literal, NamedTuple, final

from tunebook.records import Objective, Trial, TrialState
from tunebook.search.fresh import STARTS, Sources, fresh_starts
from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness, Resume, Start
from tunebook.search.rungs import UNDER_WAY, ranked, stops_at_rungs, value_by


class Rung(NamedTuple):
    """So many trials are trained up to a step."""

    n_trials: int
    step: int


def brackets(max_steps: int, eta: int = 3, min_steps: int = 1) -> list[list[Rung]]:
    """Return Hyperband's brackets, the one with the shortest trainings first.

    Bracket s begins with n = ceil((s_max + 1) / (s + 1) * eta^s) trials of r = R * eta^-s steps
    (rounded); of each rung the best floor(n / eta) go on. R = 81, eta = 3: (81, 1), (34, 3),
    (15, 9), (8, 27), (5, 81).
    """
    s_max = 0
    while min_steps * eta ** (s_max + 1) <= max_steps:
        s_max += 1
    found = []
    for s in range(s_max, -1, -1):
        n = -(-(s_max + 1) * eta**s // (s + 1))
        steps = [max(1, round(max_steps / eta ** (s - i))) for i in range(s + 1)]
        found.append([Rung(max(1, n // eta**i), step) for i, step in enumerate(steps)])
    return found


@final
@dataclass(frozen=True, slots=True)
class Hyperband:
    """Hedges between many short trainings and few long ones."""

    name = "hyperband"
    # Trials that cannot pause are stopped at their rungs.
    watches_running = True

    start: Literal["random", "halton"] = option(
        "random", "where new configurations come from", choices=STARTS
    )
    _sources: Sources = field(default_factory=Sources, init=False, repr=False, compare=False)
    eta: int = option(3, "of the trials at a rung the best 1/eta go on", low=2, high=10)
    min_steps: int = option(1, "steps of the shortest training", low=1, high=1_000_000)

    def __post_init__(self) -> None:
        check_options(self)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Promote in every bracket whose rung is complete; begin trials with the rest."""
        if history.max_steps is None:
            why = "trained to its end: without max_steps there are no rungs"
            return fresh_starts(self._sources[self.start], history, slots, rng, why=why)
        plan = brackets(history.max_steps, self.eta, self.min_steps)
        own = history.own
        cut = _cut(own, plan)
        if not history.can_pause:
            objective, eta = history.objective, self.eta
            stops = [
                stop
                for members, rungs in zip(cut, cycle(plan), strict=False)
                for stop in stops_at_rungs(
                    members, [rung.step for rung in rungs], objective=objective, eta=eta
                )
            ]
            return [*stops, *fresh_starts(self._sources[self.start], history, slots, rng)]
        if slots <= 0:
            return []
        found: list[Decision] = []
        for members, rungs in zip(cut, cycle(plan), strict=False):
            is_full = len(members) == rungs[0].n_trials or history.trials_left == 0
            if is_full and not all(trial.state.is_final for trial in members):
                found += _promotions(members, rungs, history.objective)
        found = found[:slots]
        return [*found, *self._begin(history, cut, plan, slots - len(found), rng)]

    def _begin(
        self,
        history: History,
        cut: Sequence[Sequence[Trial]],
        plan: Sequence[Sequence[Rung]],
        slots: int,
        rng: Randomness,
    ) -> list[Decision]:
        """Start trials, each up to the first rung of the bracket whose turn it is."""
        fresh = fresh_starts(self._sources[self.start], history, slots, rng)
        index, n_members = len(cut) - 1, len(cut[-1]) if cut else 0
        found: list[Decision] = []
        for start in fresh:
            if index < 0 or n_members == plan[index % len(plan)][0].n_trials:
                index, n_members = index + 1, 0
            n_members += 1
            place = index % len(plan)
            n, step = plan[place][0]
            why = f"trial {n_members} of {n} that bracket {place + 1} trains up to step {step}"
            until = None if len(plan[place]) == 1 else step
            found.append(Start(start.config, until, why))
        return found


def _cut(own: Sequence[Trial], plan: Sequence[Sequence[Rung]]) -> list[list[Trial]]:
    """Return the trials of each bracket begun so far; only the last may be incomplete."""
    found: list[list[Trial]] = []
    first = 0
    while first < len(own):
        n = plan[len(found) % len(plan)][0].n_trials
        found.append(list(own[first : first + n]))
        first += n
    return found


def _promotions(
    members: Sequence[Trial], rungs: Sequence[Rung], objective: Objective
) -> list[Resume]:
    """Return whom a bracket continues now: the best of the lowest rung that still has some to."""
    for (_, step), (n_next, next_step) in pairwise(rungs):
        if any(t.state in UNDER_WAY and not _was_continued(t, step) for t in members):
            return []
        # A bracket that the budget cut short promotes fewer.
        n_next = min(n_next, max(1, n_next * len(members) // rungs[0].n_trials))
        able = [t for t in members if _was_continued(t, step) or t.state is TrialState.PAUSED]
        standing = [t for t in ranked(able, objective, step) if t.step >= step]
        leaders = [t for t in standing if value_by(t, objective, step) < math.inf][:n_next]
        waiting = [(i, t) for i, t in enumerate(leaders) if not _was_continued(t, step)]
        if waiting:
            until = None if next_step == rungs[-1].step else next_step
            why = f"of {len(members)} trials in its bracket, at step {step}"
            return [Resume(t.number, until, f"place {i + 1} {why}") for i, t in waiting]
    return []


def _was_continued(trial: Trial, step: int) -> bool:
    return trial.until_step is None or trial.until_step > step
