"""The contest for a free worker: paused trials against new configurations, scored by one rule.

Holds what one call of a searcher knows and has decided so far; every decision becomes a belief of
the model, so that the next one is not the same again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

import numpy as np
from scipy.special import ndtr

from tunebook.records import Configuration, Trial, TrialState
from tunebook.search.arrays import Array
from tunebook.search.coordinates import draw_candidates
from tunebook.search.curve_learning import CurveKnowledge
from tunebook.search.curves import Curve
from tunebook.search.geometry import Geometry
from tunebook.search.models.curve_process import CurvePoints
from tunebook.search.portfolio import MANY_WORKERS, Aim, Rule, level_to_beat, scores
from tunebook.search.protocol import History, Randomness, Resume, Start
from tunebook.search.random import draw
from tunebook.search.sequences import designed
from tunebook.search.slices import Slices
from tunebook.search.transfer import PastMean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

N_UNIFORM = N_LOCAL = 150
N_CENTRES = 5

N_REMEMBERED = 6
"""Of so many trials every other one is where older studies expect most."""

WHOLE_FROM = 0.4
"""From this share of the budget on few workers train new trials to their ends, not in slices."""


@final
@dataclass(slots=True)
class Contest:
    """One call of a searcher: several questions to the same knowledge, None while there is none."""

    history: History
    rng: Randomness
    stream: Generator
    geometry: Geometry
    slices: Slices
    knowledge: CurveKnowledge | None
    tried: set[Configuration]
    n_own: int
    past: PastMean | None = None
    n_started: int = 0
    taken: set[int] = field(default_factory=set)
    decided: set[Configuration] = field(default_factory=set)

    @property
    def may_start(self) -> bool:
        """Whether the budget allows another trial."""
        left = self.history.trials_left
        return left is None or left > self.n_started

    @property
    def _is_late(self) -> bool:
        """Whether new trials are trained out at once: so late the ends of curves teach most."""
        is_few = self.history.workers < MANY_WORKERS
        return is_few and self.history.budget_used >= WHOLE_FROM

    def paused(self) -> list[tuple[int, Curve]]:
        """Return the trials that could go on, with their rows in the model."""
        if self.knowledge is None:
            return []
        return [
            (i, curve)
            for i, curve in enumerate(self.knowledge.data.curves)
            if curve.trial.state is TrialState.PAUSED
            and curve.trial.number not in self.taken
            and curve.trial.step < self.slices.n_steps
        ]

    def chances(self, knowledge: CurveKnowledge, rows: Sequence[int]) -> Array:
        """Return the probability of each row's trial to beat the best when it is trained out."""
        process = knowledge.process
        mean, deviation = process.predict(knowledge.at_end(rows))
        return np.asarray(ndtr((level_to_beat(process) - mean) / deviation))

    def winner(self, knowledge: CurveKnowledge) -> Start | Resume | None:
        """Return the resume or start that a randomly drawn rule scores highest."""
        paused = self.paused()
        aim = Aim.draw(self.stream, self.slices.n_steps, self.history.workers)
        fresh = self._candidates(knowledge)
        score = self._scores(knowledge, aim, paused, fresh)
        for place in np.argsort(-score, kind="stable"):
            if place < len(paused):
                row, curve = paused[place]
                expected = self._expected(knowledge, knowledge.at_end([row]))
                why = f"the most worth continuing after step {curve.trial.step}: {expected}"
                return self.resume(curve.trial, self.slices.after(curve.trial.step), why)
            units = fresh[place - len(paused)]
            config = self.history.space.decode(units)
            if self._is_new(config):
                expected = self._expected(knowledge, knowledge.at_end_of(self._row_of(units)))
                why = f"worth more than continuing another: {expected}"
                return self.start(config, why, is_whole=self._is_late)
        return None

    def best_gain(self, knowledge: CurveKnowledge) -> float:
        """Return the log of the expected gain of the best new configuration, trained out."""
        fresh = self._candidates(knowledge)
        if not len(fresh):
            return -np.inf
        score = self._scores(knowledge, Aim(Rule.GAIN, 0.0, 0.0), (), fresh)
        return float(score.max())

    def _scores(
        self, knowledge: CurveKnowledge, aim: Aim, paused: Sequence[tuple[int, Curve]], fresh: Array
    ) -> Array:
        """Return the scores of the paused trials, then of the new configurations."""
        process = knowledge.process
        known = process.points.trials
        steps = np.r_[[float(curve.trial.step) for _, curve in paused], np.zeros(len(fresh))]
        ahead = steps + aim.horizon if aim.rule is Rule.CHANCE else np.full(len(steps), np.inf)
        at = CurvePoints(
            np.vstack([known, self.geometry.coordinates.expand(fresh)]),
            np.r_[[i for i, _ in paused], len(known) + np.arange(len(fresh))].astype(np.intp),
            np.maximum(np.minimum(ahead, self.slices.n_steps) / self.slices.unit, 1.0),
            process.points.n_steps,
        )
        score = scores(process, aim, at, level_to_beat(process))
        if knowledge.prior_weight:
            units = np.vstack([*(curve.units for _, curve in paused), fresh])
            score = score + knowledge.prior_weight * self.geometry.priors.log_density(units)
        return score

    def _candidates(self, knowledge: CurveKnowledge) -> Array:
        """Return units of new configurations: anywhere, and near the most promising trials."""
        coordinates = self.geometry.coordinates
        if not self.may_start:
            return np.empty((0, coordinates.n_dimensions))
        if self.geometry.table is not None:
            return self.geometry.table
        curves = knowledge.data.curves
        mean = knowledge.process.means(knowledge.at_end(range(len(curves))))
        centres = [curves[i].units for i in np.argsort(mean, kind="stable")[:N_CENTRES]]
        return draw_candidates(
            coordinates, np.array(centres), self.stream, n_uniform=N_UNIFORM, n_local=N_LOCAL
        )

    def designed(self) -> Configuration | None:
        """Return a spread-out configuration: the default first, then the Sobol sequence.

        With a past every other of the first is what it expects most of, from the second on: the
        first is trained to its end, which would be dear if the past misled.
        """
        if self.past is not None and self.n_own % 2 == 1 and self.n_own < N_REMEMBERED:
            for units in self.past.expected_best(self.stream, is_known_only=self.n_own > 1):
                config = self.history.space.decode(units)
                if self._is_new(config):
                    return config
        config = designed(self.history, self.rng, self.n_own)
        if self._is_new(config):
            return config
        return draw(self.history, self.stream, self.tried | self.decided)

    def start(
        self, config: Configuration | None, why: str, *, is_whole: bool = False
    ) -> Start | None:
        """Return a start for the first slice or the whole training; None without configuration."""
        if config is None:
            return None
        until = self.slices.n_steps if is_whole or not self.history.can_pause else self.slices.first
        self.n_own += 1
        self.n_started += 1
        self.decided.add(config)
        if self.knowledge is not None:
            units = self.geometry.coordinates.encode([config])[0]
            at = self.knowledge.at_end_of(self._row_of(units))
            self._believe(replace(at, steps=np.array([self.slices.units(until)])))
        return Start(config, None if until >= self.slices.n_steps else until, why)

    def resume(self, trial: Trial, until: int, why: str) -> Resume:
        """Return a resume, which from then on the model takes to be under way."""
        self.taken.add(trial.number)
        if self.knowledge is not None:
            curves = self.knowledge.data.curves
            rows = [i for i, curve in enumerate(curves) if curve.trial.number == trial.number]
            at = self.knowledge.at_end(rows)
            self._believe(replace(at, steps=np.full(len(rows), self.slices.units(until))))
        return Resume(trial.number, None if until >= self.slices.n_steps else until, why)

    def _believe(self, at: CurvePoints) -> None:
        if self.knowledge is not None:
            process = self.knowledge.process.believing(at)
            self.knowledge = replace(self.knowledge, process=process)

    def _row_of(self, units: Array) -> Array:
        return self.geometry.coordinates.expand(units[None, :])

    def _expected(self, knowledge: CurveKnowledge, at: CurvePoints) -> str:
        """Say what the model expects at the end, in the units of the metric."""
        mean, deviation = knowledge.process.predict(at)
        objective, raw = self.history.objective, knowledge.data.scaling.raw
        levels = [float(mean[0] + k * deviation[0]) for k in (-1.0, 0.0, 1.0)]
        low, middle, high = sorted(objective.sign * raw(level) for level in levels)
        return (
            f"the model expects {objective.metric} {middle:.4g} ({low:.4g} to {high:.4g}) "
            f"at step {self.slices.n_steps}"
        )

    def _is_new(self, config: Configuration) -> bool:
        is_taken = config in self.tried or config in self.decided
        return not is_taken and self.history.space.satisfies(config, self.history.max_steps)
