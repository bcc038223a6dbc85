"""Starting from older studies: what they expect, and how a misleading past loses its weight."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tunebook.errors import SearchError
from tunebook.records import Configuration, Objective, Trial, TrialNumber, TrialState
from tunebook.search.coordinates import Coordinates
from tunebook.search.models.gaussian_process import GaussianProcess, Theta
from tunebook.search.past import MAX_OUTCOMES, PastStudy, is_helpful, past_study, shared_names
from tunebook.search.threads import one_thread
from tunebook.search.transfer import PastMean, WarmProcess, weight
from tunebook.space import Bool, Choice, Float, Int, Space
from tunebook.testing.searcher_suite import finished, mixed_space

MINIMIZE = Objective.of(minimize="loss")
SPACE = Space(x=Float(0.0, 1.0), y=Float(0.0, 1.0))
COORDINATES = Coordinates(SPACE)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Fit as searchers do: on one thread."""
    with one_thread():
        yield


def bowl(config: Configuration, centre: float = 0.7) -> float:
    return (config["x"] - centre) ** 2 + (config["y"] - 0.2) ** 2


def past_of(space: Space = SPACE, n: int = 40, centre: float = 0.7, seed: int = 0) -> PastStudy:
    stream = np.random.default_rng(seed)
    configs = [space.sample(stream) for _ in range(n)]
    return PastStudy(f"old-{seed}", space, tuple((c, bowl(c, centre)) for c in configs))


def expected(past: PastMean, *configs: dict[str, object]) -> list[float]:
    space = COORDINATES.space
    rows = COORDINATES.encode([space.check(config) for config in configs])
    return past.of(COORDINATES.expand(rows)).tolist()


def test_the_past_expects_most_where_it_was_best() -> None:
    past = PastMean(COORDINATES, [past_of()])
    good, bad = expected(past, {"x": 0.7, "y": 0.2}, {"x": 0.0, "y": 1.0})
    assert good < -0.7
    assert bad > 0.7


def test_several_pasts_are_averaged() -> None:
    pasts = [past_of(centre=c, seed=i) for i, c in enumerate((0.2, 0.8))]
    between, one, other, far = expected(
        PastMean(COORDINATES, pasts),
        *({"x": x, "y": y} for x, y in ((0.5, 0.2), (0.2, 0.2), (0.8, 0.2), (0.5, 1.0))),
    )
    assert between < min(one, other) < far


def test_gradients_are_those_of_the_expectation() -> None:
    past = PastMean(COORDINATES, [past_of(seed=1), past_of(seed=2)])
    points = np.random.default_rng(0).random((5, 2))
    slopes, h = past.slopes(points), 1e-5
    for j in range(2):
        step = h * np.eye(2)[j]
        numeric = (past.of(points + step) - past.of(points - step)) / (2.0 * h)
        assert slopes[:, j] == pytest.approx(numeric, abs=1e-4)


def test_a_parameter_that_the_past_did_not_have_makes_no_difference() -> None:
    space = Space(x=Float(0.0, 1.0), y=Float(0.0, 1.0), fresh=Float(0.0, 1.0), k=Choice("p", "q"))
    coordinates = Coordinates(space)
    past = PastMean(coordinates, [past_of()])
    configs = [
        space.check({"x": 0.7, "y": 0.2, "fresh": fresh, "k": k})
        for fresh in (0.1, 0.9)
        for k in ("p", "q")
    ]
    points = coordinates.expand(coordinates.encode(configs))
    assert np.ptp(past.of(points)) == pytest.approx(0.0, abs=1e-12)
    assert past.slopes(points)[:, coordinates.kernel.group_of == 0] == pytest.approx(0.0)


def test_trials_outside_the_new_range_are_left_out() -> None:
    narrow = Space(x=Float(0.6, 0.8), y=Float(0.0, 1.0))
    assert PastMean(Coordinates(narrow), [past_of()])
    nowhere = Space(x=Float(5.0, 6.0), z=Float(0.0, 1.0))
    assert not PastMean(Coordinates(nowhere), [past_of()])
    assert not PastMean(COORDINATES, [past_of(n=4)])
    assert not PastMean(COORDINATES, [])


def test_a_past_of_every_kind_of_parameter_and_with_failures_is_taken() -> None:
    space = mixed_space()
    trials = finished(30, space)
    trials[3] = replace(trials[3], state=TrialState.INFEASIBLE, value=None)
    past = past_study("old", space, MINIMIZE, trials, new=MINIMIZE)
    coordinates = Coordinates(space)
    mean = PastMean(coordinates, [past])
    points = coordinates.expand(coordinates.encode([t.config for t in trials]))
    assert np.isfinite(mean.of(points)).all()
    assert np.isfinite(mean.slopes(points)).all()


