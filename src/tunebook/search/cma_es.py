"""CMA-ES: a normal distribution that learns the shape of the valley it descends (S0.17).

The platform's HAZero. The strategy itself is the library ``cmaes``; here it is replayed from the
history, generation by generation, so that a study put down and taken up decides alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from cmaes import CMA

from tunebook.errors import ConfigurationError, SearchError
from tunebook.records import Configuration, Trial, TrialState
from tunebook.search.arrays import Array
from tunebook.search.cube import allowed_point, only_configuration, point_of, require_order
from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness, Resume, Start
from tunebook.search.rungs import UNDER_WAY

MIN_SPREAD = 1e-3
"""A generation that spans less of [-1, 1] on every axis has converged: no metric shows it."""

_SEED, _DRAW, _RESTART = 31, 32, 33

Told = tuple[tuple[Configuration, float | None], ...]
"""What a generation's trials were trained with, and what they came to, to be minimised."""


@final
@dataclass(frozen=True, slots=True)
class CmaEs:
    """Adapts a normal distribution to where good configurations lie. For numbers only."""

    name = "cma-es"
    # A generation is looked at when all its trials have ended.
    watches_running = False

    population: int | None = option(
        None, "trials per generation; none: 4 + 3 ln d", low=4, high=200, is_optional=True
    )
    sigma: float = option(
        0.2, "the first standard deviation, as a share of half of each range", low=0.01, high=1.0
    )
    _replays: list[_Replay] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_options(self)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start the next generation; ``SearchError``: unordered choices, fewer than 2 numbers."""
        require_order(history.space, self.name)
        n_dimensions = len(history.space.dimensions)
        if not n_dimensions:
            return only_configuration(history)[:slots]
        if n_dimensions == 1:
            raise SearchError(
                "CMA-ES learns how parameters go together, and there is only one",
                got=history.space.dimensions[0],
                expected="two parameters or more",
                do="Search with 'bayes' or 'grid'",
            )
        own, first, told = history.own, 0, list[Told]()
        replay = self._replay_of(history, rng)
        while True:
            configs = replay.generation(len(told))
            members = own[first : first + len(configs)]
            n_missing = len(configs) - len(members)
            if n_missing:
                why = f"generation {len(told) + 1} of {len(configs)} trials"
                return [Start(config, why=why) for config in configs[-n_missing:][:slots]]
            paused = [t for t in members if t.state is TrialState.PAUSED]
            if paused:
                return [Resume(t.number, None, "trained to its end") for t in paused[:slots]]
            if any(t.state in UNDER_WAY for t in members):
                return []
            told.append(tuple(_outcome(t, history) for t in members))
            first += len(configs)
            if not replay.tell(told):
                self._replays.clear()
                replay = self._replay_of(history, rng)
                for n in range(1, len(told) + 1):
                    replay.tell(told[:n])

    def _replay_of(self, history: History, rng: Randomness) -> _Replay:
        if not self._replays or not self._replays[0].is_of(history, rng):
            self._replays[:] = [_Replay(history, rng, self.population, self.sigma)]
        return self._replays[0]


@final
class _Replay:
    """The strategy as far as it was told, and the generations it asked for. Only a cache."""

    def __init__(
        self, history: History, rng: Randomness, population: int | None, sigma: float
    ) -> None:
        self._history = history
        self._rng = rng
        self._sigma = sigma
        self._told: list[Told] = []
        self._asked: list[list[tuple[Array, Configuration]]] = []
        start = point_of(history.space.default(history.max_steps), history.space)
        self._strategy = self._begin(start, population)
        self._ask()

    def is_of(self, history: History, rng: Randomness) -> bool:
        """Whether the replay is of a study's space and seed."""
        known = self._history
        is_same = known.max_steps == history.max_steps and self._rng == rng
        return is_same and known.space == history.space

    def generation(self, index: int) -> list[Configuration]:
        """Return a generation whose predecessors were told."""
        return [config for _, config in self._asked[index]]

    def tell(self, told: Sequence[Told]) -> bool:
        """Take in the last of ``told``; False if something else was told in its place before."""
        n = len(told)
        if n <= len(self._told):
            return self._told[n - 1] == told[-1]
        self._told.append(told[-1])
        values = _values([value for _, value in told[-1]])
        solutions = [
            (point if config == asked else self._point_of(config, point), value)
            for (point, asked), (config, _), value in zip(
                self._asked[-1], told[-1], values, strict=True
            )
        ]
        self._strategy.tell(solutions)
        spread = np.ptp([point for point, _ in self._asked[-1]], axis=0).max()
        if spread < MIN_SPREAD or self._strategy.should_stop():
            # Converged: search anew from elsewhere, with twice the trials (IPOP).
            stream = self._rng.of_trial(len(self._told), _RESTART)
            start = stream.uniform(-1.0, 1.0, self._strategy.dim)
            self._strategy = self._begin(start, 2 * self._strategy.population_size)
        self._ask()
        return True

    def _begin(self, start: Array, population: int | None) -> CMA:
        stream = self._rng.of_trial(len(self._told), _SEED)
        bounds = np.tile([-1.0, 1.0], (len(start), 1))
        return CMA(
            mean=start,
            sigma=self._sigma,
            bounds=bounds,
            seed=int(stream.integers(2**32)),
            population_size=population,
        )

    def _ask(self) -> None:
        stream = self._rng.of_trial(len(self._told), _DRAW)
        self._asked.append(
            [
                allowed_point(self._strategy.ask, self._history, stream)
                for _ in range(self._strategy.population_size)
            ]
        )

    def _point_of(self, config: Configuration, asked: Array) -> Array:
        """Return where a configuration lies that a person put in the place of the one asked for."""
        try:
            return point_of(config, self._history.space)
        except ConfigurationError:
            return asked


def _outcome(trial: Trial, history: History) -> tuple[Configuration, float | None]:
    if trial.value is None or not trial.state.has_value:
        return trial.config, None
    return trial.config, history.objective.sign * trial.value


def _values(found: Sequence[float | None]) -> list[float]:
    """Return values to minimise; a trial without one counts as worse than all the others."""
    known = [value for value in found if value is not None and math.isfinite(value)]
    worst = max(known, default=0.0)
    # Half of a value near the largest double may be added to it, not the value itself.
    beyond = worst + max(1.0, 0.5 * abs(worst))
    return [v if v is not None and math.isfinite(v) else beyond for v in found]
