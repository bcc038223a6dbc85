"""Searchers that start from older studies: sooner there when they help, not misled for long."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.records import Configuration
from tunebook.search.past import PastStudy
from tunebook.search.registry import make_searcher
from tunebook.space import Float, Space
from tunebook.testing.simulation import Problem, simulate

SPACE = Space(x=Float(0.0, 1.0), y=Float(0.0, 1.0))


def bowl(config: Configuration, centre: float = 0.72) -> float:
    return (config["x"] - centre) ** 2 + (config["y"] - 0.2) ** 2


def past(*, sign: float = 1.0) -> PastStudy:
    stream = np.random.default_rng(0)
    configs = [SPACE.sample(stream) for _ in range(40)]
    return PastStudy("old", SPACE, tuple((c, sign * bowl(c, 0.7)) for c in configs))


def best(searcher: str, n: int, pasts: tuple[PastStudy, ...] = (), **changes: object) -> float:
    problem = replace(Problem(SPACE, bowl, past=pasts), **changes)
    return min(t.value for t in simulate(make_searcher(searcher), problem, trials=n).trials)


@pytest.mark.parametrize("searcher", ["bayes", "auto"])
def test_first_trial_is_nearly_as_good_as_the_past_knows(searcher):
    assert best(searcher, 1, (past(),)) < 0.01 < best(searcher, 1)


@pytest.mark.parametrize("searcher", ["bayes", "auto"])
def test_past_that_misleads_dies(searcher):
    assert best(searcher, 20, (past(sign=-1.0),)) < 0.01


def curve(config):
    return [bowl(config) + 0.5 / step for step in range(1, 10)]


def test_second_trial_with_a_curve_is_what_the_past_knows():
    problem = Problem(SPACE, curve, max_steps=9, past=(past(),))
    trials = simulate(make_searcher("auto"), problem, trials=2).trials
    assert bowl(trials[1].config) < 0.01


def test_past_that_misleads_costs_a_study_of_curves_little():
    problem = Problem(SPACE, curve, max_steps=9, past=(past(sign=-1.0),))
    trials = simulate(make_searcher("auto"), problem, steps=90).trials
    assert min(bowl(trial.config) for trial in trials if trial.step == 9) < 0.01


def test_past_outside_of_the_space_changes_nothing():
    space = Space(z=Float(0.0, 1.0))
    stream = np.random.default_rng(0)
    other = PastStudy("old", space, tuple((space.sample(stream), 1.0) for _ in range(9)))
    configs = [
        [
            t.config
            for t in simulate(make_searcher("bayes"), Problem(SPACE, bowl, past=p), trials=8).trials
        ]
        for p in ((), (other,))
    ]
    assert configs[0] == configs[1]