def test_a_past_that_agrees_keeps_its_weight_and_one_that_misleads_loses_it() -> None:
    said = np.random.default_rng(0).normal(size=12)
    assert weight(said, np.empty(0)[:0]) == 1.0
    assert weight(said, said) == pytest.approx(1.0)
    assert weight(said, 2.0 * said) == 1.5
    assert weight(said, -said) == 0.0
    # What it says of the level is not held against it: values are standardised among themselves.
    assert weight(said - 5.0, said) == pytest.approx(1.0)
    assert weight(said[:2], -said[:2]) < 1.0


def test_the_past_and_what_it_does_not_explain_are_one_model() -> None:
    past = PastMean(COORDINATES, [past_of()])
    points = np.random.default_rng(1).random((10, 2))
    values = 1.5 * past.of(points) + 0.3 * np.sin(5.0 * points[:, 0])
    theta = Theta(np.array([0.5, 0.5]), 1.0, 1e-4)
    residual = GaussianProcess(COORDINATES.kernel, points, values - past.of(points), theta)
    model = WarmProcess(residual, past, 1.0)
    assert model.values == pytest.approx(values)
    assert model.observed_means() == pytest.approx(values, abs=0.02)
    elsewhere = np.random.default_rng(2).random((4, 2))
    mean, deviation, d_mean, _ = model.gradients(elsewhere)
    assert mean == pytest.approx(model.predict(elsewhere)[0])
    assert deviation == pytest.approx(model.predict(elsewhere)[1])
    h = 1e-5
    for j in range(2):
        step = h * np.eye(2)[j]
        ends = [model.predict(elsewhere + side * step)[0] for side in (1.0, -1.0)]
        assert d_mean[:, j] == pytest.approx((ends[0] - ends[1]) / (2.0 * h), abs=1e-3)
    believing = model.believing(elsewhere)
    assert believing.predict(elsewhere)[0] == pytest.approx(mean)
    assert (believing.predict(elsewhere)[1] < deviation).all()
    assert model.leave_one_out()[0].shape == (10,)


def test_another_direction_is_refused() -> None:
    trials = finished(10, SPACE)
    with pytest.raises(SearchError, match=r"maximize loss.*minimize"):
        past_study("old", SPACE, Objective.of(maximize="loss"), trials, new=MINIMIZE)


def test_values_are_turned_to_be_minimised() -> None:
    trial = Trial(TrialNumber(0), TrialState.DONE, SPACE.default(), 0.0, value=0.9)
    up = Objective.of(maximize="accuracy")
    past = past_study("old", SPACE, up, [trial], new=Objective.of(maximize="val_accuracy"))
    assert past.outcomes == ((trial.config, -0.9),)


def test_a_long_past_is_thinned_and_keeps_its_best() -> None:
    trials = finished(1000, SPACE)
    past = past_study("old", SPACE, MINIMIZE, trials, new=MINIMIZE)
    assert len(past.outcomes) == MAX_OUTCOMES
    kept = {value for _, value in past.outcomes}
    best = sorted(t.value for t in trials if t.value is not None)[: MAX_OUTCOMES // 2]
    assert set(best) <= kept


def test_a_past_goes_to_json_and_back() -> None:
    past = past_of(mixed_space_with_xy(), n=6)
    assert PastStudy.from_dict(json.loads(json.dumps(past.to_dict()))) == past


def mixed_space_with_xy() -> Space:
    return Space(x=Float(0.0, 1.0), y=Float(0.0, 1.0), k=Choice("p", 1, None), b=Bool())


def test_what_is_shared_and_when_a_past_is_offered() -> None:
    new = Space(lr=Float(1e-4, 1.0, log=True), n=Int(1, 8), k=Choice("a", "b"), b=Bool())
    old = Space(lr=Float(1e-6, 1e-3), n=Float(0.0, 4.0), k=Choice("b", "c"), b=Choice("x", "y"))
    assert shared_names(new, old) == ["k", "lr", "n"]
    assert shared_names(new, Space(lr=Float(2.0, 3.0), k=Choice("c", "d"))) == []
    assert is_helpful(SPACE, past_of())
    assert not is_helpful(SPACE, past_of(n=3))
    assert not is_helpful(new, past_of())
