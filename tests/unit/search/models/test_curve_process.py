"""The process over curves: gradients against differences, predictions against plain algebra."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tunebook.search.models.curve_process import (
    CurvePoints,
    CurveProcess,
    CurveTheta,
    _Likelihood,
    fit_curves,
)
from tunebook.search.models.gaussian_process import JITTER, Kernel

KERNEL = Kernel(np.array([0, 1, 2, 2]), 3)
THETA = CurveTheta(np.array([0.4, 0.9, 0.7]), 0.8, 0.4, 0.06, 0.03, 1.2, 0.02)
N_STEPS = 30.0


def some_points(seed: int = 0, n_trials: int = 7) -> CurvePoints:
    stream = np.random.default_rng(seed)
    ladder = np.array([1.0, 2.0, 4.0, 7.0, 13.0, 23.0, 30.0])
    lengths = stream.integers(1, len(ladder), n_trials)
    row = np.repeat(np.arange(n_trials), lengths)
    steps = np.concatenate([ladder[:k] for k in lengths])
    return CurvePoints(stream.random((n_trials, 4)), row, steps, N_STEPS)


def some_values(points: CurvePoints) -> np.ndarray:
    level = np.sin(4.0 * points.trials[points.row, 0]) + 1.0 / points.steps
    noise = np.random.default_rng(1).standard_normal(len(points))
    z = level + 0.1 * noise
    return np.asarray((z - z.mean()) / z.std())


def pair(points: CurvePoints, i: int, others: CurvePoints, j: int) -> float:
    """Return the covariance of two points, written out."""
    x, y = points.trials[points.row[i]], others.trials[others.row[j]]
    a = math.sqrt(5.0 * sum(((x - y) / THETA.scales[KERNEL.group_of]) ** 2))
    kin = (1.0 + a + a * a / 3.0) * math.exp(-a)
    t, s = points.steps[i], others.steps[j]
    near = math.exp(-abs(math.log(t) - math.log(s)) / THETA.length)
    whole = math.log(N_STEPS)
    slopes = (1 - math.log(t) / whole) * (1 - math.log(s) / whole)
    is_same = points.row[i] == others.row[j]
    return (
        kin * (THETA.stable + THETA.changing * near)
        + is_same * (THETA.luck + THETA.drift * near)
        + slopes
        + 1 / (t * s)
        + 0.25
    )


def covariance(points: CurvePoints, others: CurvePoints) -> np.ndarray:
    return np.array(
        [[pair(points, i, others, j) for j in range(len(others))] for i in range(len(points))]
    )


def test_gradient_of_the_posterior_is_that_of_finite_differences() -> None:
    points = some_points()
    likelihood, logs = _Likelihood(KERNEL, points, some_values(points)), THETA.logs
    _, gradient = likelihood(logs)
    for i in range(len(logs)):
        step = np.zeros_like(logs)
        step[i] = 1e-5
        difference = (likelihood(logs + step)[0] - likelihood(logs - step)[0]) / 2e-5
        assert gradient[i] == pytest.approx(difference, rel=1e-5, abs=1e-6)


def test_predictions_are_those_of_the_textbook() -> None:
    points = some_points()
    values, n_known = some_values(points), len(points.trials)
    # Two known trials further on, and two new configurations.
    trials = np.vstack([points.trials, np.random.default_rng(3).random((2, 4))])
    others = CurvePoints(
        trials, np.array([1, 4, n_known, n_known + 1]), np.array([30.0, 30.0, 3.0, 30.0]), N_STEPS
    )
    mean, deviation = CurveProcess(KERNEL, points, values, THETA).predict(others)
    noisy = covariance(points, points) + (THETA.noise + JITTER) * np.eye(len(points))
    inverse, cross = np.linalg.inv(noisy), covariance(points, others)
    np.testing.assert_allclose(mean, cross.T @ inverse @ values, atol=1e-8)
    variance = np.diag(covariance(others, others)) - np.diag(cross.T @ inverse @ cross)
    np.testing.assert_allclose(deviation, np.sqrt(variance), atol=1e-6)


def test_beliefs_leave_the_mean_and_shrink_the_deviation() -> None:
    points = some_points()
    process = CurveProcess(KERNEL, points, some_values(points), THETA)
    ahead = replace(points, row=np.array([2]), steps=np.array([30.0]))
    believing = process.believing(ahead)
    before, after = process.predict(ahead), believing.predict(ahead)
    np.testing.assert_allclose(before[0], after[0], atol=1e-9)
    assert after[1][0] < 0.5 * before[1][0]
    far = replace(points, row=np.arange(7), steps=np.full(7, 30.0))
    np.testing.assert_allclose(process.predict(far)[0], believing.predict(far)[0], atol=1e-9)


def test_a_trial_left_out_is_predicted_from_the_others() -> None:
    points = some_points()
    values = some_values(points)
    _, means, variances = CurveProcess(KERNEL, points, values, THETA).leave_one_trial_out()
    others = points.row != 3
    left = CurvePoints(points.trials, points.row[others], points.steps[others], N_STEPS)
    last = np.flatnonzero(points.row == 3)[-1:]
    at = replace(points, row=points.row[last], steps=points.steps[last])
    mean, deviation = CurveProcess(KERNEL, left, values[others], THETA).predict(at)
    assert means[3] == pytest.approx(mean[0], abs=1e-8)
    assert variances[3] == pytest.approx(deviation[0] ** 2 + THETA.noise + JITTER, abs=1e-7)


def test_a_fit_tells_luck_from_merit() -> None:
    """Curves that differ by their trial alone have no use for the configuration."""
    stream = np.random.default_rng(0)
    points = some_points(seed=5, n_trials=30)
    values = stream.standard_normal(30)[points.row]
    theta = fit_curves(KERNEL, points, values, CurveTheta.initial(KERNEL), n_iterations=40)
    assert theta.luck > 0.3
    new = CurvePoints(
        np.vstack([points.trials, stream.random((50, 4))]),
        np.arange(30, 80),
        np.full(50, N_STEPS),
        N_STEPS,
    )
    mean, _ = CurveProcess(KERNEL, points, values, theta).predict(new)
    assert mean.std() < 0.2
