"""An exact Gaussian process over configurations: Matern-5/2, one length scale per coordinate group.

Likelihood and gradient are matrix products only: no n x n x d array is ever made, which is what
keeps a fit at 200 observations within a few milliseconds. Its gradient is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import final

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dtrtrs
from scipy.optimize import minimize

from tunebook.search.arrays import Array, Indices

JITTER = 1e-8
_SCALE_PRIOR_VARIANCE = 0.5
_NOISE_PRIOR = (-4.0, 1.5**2)
_BOUNDS = {"scale": (0.02, 100.0), "variance": (0.02, 50.0), "noise": (1e-6, 2.0)}


class NotPositiveDefiniteError(ArithmeticError):
    """The covariance cannot be factored, even with more jitter."""


@final
@dataclass(frozen=True, slots=True)
class Theta:
    """Hyperparameters of the model: a length scale per group, signal variance, noise variance."""

    scales: Array
    variance: float
    noise: float

    @classmethod
    def initial(cls, n_groups: int, n_dimensions: int) -> Theta:
        """Return where every fit from scratch begins: l = 0.5 d^(1/4), s2 = 1, nu = 0.05."""
        return cls(np.full(n_groups, 0.5 * max(1, n_dimensions) ** 0.25), 1.0, 0.05)

    @classmethod
    def from_logs(cls, logs: Array) -> Theta:
        """Undo ``logs``."""
        values = np.exp(logs)
        return cls(values[:-2], float(values[-2]), float(values[-1]))

    @property
    def logs(self) -> Array:
        """The flat vector that is optimised: logarithms of scales, variance and noise."""
        return np.asarray(np.log([*self.scales, self.variance, self.noise]))


@final
@dataclass(frozen=True, slots=True)
class Kernel:
    """The covariance s2 (1 + a + a^2/3) exp(-a), a = sqrt(5) r, over n x p coordinates.

    ``group_of[c]`` is the length scale that coordinate c uses: the one-hot coordinates of a
    categorical parameter share one, so their distance is Hamming's. ``n_dimensions`` is the
    number of parameters, which centres the prior of the scales at 0.35 sqrt(d).
    """

    group_of: Indices
    n_dimensions: int

    @property
    def n_groups(self) -> int:
        """How many length scales there are."""
        return int(self.group_of.max()) + 1 if len(self.group_of) else 0

    def distances(self, left: Array, right: Array, scales: Array) -> Array:
        """Return a = sqrt(5) r between the rows of two coordinate matrices, ``scales`` by group."""
        by_coordinate = scales[self.group_of]
        a, b = left / by_coordinate, right / by_coordinate
        # Factors for |a|^2 - 2 a b + |b|^2 in one product: large temporaries take the time here.
        a_side = np.column_stack([-10.0 * a, 5.0 * (a * a).sum(1), np.full(len(a), 5.0)])
        b_side = np.column_stack([b, np.ones(len(b)), (b * b).sum(1)])
        squared = a_side @ b_side.T
        np.maximum(squared, 0.0, out=squared)
        return np.asarray(np.sqrt(squared, out=squared))

    def covariance(self, left: Array, right: Array, theta: Theta) -> Array:
        """Return the prior covariance between the rows of two coordinate matrices."""
        return kinship(self.distances(left, right, theta.scales), theta.variance)

    def scale_gradient(self, points: Array, slope: Array, scales: Array) -> Array:
        """Return, by group, half the sum over pairs of slope (x - x')^2 / l^2 (symmetric)."""
        per_coordinate = (points * points).T @ slope.sum(1) - (points * (slope @ points)).sum(0)
        per_coordinate /= scales[self.group_of] ** 2
        return np.asarray(np.bincount(self.group_of, per_coordinate, self.n_groups))


def kinship(a: Array, variance: float = 1.0) -> Array:
    """Return s2 (1 + a + a^2/3) exp(-a), the covariance at distances a = sqrt(5) r."""
    out = a * (1.0 / 3.0)
    out += 1.0
    out *= a
    out += 1.0
    out *= variance
    out *= np.exp(-a)
    return out


def negative_log_posterior(
    kernel: Kernel, points: Array, values: Array, logs: Array
) -> tuple[float, Array]:
    """Return the negative log posterior of hyperparameters and its exact gradient.

    The constant mean has a N(0, 1) prior and is profiled out. Priors in log scale: scales
    N(log(0.35 sqrt d), 0.5), variance N(0, 1), noise N(-4, 1.5^2). ``NotPositiveDefiniteError``
    if the covariance cannot be factored.
    """
    theta = Theta.from_logs(logs)
    n = len(values)
    a = kernel.distances(points, points, theta.scales)
    decay = np.exp(-a)
    signal = theta.variance * (1.0 + a + a * a / 3.0) * decay
    lower = factor(signal + theta.noise * np.eye(n))
    precision = inverse(lower)
    mean = float(precision.sum(0) @ values) / (float(precision.sum()) + 1.0)
    centred = values - mean
    alpha = precision @ centred
    value = 0.5 * float(centred @ alpha) + float(np.log(np.diag(lower)).sum()) + 0.5 * mean**2
    weights = np.outer(alpha, alpha) - precision
    slope = weights * ((5.0 / 3.0) * theta.variance * (1.0 + a) * decay)
    gradient = np.empty_like(logs)
    gradient[:-2] = -kernel.scale_gradient(points, slope, theta.scales)
    gradient[-2] = -0.5 * float((weights * signal).sum())
    gradient[-1] = -0.5 * theta.noise * float(np.trace(weights))
    prior, prior_gradient = _prior(kernel, logs)
    return value + prior, gradient + prior_gradient


def _prior(kernel: Kernel, logs: Array) -> tuple[float, Array]:
    centres = np.full_like(logs, math.log(0.35 * math.sqrt(max(1, kernel.n_dimensions))))
    variances = np.full_like(logs, _SCALE_PRIOR_VARIANCE)
    centres[-2], variances[-2] = 0.0, 1.0
    centres[-1], variances[-1] = _NOISE_PRIOR
    away = logs - centres
    return 0.5 * float((away * away / variances).sum()), away / variances


def factor(covariance: Array) -> Array:
    """Return the lower Cholesky factor, with as little jitter on the diagonal as will do."""
    n = len(covariance)
    diagonal = np.diag_indices(n)
    for jitter in (JITTER, 1e-6, 1e-4):
        # In Fortran's order LAPACK works in place; the matrix is its own transpose.
        jittered = covariance.T.copy(order="F")
        jittered[diagonal] += jitter
        lower, info = dpotrf(jittered, lower=1, clean=1, overwrite_a=1)
        if info == 0 and np.isfinite(np.vdot(lower, lower)):
            return np.asarray(lower)
    raise NotPositiveDefiniteError(f"a covariance of {n} points is not positive definite")


def inverse(lower: Array) -> Array:
    """Return the inverse of the covariance whose lower Cholesky factor is given."""
    found, info = dpotri(lower, lower=1)
    if info != 0:
        raise NotPositiveDefiniteError("a covariance has no inverse")
    # Above the diagonal there are zeros, as ``factor`` left them.
    whole = np.add(found, found.T, order="C")
    whole[np.diag_indices_from(whole)] *= 0.5
    return np.asarray(whole)


def solve_lower(lower: Array, right: Array) -> Array:
    """Return L^-1 b for a lower triangular L."""
    solution, info = dtrtrs(lower, right, lower=1)
    if info != 0:
        raise NotPositiveDefiniteError("a triangular factor is singular")
    return np.asarray(solution)


def fit(kernel: Kernel, points: Array, values: Array, start: Theta, *, n_iterations: int) -> Theta:
    """Return the best hyperparameters of a few L-BFGS steps from ``start``, or ``start``."""
    spans = [_BOUNDS["scale"]] * kernel.n_groups + [_BOUNDS["variance"], _BOUNDS["noise"]]
    posterior = partial(negative_log_posterior, kernel, points, values)
    found = minimised(posterior, start.logs, spans, n_iterations=n_iterations)
    return start if found is None else Theta.from_logs(found)


def minimised(
    function: Callable[[Array], tuple[float, Array]],
    start: Array,
    spans: Sequence[tuple[float, float]],
    *,
    n_iterations: int,
) -> Array | None:
    """Return logs within ``spans`` that make a function with its gradient small, or None."""
    bounds = np.log(np.array(spans))

    def objective(logs: Array) -> tuple[float, Array]:
        try:
            return function(logs)
        except NotPositiveDefiniteError:
            return 1e25, np.zeros_like(logs)

    found = minimize(
        objective,
        np.clip(start, bounds[:, 0], bounds[:, 1]),
        jac=True,
        method="L-BFGS-B",
        bounds=list(map(tuple, bounds)),
        options={"maxiter": n_iterations},
    )
    is_usable = np.isfinite(found.fun) and found.fun < 1e25 and np.isfinite(found.x).all()
    return np.asarray(found.x) if is_usable else None


@final
@dataclass(frozen=True)
class GaussianProcess:
    """The posterior over an objective given n observed points, for fixed hyperparameters.

    ``values`` are standardised: mean 0 and variance 1 more or less. ``beliefs`` are points where
    a value is under way: they take the posterior mean for their value (Kriging believer), which
    leaves the mean as it is and shrinks the variance around them.
    """

    kernel: Kernel
    points: Array
    values: Array
    theta: Theta
    beliefs: Array | None = None

    def believing(self, points: Array) -> GaussianProcess:
        """Return this posterior with ``points`` as beliefs instead of those it has."""
        return replace(self, beliefs=points if len(points) else None)

    @cached_property
    def _lower(self) -> Array:
        noisy = self.kernel.covariance(self.points, self.points, self.theta)
        noisy[np.diag_indices_from(noisy)] += self.theta.noise
        return factor(noisy)

    @cached_property
    def _all_points(self) -> Array:
        return self.points if self.beliefs is None else np.vstack([self.points, self.beliefs])

    @cached_property
    def _all_lower(self) -> Array:
        """The factor with the beliefs' rows below."""
        if self.beliefs is None:
            return self._lower
        n, m = len(self.points), len(self.beliefs)
        cross = self.kernel.covariance(self.points, self.beliefs, self.theta)
        side = solve_lower(self._lower, cross)
        corner = self.kernel.covariance(self.beliefs, self.beliefs, self.theta)
        corner = corner + self.theta.noise * np.eye(m) - side.T @ side
        whole = np.zeros((n + m, n + m))
        whole[:n, :n], whole[n:, :n] = self._lower, side.T
        whole[n:, n:] = factor(corner)
        return whole

    @cached_property
    def _inverse_of_all(self) -> Array:
        return inverse(self._all_lower)

    @cached_property
    def _solved(self) -> tuple[float, Array]:
        whitened = solve_lower(
            self._lower, np.column_stack([self.values, np.ones(len(self.values))])
        )
        ones = whitened[:, 1]
        mean = float(ones @ whitened[:, 0]) / (float(ones @ ones) + 1.0)
        alpha, _ = dtrtrs(self._lower, whitened[:, 0] - mean * ones, lower=1, trans=1)
        return mean, np.asarray(alpha)

    @property
    def mean_level(self) -> float:
        """The constant that the process returns to far from every point."""
        return self._solved[0]

    def observed_means(self) -> Array:
        """Return the posterior mean at each observed point."""
        return self.values - (self.theta.noise + JITTER) * self._solved[1]

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return the posterior mean and standard deviation (without noise) at each row."""
        cross = self.kernel.covariance(self._all_points, points, self.theta)
        level, alpha = self._solved
        mean = level + alpha @ cross[: len(alpha)]
        whitened = solve_lower(self._all_lower, cross)
        variance = self.theta.variance - (whitened * whitened).sum(0)
        return mean, np.sqrt(np.maximum(variance, 1e-12))

    def gradients(self, points: Array) -> tuple[Array, Array, Array, Array]:
        """Return mean, deviation, and the gradients of both with respect to each coordinate."""
        kernel, theta, known = self.kernel, self.theta, self._all_points
        level, alpha = self._solved
        a = kernel.distances(points, known, theta.scales)
        decay = np.exp(-a)
        cross = theta.variance * (1.0 + a + a * a / 3.0) * decay
        slope = -(5.0 / 3.0) * theta.variance * (1.0 + a) * decay
        weights = cross @ self._inverse_of_all
        variance = np.maximum(theta.variance - (weights * cross).sum(1), 1e-12)
        deviation = np.sqrt(variance)
        squared_scales = theta.scales[kernel.group_of] ** 2
        full_alpha = np.zeros(len(known))
        full_alpha[: len(alpha)] = alpha

        def toward(weighted: Array) -> Array:
            pull = weighted * slope
            return np.asarray((points * pull.sum(1)[:, None] - pull @ known) / squared_scales)

        mean = level + cross @ full_alpha
        d_mean = toward(np.broadcast_to(full_alpha, cross.shape))
        d_deviation = -toward(weights) / deviation[:, None]
        return mean, deviation, d_mean, d_deviation

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return the predicted mean and variance (noise included) of each value from the others."""
        _, alpha = self._solved
        precision = np.diag(inverse(self._lower))
        return self.values - alpha / precision, 1.0 / precision
