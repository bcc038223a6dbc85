"""Curve verdicts have the false alarms and the power that the specification states."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.analysis.curve_verdicts import (
    CurveTag,
    judge_curve,
    late_noise,
    theil_sen,
)

N, REPEATS = 50, 1500


def verdicts(shape: np.ndarray, seed: int = 0, noise: float = 1.0) -> list:
    rng = np.random.default_rng(seed)
    return [judge_curve((shape + noise * rng.normal(size=N)).tolist()) for _ in range(REPEATS)]


def share(found: list, *wanted: CurveTag) -> float:
    return sum(bool({*v.tags} & {*wanted}) for v in found) / len(found)


def falling() -> np.ndarray:
    """A curve in units of its noise that has just come to rest at its end."""
    return 10.0 * np.exp(-np.arange(N) / 12.0)


def test_flat_end_is_called_overfitting_in_5_percent_and_strong_in_0_2_s4_24():
    found = verdicts(falling())
    assert share(found, CurveTag.OVERFITS, CurveTag.OVERFITS_STRONGLY) == pytest.approx(
        0.05, abs=0.03
    )
    assert share(found, CurveTag.OVERFITS_STRONGLY) == pytest.approx(0.002, abs=0.03)


def test_rise_of_5_deviations_is_seen_in_98_percent_and_strong_in_85_s4_24():
    shape = falling() + 5.0 * np.clip((np.arange(N) - 20) / (N - 21), 0.0, None)
    found = verdicts(shape)
    assert share(found, CurveTag.OVERFITS, CurveTag.OVERFITS_STRONGLY) > 0.95
    assert share(found, CurveTag.OVERFITS_STRONGLY) > 0.82


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        (60.0 - np.arange(N), CurveTag.IMPROVING),
        (100.0 * np.exp(-np.arange(N) / 2.0), CurveTag.SATURATED),
    ],
    ids=["improving", "saturated"],
)
def test_scripted_curves_are_recognised_in_95_percent_s4_26(shape, wanted):
    found = verdicts(shape)
    assert sum(wanted in v.tags for v in found) / len(found) >= 0.95


@pytest.mark.parametrize("slope", [0.5, 2.0, 20.0])
def test_steeply_falling_curve_does_not_overfit(slope):
    found = verdicts(slope * np.arange(N)[::-1])
    assert share(found, CurveTag.OVERFITS, CurveTag.OVERFITS_STRONGLY) < 0.1


def test_noise_of_a_trend_is_that_around_it():
    rng = np.random.default_rng(1)
    errors = 10.0 - 0.1 * np.arange(2000) + 0.5 * rng.normal(size=2000)
    assert late_noise(errors.tolist()) == pytest.approx(0.5, rel=0.1)


SHAPES = {
    "line": lambda k: 5.0 - 0.1 * k,
    "exponential": lambda k: 2.0 * np.exp(-k / (len(k) / 3)),
    "power": lambda k: 3.0 / (k + 3.0),
    "cosine": lambda k: 1.0 + np.cos(np.pi * k / len(k)),
    "rising": lambda k: 0.02 * (k - len(k) / 2) ** 2,
    "waves": lambda k: np.sin(k / len(k) * 9),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [12, 50, 300])
def test_curve_without_noise_has_none_however_bent_it_is(shape, n):
    errors = SHAPES[shape](np.arange(n))
    assert late_noise(errors.tolist()) == 0.0
    assert late_noise(errors.astype(np.float32).tolist()) == 0.0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sigma", [0.003, 0.1])
def test_noise_is_what_is_left_after_the_trend(shape, sigma):
    rng, trend = np.random.default_rng(2), SHAPES[shape](np.arange(60))
    found = [late_noise((trend + sigma * rng.normal(size=60)).tolist()) for _ in range(300)]
    assert np.mean(found) == pytest.approx(sigma, rel=0.06)
    assert np.std(found) < 0.25 * sigma


def test_smooth_curve_that_came_to_rest_is_saturated_and_one_that_falls_improves():
    def judged(shape):
        found = judge_curve(shape.tolist())
        assert found.noise == 0.0
        return found.tags

    k = np.arange(60)
    assert judged(np.exp(-k / 4.0)) == (CurveTag.SATURATED,)
    assert judged(np.exp(-k / 20.0)) == (CurveTag.IMPROVING,)


def test_short_noisy_curve_has_its_noise_in_most_cases():
    rng = np.random.default_rng(3)
    found = [late_noise((0.5 + 0.01 * rng.normal(size=10)).tolist()) for _ in range(500)]
    assert np.mean(found) == pytest.approx(0.01, rel=0.1)
    assert np.mean(np.array(found) == 0.0) < 0.03


def test_short_curves_get_no_verdict():
    assert judge_curve([1.0] * 9) is None


def test_noiseless_rise_is_strong_and_a_constant_curve_is_nothing():
    rising = [*(10.0 - k for k in range(10)), *(1.0 + k for k in range(10))]
    verdict = judge_curve(rising)
    assert verdict is not None
    assert CurveTag.OVERFITS_STRONGLY in verdict.tags
    flat = judge_curve([1.0] * 20)
    assert flat is not None
    assert flat.tags == (CurveTag.SATURATED,)
    assert flat.rise == 0.0


def test_theil_sen_ignores_an_outlier():
    assert theil_sen([0.0, 1.0, 2.0, 300.0, 4.0, 5.0]) == pytest.approx(1.0, abs=0.3)
