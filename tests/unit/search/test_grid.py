"""Grid search."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.errors import SearchError
from tunebook.records import Objective, TrialState
from tunebook.search.grid import Grid, n_combinations
from tunebook.search.protocol import History, Randomness, Start
from tunebook.space import Bool, Choice, Float, Int, Space
from tunebook.testing.searcher_suite import mixed_space, noise_of, small_space, value_problem
from tunebook.testing.simulation import simulate

MINIMIZE = Objective.of(minimize="loss")


def test_every_combination_is_tried_once_in_a_fixed_order() -> None:
    space = Space(lr=Float(1e-3, 1e-1, log=True), opt=Choice("sgd", "adam"))
    for workers in (1, 4):
        problem = value_problem(noise_of, space)
        history = simulate(Grid(points_per_float=3), problem, trials=99, workers=workers)
        tried = [(round(t.config.lr, 6), t.config.opt) for t in history.trials]
        assert tried == [(lr, opt) for lr in (0.001, 0.01, 0.1) for opt in ("sgd", "adam")]


def test_a_resumed_study_goes_on_behind_what_was_tried() -> None:
    space = Space(x=Float(0.0, 1.0))
    problem = value_problem(noise_of, space)
    half = simulate(Grid(), problem, trials=2)
    decisions = Grid().decide(half, 9, Randomness(0))
    assert [d.config.x for d in decisions if isinstance(d, Start)] == [0.5, 0.75, 1.0]


def test_a_cancelled_trial_is_tried_again() -> None:
    whole = simulate(Grid(), value_problem(noise_of, small_space()), trials=6)
    trials = [replace(whole.trials[0], state=TrialState.CANCELLED), *whole.trials[1:]]
    decisions = Grid().decide(replace(whole, trials=trials), 2, Randomness(0))
    assert [d.config for d in decisions if isinstance(d, Start)] == [whole.trials[0].config]


def test_decisions_that_were_not_carried_out_come_again() -> None:
    history = History(small_space(), MINIMIZE, ())
    grid = Grid()
    first = grid.decide(history, 4, Randomness(0))
    assert grid.decide(history, 4, Randomness(0)) == first


def test_an_absurd_grid_is_refused_with_its_size_unless_the_budget_cuts_it() -> None:
    space = Space(a=Int(1, 10_000), b=Int(1, 10_000))
    with pytest.raises(SearchError, match="100,000,000 combinations"):
        Grid().decide(History(space, MINIMIZE, ()), 1, Randomness(0))
    limited = History(space, MINIMIZE, (), trials_left=10)
    assert len(Grid().decide(limited, 2, Randomness(0))) == 2
    thinned = Grid(points_per_int=10).decide(History(space, MINIMIZE, ()), 1, Randomness(0))
    assert len(thinned) == 1


@pytest.mark.parametrize("points", [(5, None), (3, 4), (1, 1)])
def test_the_number_of_combinations_is_that_of_the_grid(points: tuple[int, int | None]) -> None:
    space = Space(a=Float(0.0, 1.0), b=Float(0.0, 1.0, step=0.1), c=Int(1, 7), d=Bool())
    per_float, per_int = points
    n = sum(1 for _ in space.grid(per_float, points_per_int=per_int))
    assert n_combinations(space, per_float, per_int) == n


def test_the_number_of_combinations_bounds_a_conditional_grid() -> None:
    space = mixed_space()
    assert n_combinations(space, 2, 2) >= sum(1 for _ in space.grid(2, points_per_int=2))


def test_options_out_of_range_are_refused_with_the_range() -> None:
    with pytest.raises(SearchError, match="from 1 to 1000"):
        Grid(points_per_float=0)
    with pytest.raises(SearchError, match="or none"):
        Grid(points_per_int=5000)
    with pytest.raises(SearchError, match="whole number"):
        Grid(points_per_float=2.5)  # type: ignore[arg-type]  # what the test is about
