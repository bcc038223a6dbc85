"""What a user believes is good, as a term of the acquisition that fades or is refuted (piBO)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.stats import rankdata

from tunebook.search.arrays import Array
from tunebook.search.coordinates import Coordinates, alone
from tunebook.space import Bool, Choice, Confidence, Constant, Space

GAMMA = 10.0
"""The weight of a prior is GAMMA / n after n trials."""

MIN_TRIALS_TO_DROP = 10
MIN_AGREEMENT = -0.2
"""A prior whose rank correlation with the results is below this is dropped."""

SOBOL_SHARE = 0.025
"""The share of trials that do not follow the model, in case it is wrong."""

DISTRUST_SHARE = 0.2
"""The same while the model does not predict what it is shown."""

MIN_TO_JUDGE = 15

# Standard deviation on the unit scale, and probability of the value that is named.
_SPREADS = {Confidence.LOW: 0.4, Confidence.MEDIUM: 0.2, Confidence.HIGH: 0.1}
_MASSES = {Confidence.LOW: 0.4, Confidence.MEDIUM: 0.6, Confidence.HIGH: 0.8}


@final
@dataclass(frozen=True, slots=True)
class _Belief:
    """Dimension ``place`` is believed to be at ``unit``."""

    place: int
    unit: float
    spread: float
    n_choices: int | None
    mass: float


@final
class Priors:
    """The priors of a space's parameters, as a log density over its units."""

    def __init__(self, coordinates: Coordinates) -> None:
        self._coordinates = coordinates
        self._beliefs = _beliefs(coordinates.space)

    def __bool__(self) -> bool:
        return bool(self._beliefs)

    def log_density(self, units: Array) -> Array:
        """Return the log density at each row, up to a constant; inactive parameters say nothing."""
        total = np.zeros(len(units))
        active = self._coordinates.active(units)
        for belief in self._beliefs:
            away = units[:, belief.place] - belief.unit
            if belief.n_choices is None:
                term: Array = -0.5 * (away / belief.spread) ** 2
            else:
                rest = (1.0 - belief.mass) / max(1, belief.n_choices - 1)
                is_it = np.abs(away) < 1e-9
                term = np.asarray(np.where(is_it, np.log(belief.mass), np.log(rest)))
            total += np.where(active[:, belief.place], term, 0.0)
        return total

    def weight(self, units: Array, z: Array) -> float:
        """Return the weight of the log density after the trials at ``units`` came to ``z``."""
        n = len(z)
        if not self._beliefs or n == 0:
            return 0.0
        if n >= MIN_TRIALS_TO_DROP:
            agreement = rank_correlation(self.log_density(units), -z)
            if agreement < MIN_AGREEMENT:
                return 0.0
        return GAMMA / n


def rank_correlation(left: Array, right: Array) -> float:
    """Return Spearman's rank correlation, 0 if either side is constant."""
    ranks = [np.asarray(rankdata(side), dtype=float) for side in (left, right)]
    a, b = [side - side.mean() for side in ranks]
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0.0 else 0.0


def sobol_share(values: Array, means: Array, variances: Array) -> float:
    """Return how often no model is asked: seldom, but often while it predicts ``values`` badly."""
    if len(values) < MIN_TO_JUDGE:
        return SOBOL_SHARE
    residuals = (values - means) / np.sqrt(variances)
    is_blind = rank_correlation(means, values) < 0.1
    is_off = abs(float(residuals.mean())) > 1.0 or float(residuals.std()) > 2.5
    return DISTRUST_SHARE if is_blind or is_off else SOBOL_SHARE


def _beliefs(space: Space) -> list[_Belief]:
    found = []
    for place, name in enumerate(space.dimensions):
        parameter = space.parameters[name]
        if isinstance(parameter, Constant) or parameter.prior is None:
            continue
        confidence = Confidence(parameter.confidence or Confidence.MEDIUM)
        is_named = isinstance(parameter, Bool) or (
            isinstance(parameter, Choice) and not parameter.ordered
        )
        n_values = len(parameter.values) if isinstance(parameter, Choice) else 2
        found.append(
            _Belief(
                place=place,
                unit=alone(space, name).encode({name: parameter.prior})[0],
                spread=_SPREADS[confidence],
                mass=_MASSES[confidence],
                n_choices=n_values if is_named else None,
            )
        )
    return found
