"""What older studies say about a new one: a mean that its model starts from (warm start).

Every older study becomes a model of its own, in units of the new space; their average is what the
new study expects before it has seen anything. How far it is believed is measured on the new
trials, so that a past that misleads loses its weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, final

import numpy as np

from tunebook.errors import ConfigurationError
from tunebook.search.arrays import Array, Mask
from tunebook.search.coordinates import INACTIVE, Coordinates, alone, draw_candidates
from tunebook.search.fitting import COLD_ITERATIONS, chosen
from tunebook.search.models.gaussian_process import JITTER, GaussianProcess, Theta, fit
from tunebook.search.observations import standardised
from tunebook.search.past import MIN_TRIALS, PastStudy, shared_names
from tunebook.search.sequences import sobol_point

if TYPE_CHECKING:
    from numpy.random import Generator

    from tunebook.space import Space

N_INITIAL = 2
"""Initial trials of a study with a past: where it expects the best, and one spread-out trial that
tells early whether the past misleads."""

PRIOR_TRIALS = 3.0
"""The past weighs as much as so many new trials of average informativeness."""

MAX_WEIGHT = 1.5
_N_GRID = 128
_N_BEST = 8


@final
class PastMean:
    """What past studies expect at a configuration of the new space, in standard deviations.

    Points are rows of the kernel's coordinates. Parameters that no past study had make no
    difference. False if the past says nothing at all.
    """

    def __init__(self, coordinates: Coordinates, pasts: Sequence[PastStudy]) -> None:
        self._coordinates = coordinates
        models = [m for m in (_Past.of(coordinates, past) for past in pasts) if m is not None]
        self.best = np.vstack([m.best for m in models]) if models else np.empty((0, 0))
        self._process: GaussianProcess | None = None
        if not models:
            return
        self._mask = _Mask(coordinates, np.any([m.is_known for m in models], axis=0))
        self._process = self._average(coordinates, models)
        # What (K + noise)^-1 makes of the values, once: asking for a mean needs nothing else.
        error = self._process.values - self._process.observed_means()
        self._pull = error / (self._process.theta.noise + JITTER)

    def _average(self, coordinates: Coordinates, models: Sequence[_Past]) -> GaussianProcess:
        if len(models) == 1:
            return models[0].process
        # One model of the average over a grid: asking each past study would take too long.
        d = coordinates.n_dimensions
        grid = coordinates.snap(np.array([sobol_point(d, 0, i) for i in range(_N_GRID)]))
        points = coordinates.expand(np.vstack([grid, self.best]))
        values = np.mean([m.of_points(points) for m in models], axis=0)
        return _fitted(coordinates, self._mask.of(points), values)

    def __bool__(self) -> bool:
        return self._process is not None

    def of(self, points: Array) -> Array:
        """Return the expectation at each row."""
        known = self._process
        if known is None:
            return np.zeros(len(points))
        cross = known.kernel.covariance(known.points, self._mask.of(points), known.theta)
        return np.asarray(known.mean_level + self._pull @ cross)

    def slopes(self, points: Array) -> Array:
        """Return the gradient of the expectation by coordinate at each row."""
        known = self._process
        if known is None:
            return np.zeros_like(points)
        masked, theta = self._mask.of(points), known.theta
        a = known.kernel.distances(masked, known.points, theta.scales)
        pull = self._pull * (-5.0 / 3.0) * theta.variance * (1.0 + a) * np.exp(-a)
        gradient = masked * pull.sum(1)[:, None] - pull @ known.points
        by_coordinate = theta.scales[known.kernel.group_of] ** 2
        return np.asarray(gradient / by_coordinate * self._mask.is_known)

    def expected_best(self, stream: Generator, *, is_known_only: bool = False) -> Array:
        """Return units it expects most of, best first; ``is_known_only``: those the past tried."""
        units = self.best
        if not is_known_only:
            units = np.vstack([units, draw_candidates(self._coordinates, units, stream)])
        expected = self.of(self._coordinates.expand(units))
        return np.asarray(units[np.argsort(expected, kind="stable")])

    def unexplained(self, points: Array, z: Array) -> Array:
        """Return what is left of standardised values, after what the past explains of them."""
        expected = self.of(points)
        return z - weight(expected, z) * expected


@final
@dataclass(slots=True)
class Memory:
    """What the past of one study expects, remembered. Dropping it changes nothing but speed."""

    _coordinates: Coordinates | None = None
    _pasts: Sequence[PastStudy] = ()
    _mean: PastMean | None = None

    def of(self, coordinates: Coordinates, pasts: Sequence[PastStudy]) -> PastMean | None:
        """Return what ``pasts`` expect, None if they say nothing about this space."""
        if not pasts:
            return None
        if coordinates is not self._coordinates or pasts is not self._pasts:
            self._coordinates, self._pasts = coordinates, pasts
            self._mean = PastMean(coordinates, pasts)
        return self._mean or None


@final
class _Mask:
    """Sets the coordinates of parameters that the past did not have to one and the same value."""

    def __init__(self, coordinates: Coordinates, is_known: Mask) -> None:
        groups = coordinates.kernel.group_of
        # Groups past the parameters are indicators of conditions, which follow from them.
        of_groups = np.append(is_known, np.ones(int(groups.max(initial=0)) + 1, dtype=bool))
        self.is_known = of_groups[groups]
        self._unknown = coordinates.expand(np.full((1, coordinates.n_dimensions), INACTIVE))

    def of(self, points: Array) -> Array:
        """Return the points as the past sees them."""
        return np.where(self.is_known, points, self._unknown)


@final
@dataclass(frozen=True, slots=True)
class _Past:
    """The model of a past study: ``is_known`` of the new parameters, ``best`` trials' units."""

    process: GaussianProcess
    mask: _Mask
    is_known: Mask
    best: Array

    @classmethod
    def of(cls, coordinates: Coordinates, past: PastStudy) -> _Past | None:
        """Return the model, None if too little of the past lies in the new space."""
        names = shared_names(coordinates.space, past.space)
        rows, values = [], []
        spaces = {name: alone(coordinates.space, name) for name in names}
        for config, value in past.outcomes:
            row = _units_of(config, coordinates, spaces)
            if row is not None:
                rows.append(row)
                values.append(math.nan if value is None else value)
        if not names or np.isfinite(values).sum() < MIN_TRIALS:
            return None
        units = np.array(rows)
        z, _ = standardised(np.array(values))
        kept = chosen(coordinates.expand(units), z)
        units, z = units[kept], z[kept]
        process = _fitted(coordinates, coordinates.expand(units), z)
        is_known = np.array([name in names for name in coordinates.space.dimensions])
        best = units[np.argsort(z, kind="stable")[:_N_BEST]]
        return cls(process, _Mask(coordinates, is_known), is_known, best)

    def of_points(self, points: Array) -> Array:
        """Return what the past study expects at each row of coordinates."""
        return self.process.predict(self.mask.of(points))[0]


