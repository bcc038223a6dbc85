"""The Gaussian process: gradients against differences, predictions against plain algebra."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.search.models.gaussian_process import (
    JITTER,
    GaussianProcess,
    Kernel,
    NotPositiveDefiniteError,
    Theta,
    factor,
    fit,
    negative_log_posterior,
)

# Five coordinates in three groups: two numbers, and an unordered choice of three.
KERNEL = Kernel(np.array([0, 1, 2, 2, 2]), 3)
THETA = Theta(np.array([0.4, 0.9, 0.7]), 1.3, 0.02)


def some_points(n: int, seed: int = 0) -> np.ndarray:
    stream = np.random.default_rng(seed)
    codes = np.eye(3)[stream.integers(3, size=n)] / math.sqrt(2.0)
    return np.hstack([stream.random((n, 2)), codes])


def some_values(points: np.ndarray) -> np.ndarray:
    z = np.sin(5.0 * points[:, 0]) + points[:, 1] + 2.0 * points[:, 2]
    return np.asarray((z - z.mean()) / z.std())


def covariance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return Matern-5/2, written out for one pair at a time."""
    out = np.empty((len(left), len(right)))
    for i, x in enumerate(left):
        for j, y in enumerate(right):
            r = math.sqrt(sum(((x - y) / THETA.scales[KERNEL.group_of]) ** 2))
            a = math.sqrt(5.0) * r
            out[i, j] = THETA.variance * (1.0 + a + a * a / 3.0) * math.exp(-a)
    return out


def brute_force(
    points: np.ndarray, values: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation by the textbook's formulas, with inverses."""
    inverse = np.linalg.inv(
        covariance(points, points) + (THETA.noise + JITTER) * np.eye(len(points))
    )
    level = (inverse.sum(0) @ values) / (inverse.sum() + 1.0)
    cross = covariance(points, at)
    mean = level + cross.T @ inverse @ (values - level)
    variance = THETA.variance - np.einsum("ij,ik,kj->j", cross, inverse, cross)
    return mean, np.sqrt(variance)


def test_gradient_of_the_posterior_is_that_of_finite_differences() -> None:
    points = some_points(17)
    values, logs = some_values(points), THETA.logs
    _, gradient = negative_log_posterior(KERNEL, points, values, logs)
    for i in range(len(logs)):
        step = np.zeros_like(logs)
        step[i] = 1e-5
        above, _ = negative_log_posterior(KERNEL, points, values, logs + step)
        below, _ = negative_log_posterior(KERNEL, points, values, logs - step)
        assert gradient[i] == pytest.approx((above - below) / 2e-5, rel=1e-5, abs=1e-6)


def test_predictions_are_those_of_the_textbook() -> None:
    points, at = some_points(15), some_points(9, seed=1)
    values = some_values(points)
    process = GaussianProcess(KERNEL, points, values, THETA)
    expected_mean, expected_deviation = brute_force(points, values, at)
    mean, deviation = process.predict(at)
    np.testing.assert_allclose(mean, expected_mean, atol=1e-9)
    np.testing.assert_allclose(deviation, expected_deviation, atol=1e-7)


def test_beliefs_leave_the_mean_and_shrink_the_deviation_like_observations() -> None:
    points, under_way, at = some_points(12), some_points(3, seed=2), some_points(8, seed=3)
    values = some_values(points)
    process = GaussianProcess(KERNEL, points, values, THETA)
    believing = process.believing(under_way)
    mean, deviation = believing.predict(at)
    np.testing.assert_allclose(mean, process.predict(at)[0], atol=1e-12)
    _, expected = brute_force(np.vstack([points, under_way]), np.zeros(15), at)
    np.testing.assert_allclose(deviation, expected, atol=1e-7)


@pytest.mark.parametrize("n_beliefs", [0, 4])
def test_gradients_of_predictions_are_those_of_finite_differences(n_beliefs: int) -> None:
    points, at = some_points(14), some_points(6, seed=4)
    process = GaussianProcess(KERNEL, points, some_values(points), THETA)
    process = process.believing(some_points(n_beliefs, seed=5))
    mean, deviation, d_mean, d_deviation = process.gradients(at)
    np.testing.assert_allclose(np.array([mean, deviation]), process.predict(at), atol=1e-9)
    for c in range(at.shape[1]):
        step = np.zeros(at.shape[1])
        step[c] = 1e-6
        above, below = process.predict(at + step), process.predict(at - step)
        np.testing.assert_allclose(d_mean[:, c], (above[0] - below[0]) / 2e-6, atol=1e-5)
        np.testing.assert_allclose(d_deviation[:, c], (above[1] - below[1]) / 2e-6, atol=1e-5)


def test_leave_one_out_is_what_the_others_predict() -> None:
    points = some_points(10)
    values = some_values(points)
    process = GaussianProcess(KERNEL, points, values, THETA)
    mean, variance = process.leave_one_out()
    others = np.arange(10) != 4
    noise = THETA.noise + JITTER
    inverse = np.linalg.inv(covariance(points[others], points[others]) + noise * np.eye(9))
    cross = covariance(points[others], points[[4]])[:, 0]
    expected = process.mean_level + cross @ inverse @ (values[others] - process.mean_level)
    assert mean[4] == pytest.approx(expected, abs=1e-9)
    assert variance[4] == pytest.approx(THETA.variance + noise - cross @ inverse @ cross)


def test_a_fit_finds_the_axis_that_matters() -> None:
    stream = np.random.default_rng(0)
    points = stream.random((40, 2))
    values = np.sin(6.0 * points[:, 0])
    values = (values - values.mean()) / values.std()
    kernel = Kernel(np.array([0, 1]), 2)
    theta = fit(kernel, points, values, Theta.initial(2, 2), n_iterations=40)
    assert theta.scales[1] > 2.0 * theta.scales[0]
    assert theta.noise < 0.01


def test_a_fit_to_nothing_but_equal_values_is_usable() -> None:
    points = some_points(8)
    theta = fit(KERNEL, points, np.zeros(8), Theta.initial(3, 3), n_iterations=10)
    process = GaussianProcess(KERNEL, points, np.zeros(8), theta)
    assert np.isfinite(process.predict(some_points(4, seed=9))).all()


def test_a_covariance_that_is_none_is_refused() -> None:
    with pytest.raises(NotPositiveDefiniteError):
        factor(-np.eye(3))
