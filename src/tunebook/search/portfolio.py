"""What a slice of training is worth: three rules, of which one is drawn for each decision.

They differ in how far ahead they look and in how bold they are; drawing one at random also keeps
parallel workers from doing the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, final

import numpy as np
from scipy.special import log_ndtr

from tunebook.search.acquisition import log_expected_improvement, lower_confidence_bound
from tunebook.search.arrays import Array
from tunebook.search.models.curve_process import CurvePoints, CurveProcess

if TYPE_CHECKING:
    from numpy.random import Generator

MANY_WORKERS = 4
"""From so many on the rule that is itself random gets two thirds of the decisions."""

_CONFIDENT = 2.0


class Rule(StrEnum):
    """How candidates are scored."""

    CHANCE = "the chance to beat the best by a random margin at a random step"
    GAIN = "the expected gain at the end"
    BOUND = "the lowest plausible value at the end"


@final
@dataclass(frozen=True, slots=True)
class Aim:
    """One drawn rule: ``horizon`` in steps (0: the end), ``margin`` in deviations of the values."""

    rule: Rule
    horizon: float
    margin: float

    @classmethod
    def draw(cls, stream: Generator, n_steps: int, workers: int) -> Aim:
        """Draw a rule; with many workers mostly the random one."""
        share = 2.0 / 3.0 if workers >= MANY_WORKERS else 1.0 / 3.0
        lot, horizon = stream.random(), float(stream.integers(1, n_steps + 1))
        margin = 0.5 * 10.0 ** stream.uniform(-2.5, 0.0)
        if lot < share:
            return cls(Rule.CHANCE, horizon, margin)
        rule = Rule.GAIN if lot < (1.0 + share) / 2.0 else Rule.BOUND
        return cls(rule, 0.0, 0.0)


def level_to_beat(process: CurveProcess) -> float:
    """Return the best value so far, as far as it is not luck."""
    means = process.observed_means()
    noise = float(np.sqrt(process.theta.noise))
    return min(float(means.min()), float(process.values.min()) + _CONFIDENT * noise)


def scores(process: CurveProcess, aim: Aim, at: CurvePoints, best: float) -> Array:
    """Return the score of training towards each point: of one horizon, or the end."""
    mean, deviation = process.predict(at)
    match aim.rule:
        case Rule.CHANCE:
            goal = best - aim.margin * float(process.values.std())
            return np.asarray(log_ndtr((goal - mean) / deviation))
        case Rule.GAIN:
            return log_expected_improvement(mean, deviation, best)
        case Rule.BOUND:
            return lower_confidence_bound(mean, deviation)
