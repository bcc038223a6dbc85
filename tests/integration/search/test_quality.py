"""The matrix: every searcher on every problem whose optimum is known, and that it takes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from surfaces import bowl, branches, cliff, surface
from tunebook.errors import SearchError
from tunebook.records import Configuration, FailureKind
from tunebook.search import make_searcher, searcher_names
from tunebook.testing.simulation import Outcome, Problem, simulate

N_FULL = 30
N_STEPS = 40

# What the best of 30 full trainings has to reach, in the median of 5 seeds. Random search reaches
# 0.025, 0.003, 0.24 and 0.073 in the median of many: what does not search does not get there.
PROBLEMS: dict[str, tuple[Callable[[], Problem], float]] = {
    "bowl": (bowl, 0.05),
    "branches": (branches, 0.05),
    "cliff": (cliff, 0.45),
    "surface": (surface, 0.09),
}

# Searchers that move along axes take no choices without an order.
AXES_ONLY = {"cma-es", "pshe2"}
# A grid of more than two dimensions does not get anywhere in 30 trials.
PLANE_ONLY = {"grid"}


def takes(searcher: str, problem: str) -> bool:
    if searcher in PLANE_ONLY:
        return problem == "bowl"
    return not (searcher in AXES_ONLY and problem == "branches")


# The models of learning curves are measured in tests of their own: they take their time.
CURVES_ELSEWHERE = {"auto"}

# Needs a package that is not ours: tests/integration/search.
ELSEWHERE = {"optuna"}

MATRIX = [(s, p) for s in searcher_names() if s not in ELSEWHERE for p in PROBLEMS if takes(s, p)]
CURVE_MATRIX = [(s, p) for s, p in MATRIX if s not in CURVES_ELSEWHERE]


def with_curves(problem: Problem) -> Problem:
    """Return the problem with learning curves that fall to its values."""

    def curve(config: Configuration) -> Outcome:
        level = problem.function(config)
        if isinstance(level, FailureKind | Sequence):
            return level
        return [level + 1.0 / step - 1.0 / N_STEPS for step in range(1, N_STEPS + 1)]

    return replace(problem, function=curve, max_steps=N_STEPS)


def median_best(searcher: str, problem: Problem) -> float:
    """Return the median over five seeds of the best value that 30 full trainings' cost gives."""
    best = []
    for seed in range(5):
        steps = N_FULL * (problem.max_steps or 1)
        history = simulate(make_searcher(searcher), problem, steps=steps, workers=2, seed=seed)
        values = [trial.value for trial in history.trials if trial.value is not None]
        best.append(min(values, default=float("inf")))
    return statistics.median(best)


@pytest.mark.parametrize(("searcher", "problem"), MATRIX)
def test_a_searcher_comes_near_a_known_optimum(searcher: str, problem: str) -> None:
    make_problem, enough = PROBLEMS[problem]
    assert median_best(searcher, make_problem()) <= enough + 1e-9


@pytest.mark.parametrize(("searcher", "problem"), CURVE_MATRIX)
def test_a_searcher_comes_near_it_along_learning_curves(searcher: str, problem: str) -> None:
    make_problem, enough = PROBLEMS[problem]
    assert median_best(searcher, with_curves(make_problem())) <= enough + 1e-9


@pytest.mark.parametrize("searcher", sorted(AXES_ONLY))
def test_what_moves_along_axes_refuses_choices_without_an_order(searcher: str) -> None:
    with pytest.raises(SearchError, match="no order"):
        simulate(make_searcher(searcher), branches(), trials=5)
