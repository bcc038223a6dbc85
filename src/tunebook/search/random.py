"""Random search (S0.13): every trial draws its configuration on its own.

The configuration of trial n depends on the seed and n alone, so a study draws the same list
whatever its parallelism. Only in finite spaces are configurations that were tried before drawn
again, from the same stream, and the set of those before n is the same in every order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from tunebook.records import Configuration
from tunebook.search.protocol import Decision, History, Randomness, Start
from tunebook.search.tried import Tried

if TYPE_CHECKING:
    from numpy.random import Generator

MAX_REDRAWS = 200
"""So often a configuration that was tried is drawn again before those left are listed."""

MAX_LISTED = 100_000
"""The largest space whose untried configurations are listed when drawing does not find one."""


def hit_probability(n_trials: int, share: float) -> float:
    """Return 1 - (1 - share)^n: 59 trials hit the best 5 % with a chance of 95 % (S0.13)."""
    return float(1.0 - (1.0 - share) ** n_trials)


@final
@dataclass(frozen=True, slots=True)
class Random:
    """Draws every parameter independently. No options."""

    name = "random"
    watches_running = False

    _tried: Tried = field(default_factory=Tried, init=False, repr=False, compare=False)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start a fresh draw in every free slot; nothing when a finite space is exhausted."""
        is_finite = history.space.size() is not None
        tried = set(self._tried.of(history.trials)) if is_finite else set()
        decisions: list[Decision] = []
        for number in range(history.next_number, history.next_number + slots):
            config = draw(history, rng.of_trial(number), tried)
            if config is None:
                break
            if is_finite:
                tried.add(config)
            decisions.append(Start(config, why="a random draw"))
        return decisions


def draw(
    history: History, stream: Generator, tried: Collection[Configuration]
) -> Configuration | None:
    """Return a configuration from a trial's stream that is not in ``tried``, None if there is none.

    In a space too large to list that is almost used up, a tried one may be returned again.
    """
    space, max_steps = history.space, history.max_steps
    for _ in range(MAX_REDRAWS):
        config = space.sample(stream, max_steps)
        if config not in tried:
            return config
    size = space.size()
    if size is None or size > MAX_LISTED:
        return config
    left = [c for c in space.grid(max_steps=max_steps) if c not in tried]
    return left[int(stream.integers(len(left)))] if left else None
