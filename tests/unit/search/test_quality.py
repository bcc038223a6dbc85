"""Every searcher on problems whose optimum is known."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import pytest

from tunebook.search import make_searcher, searcher_names
from tunebook.testing.simulation import Problem, simulate
from tunebook.testing.surfaces import bowl, branches, cliff, surface

# What the best of 30 trials has to reach, in the median of 5 seeds. Random search reaches 0.025,
# 0.003, 0.24 and 0.073 in the median of many: a searcher that does not search does not get there.
PROBLEMS: dict[str, tuple[Callable[[], Problem], float]] = {
    "bowl": (bowl, 0.05),
    "branches": (branches, 0.05),
    "cliff": (cliff, 0.45),
    "surface": (surface, 0.09),
}


def best_of(searcher: str, problem: Problem, seed: int) -> float:
    history = simulate(make_searcher(searcher), problem, trials=30, workers=2, seed=seed)
    values = [trial.value for trial in history.trials if trial.value is not None]
    return min(values, default=float("inf"))


@pytest.mark.parametrize("searcher", [name for name in searcher_names() if name != "grid"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_searcher_comes_near_a_known_optimum(searcher: str, problem: str) -> None:
    make_problem, enough = PROBLEMS[problem]
    median = statistics.median(best_of(searcher, make_problem(), seed) for seed in range(5))
    assert median <= enough


def test_a_grid_comes_near_the_optimum_of_two_dimensions() -> None:
    assert best_of("grid", bowl(), 0) <= 0.1
