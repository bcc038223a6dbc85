"""Finds the configuration that scores best: many candidates, snapped, and a climb from the best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

import numpy as np

from tunebook.search.acquisition import (
    BETA,
    improvement_ratio,
    log_expected_improvement,
    lower_confidence_bound,
)
from tunebook.search.arrays import Array
from tunebook.search.coordinates import Coordinates
from tunebook.search.priors import Priors
from tunebook.search.transfer import Model

AcquisitionName: TypeAlias = Literal["lcb", "ei"]

N_CENTRES = 5
N_CLIMBERS = 8
N_CLIMBS = 15
N_EXCHANGED = 3
N_EXCHANGES = 6
_FIRST_STEP, _LONGER, _SHORTER = 0.1, 1.4, 0.35


@final
@dataclass(frozen=True, slots=True)
class Score:
    """How much each row of snapped units is worth trying: an acquisition plus priors."""

    process: Model
    coordinates: Coordinates
    acquisition: AcquisitionName
    best: float
    priors: Priors
    prior_weight: float = 0.0

    def of(self, units: Array) -> Array:
        """Return the scores."""
        mean, deviation = self.process.predict(self.coordinates.expand(units))
        if self.acquisition == "lcb":
            score = lower_confidence_bound(mean, deviation)
        else:
            score = log_expected_improvement(mean, deviation, self.best)
        if self.prior_weight:
            score = score + self.prior_weight * self.priors.log_density(units)
        return score

    def slopes(self, units: Array) -> tuple[Array, Array]:
        """Return the scores without priors, and their gradients by unit."""
        process = self.process
        mean, deviation, d_mean, d_deviation = process.gradients(self.coordinates.expand(units))
        if self.acquisition == "lcb":
            score = lower_confidence_bound(mean, deviation)
            slope = BETA * d_deviation - d_mean
        else:
            score = log_expected_improvement(mean, deviation, self.best)
            z = ((self.best - mean) / deviation)[:, None]
            steepness = improvement_ratio(z)
            slope = (d_deviation - steepness * (d_mean + z * d_deviation)) / deviation[:, None]
        return score, self.coordinates.pull_back(slope, units)


def ranked(score: Score, candidates: Array, *, is_climbing: bool) -> Iterator[Array]:
    """Yield rows of snapped units, the best first; climbed ones among them if asked for."""
    scores = score.of(candidates)
    if is_climbing and score.coordinates.movable.any():
        best = candidates[np.argsort(-scores, kind="stable")[:N_CLIMBERS]]
        climbed = score.coordinates.snap(climb(score, best))
        candidates = np.vstack([climbed, candidates])
        scores = np.concatenate([score.of(climbed), scores])
    if is_climbing and not score.coordinates.movable.all():
        best = candidates[np.argsort(-scores, kind="stable")[:N_EXCHANGED]]
        exchanged = np.vstack([exchange(score, row) for row in best])
        candidates = np.vstack([exchanged, candidates])
        scores = np.concatenate([score.of(exchanged), scores])
    for row in np.argsort(-scores, kind="stable"):
        yield candidates[row]


def exchange(score: Score, start: Array) -> Array:
    """Return rows on the way uphill, one discrete value at a time, and the last's neighbours."""
    here, height = start, float(score.of(start[None, :])[0])
    for _ in range(N_EXCHANGES):
        near = score.coordinates.neighbours(here)
        if not len(near):
            break
        heights = score.of(near)
        best = int(heights.argmax())
        if heights[best] <= height:
            return np.vstack([here[None, :], near])
        here, height = near[best], float(heights[best])
    return here[None, :]


def climb(score: Score, starts: Array) -> Array:
    """Return units a few steps uphill from each start; steps scale by squared length scales."""
    d = score.coordinates.n_dimensions
    reach = np.minimum(score.process.theta.scales[:d], 1.0) ** 2
    here = starts
    value, slope = score.slopes(here)
    length = np.full((len(here), 1), _FIRST_STEP)
    for _ in range(N_CLIMBS):
        direction = slope * reach
        norm = np.abs(direction).max(axis=1, keepdims=True)
        there = score.coordinates.move(here, length * direction / np.maximum(norm, 1e-300))
        new_value, new_slope = score.slopes(there)
        is_better = new_value > value
        keep = is_better[:, None]
        here, slope = np.where(keep, there, here), np.where(keep, new_slope, slope)
        value = np.where(is_better, new_value, value)
        length = np.where(keep, length * _LONGER, length * _SHORTER)
    return here
