"""Evolution where weights cannot be handed over: only settings are (S0.19, "full trial").

Every copy is trained from the beginning. All values are final when they are compared, so the log
alone says which trials make up each generation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from tunebook.records import Configuration, Trial, TrialState
from tunebook.search.disturbance import disturbed
from tunebook.search.fresh import fresh_starts
from tunebook.search.lineage import changes
from tunebook.search.population import in_order
from tunebook.search.protocol import Decision, History, Randomness, Resume, Start
from tunebook.search.random import Random, draw
from tunebook.search.rungs import UNDER_WAY
from tunebook.search.tried import Tried

_COPY = 12
_TIES = 200
_MAX_TRIES = 50


@final
@dataclass(slots=True)
class Generations:
    """One question to a population whose members are whole trainings."""

    history: History
    own: Sequence[Trial]
    rng: Randomness
    n_members: int
    n_copies: int
    rounds: int
    explore_prob: float

    def decide(self, slots: int) -> Sequence[Decision]:
        """Return what to do with the free slots."""
        n_missing = self.n_members - len(self.own)
        if n_missing > 0:
            why = f"a first member of a population of {self.n_members}"
            return fresh_starts(Random(), self.history, min(slots, n_missing), self.rng, why=why)
        members, n_taken = list(self.own[: self.n_members]), self.n_members
        for index in range(self.rounds - 1):
            paused = [t for t in members if t.state is TrialState.PAUSED]
            if paused:
                why = "trained to its end before it is compared"
                return [Resume(t.number, None, why) for t in paused[:slots]]
            if any(t.state in UNDER_WAY for t in members):
                return []
            standing = self._ranked(members, index)
            n_valued = sum(t.value is not None for t in members)
            n_new = max(self.n_copies, len(members) - n_valued)
            new = self.own[n_taken : n_taken + n_new]
            if len(new) < n_new:
                best = standing[: min(n_valued, max(1, self.n_copies))]
                ordinals = range(n_taken + len(new), n_taken + n_new)
                return self._copies(best, ordinals, slots)
            members = [*standing[: len(members) - n_new], *new]
            n_taken += n_new
        return []

    def _copies(self, best: Sequence[Trial], ordinals: range, slots: int) -> list[Decision]:
        tried = set(Tried().of(self.history.trials))
        found: list[Decision] = []
        for ordinal in ordinals[:slots]:
            start = self._copy(best, ordinal, tried)
            if start is None:
                break
            tried.add(start.config)
            found.append(start)
        return found

    def _copy(self, best: Sequence[Trial], ordinal: int, tried: set[Configuration]) -> Start | None:
        stream = self.rng.of_trial(ordinal, _COPY)
        if best:
            parent = best[int(stream.random() * len(best))]
            for _ in range(_MAX_TRIES):
                config = disturbed(parent.config, self.history, stream, self.explore_prob)
                if config not in tried:
                    changed = changes(parent.config, config)
                    return Start(config, why=f"the settings of trial {parent.number}: {changed}")
        fresh = draw(self.history, stream, tried)
        return None if fresh is None else Start(fresh, why="a fresh member")

    def _ranked(self, members: Sequence[Trial], index: int) -> list[Trial]:
        """Return the best first; equals in random order, those without a value last."""
        sign = self.history.objective.sign
        values = [math.inf if t.value is None else sign * t.value for t in members]
        return in_order(members, values, self.rng, _TIES + index)
