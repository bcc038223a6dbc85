"""Quasi-random search: S4.43."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import qmc

from tunebook.records import Configuration, Objective
from tunebook.search.halton import Halton
from tunebook.search.protocol import History, Randomness, Start
from tunebook.search.sequences import halton_point
from tunebook.space import Choice, Float, Int, Space
from tunebook.testing.searcher_suite import (
    constrained_space,
    mixed_space,
    noise_of,
    small_space,
    value_problem,
)
from tunebook.testing.simulation import simulate

MINIMIZE = Objective.of(minimize="loss")
N_SEEDS = 200


def points_of(seed: int, n: int = 32, d: int = 4) -> np.ndarray:
    return np.array([halton_point(d, seed, index) for index in range(n)])


def configs_of(space: Space, *, trials: int, workers: int = 1) -> list[Configuration]:
    history = simulate(
        Halton(), value_problem(noise_of, space), trials=trials, workers=workers, seed=4
    )
    return [trial.config for trial in history.trials]


def largest_gap(points: np.ndarray) -> float:
    return float(np.diff(np.sort(points, axis=0), axis=0).max())


def test_no_gap_on_any_axis_is_larger_than_0_09_s4_43() -> None:
    assert all(largest_gap(points_of(seed)) <= 0.09 for seed in range(N_SEEDS))


def test_points_are_more_even_than_random_ones_in_every_seed_s4_43() -> None:
    quasi, plain = [], []
    for seed in range(N_SEEDS):
        quasi.append(qmc.discrepancy(points_of(seed)))
        plain.append(qmc.discrepancy(np.random.default_rng(seed).random((32, 4))))
    assert all(q < p for q, p in zip(quasi, plain, strict=True))
    assert np.mean(quasi) == pytest.approx(0.006, abs=0.001)
    assert np.mean(plain) == pytest.approx(0.034, abs=0.004)


def test_the_first_1000_points_are_skipped_s4_43() -> None:
    engine = qmc.Halton(3, scramble=True, rng=np.random.default_rng(9))
    expected = engine.random(1300)[1000:]
    assert np.array_equal(points_of(9, n=300, d=3), expected)


def test_the_first_16_of_32_trials_are_a_study_of_16_s4_43() -> None:
    assert configs_of(mixed_space(), trials=32)[:16] == configs_of(mixed_space(), trials=16)


@pytest.mark.parametrize("space", [mixed_space(), constrained_space(), small_space()])
def test_parallelism_changes_nothing_s4_43(space: Space) -> None:
    assert configs_of(space, trials=24, workers=7) == configs_of(space, trials=24)


def test_the_order_of_the_parameters_changes_nothing_s4_43() -> None:
    one = Space(a=Float(0.0, 1.0), b=Int(1, 9))
    other = Space(b=Int(1, 9), a=Float(0.0, 1.0))
    assert [dict(sorted(c.items())) for c in configs_of(one, trials=9)] == [
        dict(sorted(c.items())) for c in configs_of(other, trials=9)
    ]


def test_discrete_values_come_equally_often_s4_43() -> None:
    space = Space(a=Choice(*range(8)), b=Float(0.0, 1.0))
    counts = np.bincount([c.a for c in configs_of(space, trials=640)])
    assert np.all(np.abs(counts - 80) <= 2)


def test_points_that_violate_a_constraint_are_passed_over_and_stay_so() -> None:
    space = constrained_space()
    allowed = (space.decode(point) for point in points_of(4, n=200, d=2))
    expected = [config for config in allowed if space.satisfies(config)][:20]
    assert configs_of(space, trials=20) == expected


def test_a_point_that_a_person_has_tried_is_passed_over() -> None:
    problem = value_problem(noise_of, small_space())
    plain = simulate(Halton(), problem, trials=6, seed=4)
    enqueued = replace(plain.trials[0], config=plain.trials[3].config, source="request")
    history = History(problem.space, MINIMIZE, [enqueued], trials_left=6)
    tried = [enqueued.config]
    while decisions := Halton().decide(history, 2, Randomness(4)):
        for decision in decisions:
            assert isinstance(decision, Start)
            number = len(history.trials)
            trial = replace(plain.trials[0], number=number, config=decision.config)  # type: ignore[arg-type]  # a plain number
            history = replace(history, trials=[*history.trials, trial])
            tried.append(decision.config)
    assert len(tried) == len(set(tried)) == 6


def test_a_finite_space_is_tried_once_each_and_then_the_search_is_over() -> None:
    configs = configs_of(small_space(), trials=50, workers=4)
    assert len(configs) == len(set(configs)) == 6


def test_a_widened_space_goes_on_with_new_points() -> None:
    narrow, wide = Space(x=Float(0.0, 1.0)), Space(x=Float(0.0, 2.0))
    before = simulate(Halton(), value_problem(noise_of, narrow), trials=8, seed=4)
    history = replace(before, space=wide)
    decisions = Halton().decide(history, 1, Randomness(4))
    assert [d.config.x for d in decisions if isinstance(d, Start)] == [
        wide.decode(halton_point(1, 4, 8)).x
    ]