def _units_of(
    config: Mapping[str, object], coordinates: Coordinates, spaces: Mapping[str, Space]
) -> Array | None:
    """Return an older configuration's units in ``spaces`` of single parameters, None outside."""
    units = np.full((1, coordinates.n_dimensions), INACTIVE)
    for place, name in enumerate(coordinates.space.dimensions):
        if name in spaces and name in config:
            try:
                checked = spaces[name].check({name: config[name]})
            except ConfigurationError:
                return None
            units[0, place] = spaces[name].encode(checked)[0]
    return np.asarray(coordinates.snap(units)[0])


def _fitted(coordinates: Coordinates, points: Array, values: Array) -> GaussianProcess:
    kernel = coordinates.kernel
    start = Theta.initial(kernel.n_groups, kernel.n_dimensions)
    theta = fit(kernel, points, values, start, n_iterations=COLD_ITERATIONS)
    return GaussianProcess(kernel, points, values, theta)


def weight(expected: Array, z: Array) -> float:
    """Return how far the past is believed after trials came to ``z`` where it expected otherwise.

    Ridge regression of the trials on what was expected, both centred, shrunk towards 1 by three
    trials: (m'z + 3) / (m'm + 3), no less than 0 and no more than 1.5.
    """
    if not len(z):
        return 1.0
    m, y = expected - expected.mean(), z - z.mean()
    found = (float(m @ y) + PRIOR_TRIALS) / (float(m @ m) + PRIOR_TRIALS)
    return min(max(found, 0.0), MAX_WEIGHT)


@final
@dataclass(frozen=True)
class WarmProcess:
    """The past and a Gaussian process over what it does not explain, asked like one process."""

    residual: GaussianProcess
    past: PastMean
    weight: float

    @property
    def theta(self) -> Theta:
        """The hyperparameters of what the past does not explain."""
        return self.residual.theta

    @property
    def values(self) -> Array:
        """The observed values."""
        return self.residual.values + self._expected

    @cached_property
    def _expected(self) -> Array:
        return self.weight * self.past.of(self.residual.points)

    def believing(self, points: Array) -> WarmProcess:
        """Return this model with ``points`` as beliefs instead of those it has."""
        return replace(self, residual=self.residual.believing(points))

    def observed_means(self) -> Array:
        """Return the posterior mean at each observed point."""
        return self.residual.observed_means() + self._expected

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return the posterior mean and standard deviation (without noise) at each row."""
        mean, deviation = self.residual.predict(points)
        return mean + self.weight * self.past.of(points), deviation

    def gradients(self, points: Array) -> tuple[Array, Array, Array, Array]:
        """Return mean, deviation, and the gradients of both with respect to each coordinate."""
        mean, deviation, d_mean, d_deviation = self.residual.gradients(points)
        mean = mean + self.weight * self.past.of(points)
        return mean, deviation, d_mean + self.weight * self.past.slopes(points), d_deviation

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return the predicted mean and variance (noise included) of each value from the others."""
        mean, variance = self.residual.leave_one_out()
        return mean + self._expected, variance


Model: TypeAlias = GaussianProcess | WarmProcess
"""A model of values over coordinates: alone, or on top of what older studies expect."""
