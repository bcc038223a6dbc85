"""PSHE2: S0.16, without the defects of the published code."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest

from tunebook.errors import SearchError
from tunebook.records import Configuration, Objective, TrialState
from tunebook.search.options import options_of
from tunebook.search.protocol import History, Randomness
from tunebook.search.pshe2 import Pshe2
from tunebook.space import Choice, Float, Space
from tunebook.testing.simulation import Problem, simulate

CENTRE = {"a": 0.4, "b": -0.2, "c": 0.1, "d": 0.6}
SPACE = Space({name: Float(-1.0, 1.0) for name in CENTRE})


def quadratic(config: Configuration) -> float:
    return sum((config[name] - centre) ** 2 for name, centre in CENTRE.items())


PROBLEM = Problem(SPACE, quadratic)


@pytest.mark.timeout(60)
def test_reaches_on_a_quadratic_what_members_of_their_own_momentum_do_s0_16() -> None:
    best, best_of_random = [], []
    for seed in range(30):
        history = simulate(Pshe2(), PROBLEM, trials=50, workers=5, seed=seed)
        best.append(min(t.value for t in history.trials if t.value is not None))
        draws = np.random.default_rng(seed).uniform(-1.0, 1.0, (50, 4))
        best_of_random.append(((draws - list(CENTRE.values())) ** 2).sum(1).min())
    assert statistics.median(best) == pytest.approx(0.03, rel=0.3)
    assert statistics.median(best_of_random) == pytest.approx(0.20, rel=0.3)


def test_is_over_after_population_times_rounds_s0_16() -> None:
    assert {o.name: o.default for o in options_of(Pshe2)} == {"population": 5, "rounds": 10}
    assert len(simulate(Pshe2(), PROBLEM, trials=1000, workers=3).trials) == 50
    assert len(simulate(Pshe2(population=3, rounds=4), PROBLEM, trials=1000).trials) == 12


def test_a_crash_never_counts_as_best_even_if_all_metrics_are_negative_s0_16() -> None:
    def crashing(config: Configuration) -> float:
        return math.nan if config["a"] < 0.0 else -1.0 - quadratic(config)

    problem = replace(PROBLEM, function=crashing, objective=Objective.of(maximize="score"))
    history = simulate(Pshe2(rounds=20), problem, trials=100)
    crashed = [t for t in history.trials if t.state is TrialState.INFEASIBLE]
    assert len(crashed) >= 2
    # Crashes do not pull: the swarm leaves the side where they are.
    late = [t for t in history.trials[60:] if t.state is TrialState.INFEASIBLE]
    assert len(late) <= 4
    best = max(t.value for t in history.trials if t.value is not None)
    assert best > -1.1


def test_the_first_round_spreads_around_the_priors() -> None:
    space = Space(a=Float(-1.0, 1.0, prior=0.9), b=Float(-1.0, 1.0, prior=0.9))
    history = simulate(Pshe2(population=100), Problem(space, lambda c: 0.0), trials=100)
    drawn = [t.config["a"] for t in history.trials]
    assert 0.4 < sum(a > 0.9 for a in drawn) / 100 < 0.6
    assert min(drawn) < -0.5


def test_learning_rates_move_on_a_log_scale_s0_16() -> None:
    space = Space(lr=Float(1e-5, 1.0, log=True), wd=Float(1e-5, 1.0, log=True))

    def far_from_the_centre(config: Configuration) -> float:
        return sum((math.log10(config[name]) + 4.0) ** 2 for name in ("lr", "wd"))

    history = simulate(Pshe2(), Problem(space, far_from_the_centre), trials=50)
    assert min(t.value for t in history.trials if t.value is not None) < 0.2


def test_choices_without_an_order_are_refused() -> None:
    history = History(Space(a=Choice("p", "q"), b=Float(0.0, 1.0)), PROBLEM.objective, ())
    with pytest.raises(SearchError, match=r"no order.*'a'"):
        Pshe2().decide(history, 1, Randomness(0))
