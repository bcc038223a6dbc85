"""What to try next, by a Gaussian process over all a study has shown. Shared by several searchers.

One question at a time: initial design, now and then a point of the Sobol sequence in case the
model is wrong, else the best-scoring new configuration. Trials under way, and those decided on a
moment ago, are beliefs of the model (Kriging believer).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, final

import numpy as np

from tunebook.records import Configuration, TrialNumber
from tunebook.search.arrays import Array
from tunebook.search.candidates import N_CENTRES, AcquisitionName, Score, ranked
from tunebook.search.coordinates import Coordinates, draw_candidates
from tunebook.search.fitting import Chain, chosen
from tunebook.search.geometry import Geometry
from tunebook.search.models.gaussian_process import GaussianProcess, NotPositiveDefiniteError, Theta
from tunebook.search.observations import Scaling, observed, standardised
from tunebook.search.priors import sobol_share
from tunebook.search.protocol import History, Randomness, Start
from tunebook.search.random import draw
from tunebook.search.sequences import designed
from tunebook.search.transfer import N_INITIAL, Memory, Model, PastMean, WarmProcess, weight
from tunebook.search.tried import Tried

if TYPE_CHECKING:
    from numpy.random import Generator

BRANCH_SHARE = 0.15
"""The share of trials in branches of a conditional space other than that of the best."""

MAX_REFUSED = 400
"""So many of the best candidates may be taken or forbidden before a random draw is made."""

_PURPOSE = 1


@final
@dataclass(frozen=True, slots=True)
class Settings:
    """How many initial trials, by which design, and what the model looks for."""

    initial: int
    is_design_random: bool = False
    acquisition: AcquisitionName = "lcb"


@final
class Proposals:
    """Proposes configurations. Holds caches only: a new instance answers the same."""

    def __init__(self) -> None:
        self._tried = Tried()
        self._chain = Chain()
        self._geometry: Geometry | None = None
        self._memory = Memory()

    def starts(
        self, history: History, slots: int, rng: Randomness, settings: Settings
    ) -> list[Start]:
        """Return up to ``slots`` trials to start; fewer only when a finite space is exhausted."""
        if slots <= 0:
            return []
        geometry = self._geometry
        if geometry is None or geometry.space != history.space:
            geometry = self._geometry = Geometry(history.space)
        past = self._memory.of(geometry.coordinates, history.past)
        knowledge = _learn(history, geometry, self._chain, past)
        asking = _Asking(
            history=history,
            rng=rng,
            settings=settings,
            geometry=geometry,
            knowledge=knowledge,
            tried=self._tried.of(history.trials),
            n_own=len(history.own),
            past=past,
        )
        found: list[Start] = []
        for number in range(history.next_number, history.next_number + slots):
            start = asking.next(TrialNumber(number))
            if start is None:
                break
            found.append(start)
        return found


@final
@dataclass(frozen=True, slots=True)
class _Knowledge:
    """The model of what ended, the units of what is under way, and how far the model is trusted."""

    process: Model
    units: Array
    scaling: Scaling
    pending: Array
    sobol_share: float
    prior_weight: float


def _learn(
    history: History, geometry: Geometry, chain: Chain, past: PastMean | None
) -> _Knowledge | None:
    """Return the model, or None while there is nothing to learn from."""
    ended = observed(history.trials, history.objective)
    rows = [geometry.units_of(o.trial.number, o.trial.config) for o in ended]
    known = [(row, o.value) for row, o in zip(rows, ended, strict=True) if row is not None]
    values = np.array([math.nan if value is None else value for _, value in known], dtype=float)
    if not np.isfinite(values).any():
        return None
    coordinates = geometry.coordinates
    units = np.array([row for row, _ in known]).reshape(len(known), coordinates.n_dimensions)
    points = coordinates.expand(units)
    z, scaling = standardised(values)
    try:
        unexplained = None if past is None else past.unexplained
        theta = chain.theta(coordinates.kernel, points, values, unexplained)
        kept = chosen(points, z)
        process = _process(coordinates, points[kept], z[kept], theta, past)
        share = sobol_share(process.values, *process.leave_one_out())
    except NotPositiveDefiniteError:
        return None
    under_way = (t for t in history.trials if not t.state.is_final)
    waiting = [geometry.units_of(t.number, t.config) for t in under_way]
    pending = [row for row in waiting if row is not None]
    return _Knowledge(
        process=process,
        units=units[kept],
        scaling=scaling,
        pending=np.array(pending).reshape(len(pending), coordinates.n_dimensions),
        sobol_share=share,
        prior_weight=geometry.priors.weight(units, z),
    )


def _process(
    coordinates: Coordinates, points: Array, z: Array, theta: Theta, past: PastMean | None
) -> Model:
    """Return the model of the trials, which with a past explains what that does not."""
    if past is None:
        return GaussianProcess(coordinates.kernel, points, z, theta)
    left = GaussianProcess(coordinates.kernel, points, past.unexplained(points, z), theta)
    return WarmProcess(left, past, weight(past.of(points), z))


def _elsewhere(
    candidates: Array, best: Array, coordinates: Coordinates, stream: Generator
) -> Array:
    """Return the candidates in other branches than the best trial's, all if there are none.

    Once a branch is explored, what is left to learn in it can seem more than all of another.
    """
    place = coordinates.branching[int(stream.integers(len(coordinates.branching)))]
    is_other = np.abs(candidates[:, place] - best[place]) > 1e-9
    return candidates[is_other] if is_other.any() else candidates


@final
@dataclass(slots=True)
class _Asking:
    """One call of a searcher: several questions to the same knowledge."""

    history: History
    rng: Randomness
    settings: Settings
    geometry: Geometry
    knowledge: _Knowledge | None
    tried: set[Configuration]
    n_own: int
    past: PastMean | None = None
    decided: set[Configuration] = field(default_factory=set)
    decided_units: list[Array] = field(default_factory=list)

    def next(self, number: TrialNumber) -> Start | None:
        """Return what trial ``number`` should be, None if nothing new is left."""
        start = self._wanted(number)
        if start is None:
            config = draw(self.history, self.rng.of_trial(number), self.tried | self.decided)
            start = None if config is None else Start(config, why="a random draw")
        if start is not None:
            self.n_own += 1
            self.decided.add(start.config)
            self.decided_units.append(self.geometry.coordinates.encode([start.config])[0])
        return start

    def _wanted(self, number: TrialNumber) -> Start | None:
        initial = self.settings.initial
        if self.past is not None:
            initial = min(initial, N_INITIAL)
            if self.n_own == 0:
                return self._remembered(self.past, number)
        if self.n_own < initial:
            return self._designed(f"initial trial {self.n_own + 1} of {initial}")
        if self.knowledge is None:
            return self._designed("a spread-out trial: nothing to learn from yet")
        stream = self.rng.of_trial(number, _PURPOSE)
        if stream.random() < self.knowledge.sobol_share:
            return self._designed("a spread-out trial, in case the model is wrong")
        return self._proposed(self.knowledge, stream)

    def _remembered(self, past: PastMean, number: TrialNumber) -> Start | None:
        """Return the new configuration of which the past expects most."""
        for units in past.expected_best(self.rng.of_trial(number, _PURPOSE)):
            config = self.history.space.decode(units)
            if self._is_new(config):
                return Start(config, why="what the studies it starts from expect most of")
        return None

    def _designed(self, why: str) -> Start | None:
        """Return a spread-out trial: the default first, then the Sobol sequence."""
        if self.settings.is_design_random:
            return None
        config = designed(self.history, self.rng, self.n_own)
        return Start(config, why=why) if self._is_new(config) else None

    def _proposed(self, knowledge: _Knowledge, stream: Generator) -> Start | None:
        """Return the best-scoring configuration that is new and allowed."""
        coordinates, table = self.geometry.coordinates, self.geometry.table
        beliefs = np.vstack([knowledge.pending, *self.decided_units])
        process = knowledge.process.believing(coordinates.expand(beliefs))
        levels = process.observed_means()
        score = Score(
            process=process,
            coordinates=coordinates,
            acquisition=self.settings.acquisition,
            best=float(levels.min()),
            priors=self.geometry.priors,
            prior_weight=knowledge.prior_weight,
        )
        centres = knowledge.units[np.argsort(levels, kind="stable")[:N_CENTRES]]
        candidates = draw_candidates(coordinates, centres, stream) if table is None else table
        if coordinates.branching and stream.random() < BRANCH_SHARE:
            candidates = _elsewhere(candidates, centres[0], coordinates, stream)
        for units in islice(ranked(score, candidates, is_climbing=table is None), MAX_REFUSED):
            config = self.history.space.decode(units)
            if self._is_new(config):
                return Start(config, why=self._expectation(knowledge, units))
        return None

    def _expectation(self, knowledge: _Knowledge, units: Array) -> str:
        """Say what the model expects, in the units of the metric."""
        objective, scaling = self.history.objective, knowledge.scaling
        row = self.geometry.coordinates.expand(units[None, :])
        mean, deviation = knowledge.process.predict(row)
        expected = objective.sign * scaling.raw(float(mean[0]))
        spread = scaling.spread * float(deviation[0])
        return f"the model expects {objective.metric} {expected:.4g} ± {spread:.2g}"

    def _is_new(self, config: Configuration) -> bool:
        is_taken = config in self.tried or config in self.decided
        return not is_taken and self.history.space.satisfies(config, self.history.max_steps)
