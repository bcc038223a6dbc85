"""CMA-ES: S0.17."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from tunebook.errors import SearchError
from tunebook.records import Configuration, FailureKind, Objective
from tunebook.search.cma_es import CmaEs
from tunebook.search.protocol import History, Randomness, Searcher
from tunebook.search.random import Random
from tunebook.space import Bool, Choice, Float, Int, Space
from tunebook.testing.simulation import Outcome, Problem, simulate

MINIMIZE = Objective.of(minimize="loss")
SPACE = Space({name: Float(-1.0, 1.0) for name in "abcd"})


def valley(seed: int) -> Problem:
    """Return a rotated quadratic whose axes differ 10^4-fold in steepness."""
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))
    weights = 10.0 ** np.linspace(0.0, 4.0, 4)

    def height(config: Configuration) -> float:
        place = np.array([config[name] for name in "abcd"]) - (0.3, -0.4, 0.2, -0.1)
        return float(weights @ (rotation @ place) ** 2)

    return Problem(SPACE, height)


def median_best(searcher: Searcher) -> float:
    best = []
    for seed in range(30):
        history = simulate(searcher, valley(seed), trials=150, seed=seed)
        best.append(min(t.value for t in history.trials if t.value is not None))
    return statistics.median(best)


def test_learns_an_ill_conditioned_valley_three_times_better_than_random_s0_17() -> None:
    assert median_best(CmaEs(population=15)) * 3.0 <= median_best(Random())


def test_the_first_generation_lies_around_the_priors_with_the_given_spread_s0_17() -> None:
    space = Space(a=Float(0.0, 1.0, prior=0.7), b=Float(0.0, 1.0, prior=0.3))
    history = simulate(CmaEs(population=200), Problem(space, lambda c: 0.0), trials=200)
    drawn = np.array([[t.config["a"], t.config["b"]] for t in history.trials])
    assert drawn.mean(0) == pytest.approx([0.7, 0.3], abs=0.03)
    assert drawn.std(0) == pytest.approx([0.1, 0.1], rel=0.2)


def test_searches_anew_with_a_larger_population_when_it_has_converged() -> None:
    problem = Problem(SPACE, lambda c: sum(c[name] ** 2 for name in "abcd"))
    history = simulate(CmaEs(), problem, trials=900)
    whys = [t.why or "" for t in history.trials]
    assert whys[0].endswith("of 8 trials")
    assert whys[-1].endswith("of 16 trials")


def test_failures_are_no_optimum() -> None:
    def cliff(config: Configuration) -> Outcome:
        if config["a"] > 0.3:
            return FailureKind.OUT_OF_MEMORY
        return -config["a"] + config["b"] ** 2

    space = Space(a=Float(-1.0, 1.0), b=Float(-1.0, 1.0))
    history = simulate(CmaEs(), Problem(space, cliff), trials=120)
    best = min(t.value for t in history.trials if t.value is not None)
    assert best < -0.28


def test_choices_without_an_order_are_refused_by_name() -> None:
    space = Space(lr=Float(0.0, 1.0), optimizer=Choice("sgd", "adam"))
    with pytest.raises(SearchError, match=r"no order.*'optimizer'.*'bayes'"):
        CmaEs().decide(History(space, MINIMIZE, ()), 1, Randomness(0))


def test_ordered_choices_booleans_and_whole_numbers_are_taken() -> None:
    space = Space(
        a=Choice(1, 2, 4, ordered=True), b=Bool(), c=Int(1, 9), d=Choice(1, 2, ordered=True)
    )
    problem = Problem(space, lambda c: float(c["a"] + c["b"] + c["c"] + c["d"]))
    history = simulate(CmaEs(), problem, trials=60)
    assert min(t.value for t in history.trials if t.value is not None) <= 4.0


def test_one_parameter_alone_is_refused_s0_17() -> None:
    history = History(Space(lr=Float(0.0, 1.0)), MINIMIZE, ())
    with pytest.raises(SearchError, match="only one"):
        CmaEs().decide(history, 1, Randomness(0))


def test_a_person_may_put_another_configuration_in_a_place() -> None:
    history = simulate(CmaEs(), valley(0), trials=16)
    other = simulate(Random(), valley(0), trials=16)
    decided = CmaEs().decide(history, 8, Randomness(0))
    assert len(decided) == 8
    assert CmaEs().decide(other, 8, Randomness(0)) != decided
