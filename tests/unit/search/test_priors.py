"""What users believe: a term of the acquisition that fades, and dies when it misleads."""

from __future__ import annotations

import numpy as np

from tunebook.search.coordinates import Coordinates
from tunebook.search.priors import GAMMA, Priors, rank_correlation
from tunebook.space import Choice, Float, Space


def priors_of(space: Space) -> Priors:
    return Priors(Coordinates(space))


def lr_space() -> Space:
    return Space(lr=Float(1e-4, 1.0, log=True, prior=1e-2), other=Float(0.0, 1.0))


def test_a_prior_is_densest_at_its_value() -> None:
    units = np.array([[u, 0.3] for u in np.linspace(0.0, 1.0, 21)])
    assert priors_of(lr_space()).log_density(units).argmax() == 10


def test_a_surer_prior_is_narrower() -> None:
    def fall(confidence: str) -> float:
        space = Space(a=Float(0.0, 1.0, prior=0.5, confidence=confidence))
        near, far = priors_of(space).log_density(np.array([[0.5], [0.9]]))
        return float(near - far)

    assert fall("low") < fall("medium") < fall("high")


def test_a_prior_on_a_choice_prefers_its_value() -> None:
    space = Space(a=Choice("x", "y", "z", prior="y", confidence="high"))
    density = np.exp(priors_of(space).log_density(np.array([[1 / 6], [0.5], [5 / 6]])))
    np.testing.assert_allclose(density, [0.1, 0.8, 0.1])


def test_an_inactive_parameter_says_nothing() -> None:
    space = Space(a=Choice("x", "y"), b=Float(0.0, 1.0, prior=0.1, when={"a": "x"}))
    coordinates = Coordinates(space)
    units = coordinates.snap(np.array([[0.75, 0.0], [0.75, 1.0]]))
    assert Priors(coordinates).log_density(units).tolist() == [0.0, 0.0]


def test_a_prior_fades_and_is_dropped_when_trials_contradict_it() -> None:
    priors, units = priors_of(lr_space()), np.random.default_rng(0).random((40, 2))
    near_is_good = np.abs(units[:, 0] - 0.5)
    assert priors.weight(units[:5], near_is_good[:5]) == GAMMA / 5
    assert priors.weight(units, near_is_good) == GAMMA / 40
    assert priors.weight(units, -near_is_good) == 0.0


def test_a_space_without_priors_has_no_term() -> None:
    priors = priors_of(Space(a=Float(0.0, 1.0)))
    assert not priors
    assert priors.weight(np.zeros((3, 1)), np.zeros(3)) == 0.0


def test_rank_correlation_knows_order_and_ignores_shape() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank_correlation(x, np.exp(x)) == 1.0
    assert rank_correlation(x, -x) == -1.0
    assert rank_correlation(x, np.ones(4)) == 0.0
