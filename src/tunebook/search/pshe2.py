"""PSHE2: a swarm drawn to personal and common bests, with momentum and noise (S0.16).

The platform's evolutionary search of whole trainings. Its published code had three defects that
are not here: members shared one momentum, a crash counted as metric 0 and so beat every negative
one, and learning rates were searched on a linear scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from tunebook.records import Configuration, Trial, TrialState
from tunebook.search.arrays import Array
from tunebook.search.cube import allowed_point, only_configuration, point_of, require_order
from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness, Resume, Start
from tunebook.search.rungs import UNDER_WAY

if TYPE_CHECKING:
    from numpy.random import Generator

ALPHA = 0.5
"""How strongly bests pull, and how far momentum carries (S0.16)."""

EPSILON = 0.2
"""The size of the noise (S0.16)."""

_PURPOSE = 21


@final
@dataclass(frozen=True, slots=True)
class Pshe2:
    """Moves a swarm of configurations towards the best ones found, round by round."""

    name = "pshe2"
    # A round is looked at when all its trials have ended.
    watches_running = False

    population: int = option(5, "members, all of them trained in every round", low=1, high=100)
    rounds: int = option(
        10, "rounds; the search is over after population * rounds", low=1, high=200
    )

    def __post_init__(self) -> None:
        check_options(self)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start a round once the last has ended; ``SearchError`` for choices without an order."""
        require_order(history.space, self.name)
        if not history.space.dimensions:
            return only_configuration(history)[:slots]
        own = history.own
        for index, configs in enumerate(self._rounds(history, own, rng)):
            first = index * self.population
            members = own[first : first + self.population]
            if len(members) < self.population:
                at = f"of {self.population} in round {index + 1} of {self.rounds}"
                return [
                    Start(config, why=f"member {i + 1} {at}")
                    for i, config in enumerate(configs)
                    if len(members) <= i < len(members) + slots
                ]
            paused = [t for t in members if t.state is TrialState.PAUSED]
            if paused:
                return [Resume(t.number, None, "trained to its end") for t in paused[:slots]]
            if any(t.state in UNDER_WAY for t in members):
                return []
        return []

    def _rounds(
        self, history: History, own: Sequence[Trial], rng: Randomness
    ) -> Iterator[Sequence[Configuration]]:
        """Yield each round's configurations; after each, its trials must have ended."""
        streams = (rng.of_trial(ordinal, _PURPOSE) for ordinal in range(self.population))
        swarm = [_Member(history, stream) for stream in streams]
        yield [member.config for member in swarm]
        best: tuple[float, Array] | None = None
        for index in range(1, self.rounds):
            first = (index - 1) * self.population
            for member, trial in zip(swarm, own[first : first + self.population], strict=True):
                found = member.learn(trial, history)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
            for i, member in enumerate(swarm):
                stream = rng.of_trial(index * self.population + i, _PURPOSE)
                member.move(index, best, history, stream)
            yield [member.config for member in swarm]


@final
class _Member:
    """One of the swarm: where it is, how it moves, and the best it has found."""

    def __init__(self, history: History, stream: Generator) -> None:
        centre = point_of(history.space.default(history.max_steps), history.space)
        self._point, self.config = _near(centre, 1.0, history, stream)
        self._momentum = np.zeros_like(self._point)
        self._best: tuple[float, Array] | None = None

    def learn(self, trial: Trial, history: History) -> tuple[float, Array] | None:
        """Take note of what the member's trial came to; return (value, point), None if nothing."""
        if trial.value is None or not trial.state.has_value:
            return None
        found = (history.objective.sign * trial.value, self._point)
        if self._best is None or found[0] < self._best[0]:
            self._best = found
        return found

    def move(
        self, index: int, best: tuple[float, Array] | None, history: History, stream: Generator
    ) -> None:
        """Go to where the member is in the round after round ``index``."""
        own_pull = 0.0 if self._best is None else self._point - self._best[1]
        common_pull = 0.0 if best is None else self._point - best[1]
        kept = 1.0 - 3.0 * ALPHA / index
        self._momentum = kept * self._momentum - ALPHA * own_pull - ALPHA * common_pull
        centre = np.clip(self._point + ALPHA * self._momentum, -1.0, 1.0)
        self._point, self.config = _near(centre, EPSILON, history, stream)


def _near(
    centre: Array, size: float, history: History, stream: Generator
) -> tuple[Array, Configuration]:
    """Return an allowed point, on each axis up to ``size`` of the way to either side, at random."""

    def propose() -> Array:
        u = size * stream.uniform(-1.0, 1.0, len(centre))
        return np.where(u >= 0.0, centre + u * (1.0 - centre), centre + u * (centre + 1.0))

    return allowed_point(propose, history, stream)
