"""An exact Gaussian process over learning curves: points of trials at (configuration, log step).

Covariance = sa Kx + sb Kx Kt + [same trial] (sc + sd Kt) + a common shape + noise: configurations
that stay better, differences that depend on the step, luck of a trial that stays or drifts. Without
the terms of the same trial luck is taken for merit. A slope by configuration in the place of sb
predicted ends better from random trials, and searched worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from scipy.linalg.lapack import dtrtrs

from tunebook.search.arrays import Array, Indices
from tunebook.search.models.gaussian_process import (
    JITTER,
    Kernel,
    factor,
    inverse,
    kinship,
    minimised,
    solve_lower,
)

# Centres and variances of the normal priors on the logarithms of sa, sb, sc, sd, lt, nu.
_CENTRES = np.log([0.7, 0.3, 0.05, 0.05, 1.5, 0.01])
_VARIANCES = np.array([1.0, 1.0, 1.5, 1.5, 0.3, 2.0])
_SCALE_VARIANCE = 0.5
_SCALE_BOUNDS = (0.02, 100.0)
_BOUNDS = ((1e-3, 50.0), (1e-3, 50.0), (1e-5, 20.0), (1e-5, 20.0), (0.1, 20.0), (1e-5, 2.0))
_N_OTHERS = len(_BOUNDS)
_OFFSET = 0.25


@final
@dataclass(frozen=True, slots=True)
class CurveTheta:
    """Hyperparameters: length scales, the four variances, the length in log steps, the noise.

    ``stable`` and ``changing`` are variances of configurations, ``luck`` and ``drift`` of trials.
    """

    scales: Array
    stable: float
    changing: float
    luck: float
    drift: float
    length: float
    noise: float

    @classmethod
    def initial(cls, kernel: Kernel) -> CurveTheta:
        """Return the centre of the priors, where every fit begins."""
        scales = np.full(kernel.n_groups, math.exp(_scale_centre(kernel)))
        return cls(scales, *(float(value) for value in np.exp(_CENTRES)))

    @classmethod
    def from_logs(cls, logs: Array) -> CurveTheta:
        """Undo ``logs``."""
        values = np.exp(logs)
        return cls(values[:-_N_OTHERS], *(float(value) for value in values[-_N_OTHERS:]))

    @property
    def logs(self) -> Array:
        """The flat vector that is optimised."""
        variances = (self.stable, self.changing, self.luck, self.drift)
        return np.asarray(np.log([*self.scales, *variances, self.length, self.noise]))


def _scale_centre(kernel: Kernel) -> float:
    return math.log(0.4 * math.sqrt(max(1, kernel.n_dimensions)))


@final
@dataclass(frozen=True, slots=True)
class CurvePoints:
    """n points on the curves of m trials.

    ``trials`` are kernel coordinates, m x p; point i lies on curve ``row[i]``, rising; ``steps``
    are in units of which a whole training has ``n_steps`` (1 or more each).
    """

    trials: Array
    row: Indices
    steps: Array
    n_steps: float

    def __len__(self) -> int:
        return len(self.row)

    def shape(self) -> Array:
        """Return the shape that all curves share, n x 2: 1 - log t / log T and 1 / t at step t."""
        whole = max(math.log(self.n_steps), 1e-9)
        return np.column_stack([1.0 - np.log(self.steps) / whole, 1.0 / self.steps])


@final
class _Likelihood:
    """What is the same in every evaluation of one fit.

    Terms of the same trial are kept as a list of pairs, and terms of configurations per pair of
    trials: dense n x n arrays are what an evaluation spends its time on.
    """

    def __init__(self, kernel: Kernel, points: CurvePoints, values: Array) -> None:
        self.kernel, self.values = kernel, values
        row, shape, tau = points.row, points.shape(), np.log(points.steps)
        self.apart = np.abs(tau[:, None] - tau[None, :])
        self.common = shape @ shape.T + _OFFSET
        self.same = np.flatnonzero(row[:, None] == row[None, :])
        rows, self.place = np.unique(row, return_inverse=True)
        self.x = points.trials[rows]
        self.is_of = (self.place[:, None] == np.arange(len(rows))).astype(float)

    def __call__(self, logs: Array) -> tuple[float, Array]:
        """Return the negative log posterior and its exact gradient."""
        theta, kernel, x = CurveTheta.from_logs(logs), self.kernel, self.x
        a = kernel.distances(x, x, theta.scales)
        kin = kinship(a).take(self.place, axis=0).take(self.place, axis=1)
        near = np.exp(self.apart * (-1.0 / theta.length))
        by_step = near * theta.changing
        by_step += theta.stable
        covariance = kin * by_step
        covariance += self.common
        near_same = near.ravel()[self.same]
        covariance.ravel()[self.same] += theta.luck + theta.drift * near_same
        covariance[np.diag_indices_from(covariance)] += theta.noise
        lower = factor(covariance)
        weights = inverse(lower)
        alpha = weights @ self.values
        value = 0.5 * float(self.values @ alpha) + float(np.log(np.diag(lower)).sum())
        np.subtract(np.outer(alpha, alpha), weights, out=weights)
        same = weights.ravel()[self.same]
        of_kin = weights * kin
        gradient = np.empty_like(logs)
        gradient[-6] = theta.stable * of_kin.sum()
        gradient[-5] = theta.changing * np.vdot(of_kin, near)
        gradient[-4] = theta.luck * same.sum()
        gradient[-3] = theta.drift * (same @ near_same)
        near *= self.apart
        by_length = theta.changing * np.vdot(of_kin, near)
        by_length += theta.drift * (same @ near.ravel()[self.same])
        gradient[-2] = by_length / theta.length
        gradient[-1] = theta.noise * np.trace(weights)
        weights *= by_step
        pairs = self.is_of.T @ (weights @ self.is_of)
        slope = pairs * ((5.0 / 3.0) * (1.0 + a) * np.exp(-a))
        gradient[:-_N_OTHERS] = 2.0 * kernel.scale_gradient(x, slope, theta.scales)
        prior, prior_gradient = self._prior(logs)
        return value + prior, -0.5 * gradient + prior_gradient

    def _prior(self, logs: Array) -> tuple[float, Array]:
        n_scales = len(logs) - _N_OTHERS
        centres = np.r_[np.full(n_scales, _scale_centre(self.kernel)), _CENTRES]
        variances = np.r_[np.full(n_scales, _SCALE_VARIANCE), _VARIANCES]
        away = logs - centres
        return 0.5 * float((away * away / variances).sum()), away / variances


def fit_curves(
    kernel: Kernel, points: CurvePoints, values: Array, start: CurveTheta, *, n_iterations: int
) -> CurveTheta:
    """Return the most probable hyperparameters found in a few L-BFGS iterations from ``start``."""
    spans = [_SCALE_BOUNDS] * kernel.n_groups + list(_BOUNDS)
    likelihood = _Likelihood(kernel, points, values)
    found = minimised(likelihood, start.logs, spans, n_iterations=n_iterations)
    return start if found is None else CurveTheta.from_logs(found)


@final
@dataclass(frozen=True)
class CurveProcess:
    """The posterior over curves given values at points, for fixed hyperparameters.

    ``values`` are standardised. Rows of ``points.trials`` without a point are trials of which
    nothing has been seen.
    """

    kernel: Kernel
    points: CurvePoints
    values: Array
    theta: CurveTheta

    @cached_property
    def _lower(self) -> Array:
        covariance = self._covariance(self.points)
        covariance[np.diag_indices_from(covariance)] += self.theta.noise
        return factor(covariance)

    @cached_property
    def _alpha(self) -> Array:
        whitened = solve_lower(self._lower, self.values[:, None])
        alpha, _ = dtrtrs(self._lower, whitened, lower=1, trans=1)
        return np.asarray(alpha[:, 0])

    def _covariance(self, others: CurvePoints) -> Array:
        """Return the covariance with others; their rows from m on are new configurations."""
        known, theta = self.points, self.theta
        a = self.kernel.distances(known.trials, others.trials, theta.scales)
        tau, steps = np.log(known.steps), np.log(others.steps)
        near = np.exp(np.abs(tau[:, None] - steps[None, :]) * (-1.0 / theta.length))
        kin = kinship(a).take(known.row, axis=0).take(others.row, axis=1)
        out: Array = kin * (theta.stable + theta.changing * near)
        out += known.shape() @ others.shape().T + _OFFSET
        i, j = np.nonzero(known.row[:, None] == others.row[None, :])
        out[i, j] += theta.luck + theta.drift * near[i, j]
        return out

    def predict(self, others: CurvePoints) -> tuple[Array, Array]:
        """Return the posterior mean and standard deviation, without noise, at other points."""
        theta = self.theta
        cross = self._covariance(others)
        mean = self._alpha @ cross
        whitened = solve_lower(self._lower, cross)
        shape = others.shape()
        prior = theta.stable + theta.changing + theta.luck + theta.drift + _OFFSET
        variance = prior + (shape * shape).sum(1) - (whitened * whitened).sum(0)
        return np.asarray(mean), np.sqrt(np.maximum(variance, 1e-12))

    def means(self, others: CurvePoints) -> Array:
        """Return the posterior mean alone, which takes a fraction of the time."""
        return np.asarray(self._alpha @ self._covariance(others))

    def observed_means(self) -> Array:
        """Return the posterior mean at each point."""
        return self.values - (self.theta.noise + JITTER) * self._alpha

    def believing(self, others: CurvePoints) -> CurveProcess:
        """Return the posterior with points taken as expected: same mean, less deviation."""
        if not len(others):
            return self
        mean = self.means(others)
        row = np.concatenate([self.points.row, others.row])
        order = np.argsort(row, kind="stable")
        points = CurvePoints(
            others.trials,
            row[order],
            np.concatenate([self.points.steps, others.steps])[order],
            self.points.n_steps,
        )
        return CurveProcess(
            self.kernel, points, np.concatenate([self.values, mean])[order], self.theta
        )

    def leave_one_trial_out(self) -> tuple[Array, Array, Array]:
        """Return value, mean, variance of each trial's last point, predicted from others."""
        precision = inverse(self._lower)
        row = self.points.row
        ends = np.flatnonzero(np.r_[row[1:] != row[:-1], True]) + 1
        found = []
        for start, end in zip(np.r_[0, ends[:-1]], ends, strict=True):
            block = np.linalg.inv(precision[start:end, start:end])
            mean = self.values[start:end] - block @ self._alpha[start:end]
            found.append((self.values[end - 1], mean[-1], block[-1, -1]))
        values, means, variances = np.array(found).T
        return values, means, variances
