"""The rounds of population based training, read off the log and carried on (S0.15).

A round is over when every member stands at its end. Then the worse are stopped and, before anybody
trains on, the next trials are cloned from the better; so the log tells who belongs to which round.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from tunebook.errors import SearchError
from tunebook.records import Objective, Trial, TrialState
from tunebook.search.disturbance import disturbed
from tunebook.search.fresh import fresh_starts
from tunebook.search.lineage import changes, first_step
from tunebook.search.protocol import Clone, Decision, History, Randomness, Resume, Stop
from tunebook.search.random import Random
from tunebook.search.rungs import UNDER_WAY

_COPY = 11
_TIES = 100
"""Purposes of streams: what a copy is made of; from here on, how ties of each round are broken."""


def n_replaced(population: int, ratio: float) -> int:
    """Return how many members copy others: ceil(n * ratio), but floor(n / 2) if that is more."""
    wanted = math.ceil(population * ratio - 1e-9)
    return population // 2 if wanted > population / 2 else wanted


def in_order(
    trials: Sequence[Trial], values: Sequence[float], rng: Randomness, purpose: int
) -> list[Trial]:
    """Return the trials by their values, the lowest first; equals in random order."""
    ties = [float(rng.of_trial(t.number, purpose).random()) for t in trials]
    valued = zip(values, ties, trials, strict=True)
    return [t for _, _, t in sorted(valued, key=lambda v: v[:2])]


@final
@dataclass(slots=True)
class Population:
    """One question to a population. ``ends`` are the last steps of its rounds (None: the end)."""

    history: History
    own: Sequence[Trial]
    rng: Randomness
    n_members: int
    n_copies: int
    ends: Sequence[int | None]
    explore_prob: float

    def decide(self, slots: int) -> Sequence[Decision]:
        """Return what to do with the free slots, and whom to stop."""
        self._require_tracked()
        n_missing = self.n_members - len(self.own)
        if n_missing > 0:
            why = f"a first member of a population of {self.n_members}"
            n_free, end = min(slots, n_missing), self.ends[0]
            source = Random()
            return fresh_starts(source, self.history, n_free, self.rng, until_step=end, why=why)
        members, n_taken = list(self.own[: self.n_members]), self.n_members
        for index, end in enumerate(self.ends):
            paused = [t for t in members if t.state is TrialState.PAUSED]
            behind = [t for t in paused if end is None or t.step < end]
            if behind:
                why = f"round {index + 1} of {len(self.ends)}"
                return [Resume(t.number, end, why) for t in behind[:slots]]
            is_busy = any(t.state in UNDER_WAY and not _has_left(t, end) for t in members)
            if is_busy or end is None:
                return []
            if index + 1 == len(self.ends):
                break
            turn = _Turn(self, index, end, members, n_taken=n_taken)
            stops, copies = turn.decisions()
            if stops or copies:
                found = [*stops, *copies[:slots]]
                n_free = slots - len(copies)
                return [*found, *turn.resumptions(n_free)] if n_free > 0 else found
            members, n_taken = turn.members_after()
        why = f"all {len(self.ends)} rounds are trained"
        return [Stop(t.number, why) for t in members if t.state is TrialState.PAUSED]

    def _require_tracked(self) -> None:
        """Raise ``SearchError`` if weights cannot be handed over."""
        if any(t.checkpoints for t in self.own):
            return
        first_end = self.ends[0]
        for trial in self.own:
            is_clone = trial.parent is not None and any(len(s) for s in trial.curves.values())
            if is_clone and first_end is not None and first_step(trial) <= first_end:
                raise _untracked(
                    f"trial {trial.number} was to go on from trial {trial.parent}, and began at "
                    f"step {first_step(trial)}"
                )
        paused = [t for t in self.own if t.state is TrialState.PAUSED]
        # Workers may still be about to save; more trials than those are sure to have no checkpoint.
        if len(paused) > self.history.workers:
            raise _untracked(f"{len(paused)} trials are paused, none of them with a checkpoint")


@final
class _Turn:
    """The moment between two rounds, whenever it is looked at: during it or long after."""

    def __init__(
        self, population: Population, index: int, end: int, members: list[Trial], *, n_taken: int
    ) -> None:
        self._population = population
        self._index = index
        self._end = end
        self._next_end = population.ends[index + 1]
        self._n_taken = n_taken
        self._gone = [t for t in members if _is_gone(t, end)]
        self._left = [t for t in members if not _is_gone(t, end)]
        ready = [t for t in self._left if t.state is TrialState.PAUSED and not _has_left(t, end)]
        self._ready = self._ranked(ready)
        self._n_compared = len(ready) + sum(t.step >= end for t in self._gone)

    def decisions(self) -> tuple[list[Stop], list[Decision]]:
        """Return whom to stop, and the copies that are still to be made, in their order."""
        population, history = self._population, self._population.history
        if history.trials_left == 0:
            return [], []
        stops = self._stops()
        n_made = len(self._copies_made())
        n_missing = len(self._gone) - n_made
        if not n_missing:
            return stops, []
        if not self._left:
            why = "nobody is left to copy: a fresh member, trained up to the others' step"
            fresh = fresh_starts(
                Random(), history, n_missing, population.rng, until_step=self._next_end, why=why
            )
            return stops, list(fresh)
        if not self._ready:
            return stops, []
        first = self._n_taken + n_made
        return stops, [self._copy(first + i) for i in range(n_missing)]

    def resumptions(self, slots: int) -> list[Resume]:
        """Let members that stay train on, once no copy of them is outstanding."""
        why = f"round {self._index + 2} of {len(self._population.ends)}"
        return [Resume(t.number, self._next_end, why) for t in self._ready[:slots]]

    def members_after(self) -> tuple[list[Trial], int]:
        """Return the members of the next round, and how many trials were members so far."""
        made = self._copies_made()
        return [*self._left, *made], self._n_taken + len(made)

    def _copies_made(self) -> Sequence[Trial]:
        return self._population.own[self._n_taken : self._n_taken + len(self._gone)]

    def _stops(self) -> list[Stop]:
        """Stop the worst, unless that was done before."""
        population = self._population
        has_begun = len(population.own) > self._n_taken
        if has_begun or any(_has_left(t, self._end) for t in self._left):
            return []
        wanted = population.n_copies
        if population.history.trials_left is not None:
            wanted = min(wanted, population.history.trials_left)
        n_stops = max(0, min(wanted - len(self._gone), len(self._ready) - 1))
        losers = self._ready[len(self._ready) - n_stops :]
        self._ready = self._ready[: len(self._ready) - n_stops]
        self._gone += losers
        self._left = [t for t in self._left if t not in losers]
        first = len(self._ready)
        return [
            Stop(t.number, f"{self._place(first + i)}: a copy of a better member takes its place")
            for i, t in enumerate(losers)
        ]

    def _copy(self, ordinal: int) -> Clone:
        population = self._population
        best = self._ready[: max(1, population.n_copies)]
        # A worker that still holds a trial may not have saved it yet.
        saved = [t for t in best if t.checkpoint is not None and t.checkpoint.step == t.step]
        parents = saved or best
        stream = population.rng.of_trial(ordinal, _COPY)
        parent = parents[int(stream.random() * len(parents))]
        config = disturbed(parent.config, population.history, stream, population.explore_prob)
        place = self._place(self._ready.index(parent))
        changed = changes(parent.config, config) or "nothing changed"
        why = f"copies trial {parent.number}, {place}: {changed}"
        return Clone(parent.number, config, self._next_end, why)

    def _place(self, place: int) -> str:
        return f"place {place + 1} of {self._n_compared} at step {self._end}"

    def _ranked(self, trials: Sequence[Trial]) -> list[Trial]:
        """Return the best first, by the last measurement; equals in random order."""
        objective = self._population.history.objective
        values = [_latest(t, objective, self._end) for t in trials]
        return in_order(trials, values, self._population.rng, _TIES + self._index)


def _latest(trial: Trial, objective: Objective, step: int) -> float:
    """Return the last value (not the best) up to ``step``, to be minimised; infinity if none."""
    series = trial.curves.get(objective.metric)
    n = bisect_right(series.steps, step) if series is not None else 0
    if series is None or n == 0 or not math.isfinite(series.values[n - 1]):
        return math.inf
    return objective.sign * series.values[n - 1]


def _has_left(trial: Trial, end: int | None) -> bool:
    """Whether a trial was let beyond ``end``: its turn there is past."""
    return end is not None and (trial.until_step is None or trial.until_step > end)


def _is_gone(trial: Trial, end: int) -> bool:
    """Whether a trial's membership ended with the round that ended at ``end``."""
    is_over = trial.state.is_final and trial.state is not TrialState.DONE
    return is_over and not _has_left(trial, end)


def _untracked(what: str) -> SearchError:
    return SearchError(
        f"Evolution hands weights from trial to trial, but {what}",
        expected="a training function that tracks its state",
        do="Call trial.track(net=net, optimizer=optimizer) before trial.steps(), or search with "
        "'bayes' or 'asha'",
    )
