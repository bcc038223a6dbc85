"""The surfaces that searchers are measured on have the optima that they claim."""

from __future__ import annotations

import math

import numpy as np
import pytest

from surfaces import bowl, branches, cliff, surface
from tunebook.records import FailureKind, Value
from tunebook.testing.simulation import Outcome, Problem

OPTIMA: list[tuple[Problem, dict[str, Value], float]] = [
    (bowl(), {"x": 0.3, "y": -0.4}, 0.0),
    (branches(), {"optimizer": "adam", "adam_lr": 1e-3}, 0.0),
    (cliff(), {"a": 0.4, "b": 0.4, "c": 0.4, "d": 0.4, "e": 0.4, "lr": 0.7}, 0.0),
    (surface(), {"lr": 1e-2, "wd": 1e-4, "momentum": 0.9, "seed_offset": 0.3}, 0.05),
]


def number(outcome: Outcome) -> float:
    return outcome if isinstance(outcome, float) else math.inf


@pytest.mark.parametrize(("problem", "best", "value"), OPTIMA)
def test_the_optimum_is_where_it_is_said_to_be(
    problem: Problem, best: dict[str, Value], value: float
) -> None:
    assert problem.function(problem.space.check(best)) == pytest.approx(value, abs=1e-12)
    stream = np.random.default_rng(0)
    draws = (problem.function(problem.space.sample(stream)) for _ in range(2000))
    assert min(map(number, draws)) > value


def test_t_surf_has_a_cliff_and_a_useless_axis() -> None:
    space, error = surface().space, surface().function
    best = OPTIMA[3][1]
    assert error(space.check(best | {"lr": 0.5})) == math.inf
    assert error(space.check(best | {"seed_offset": 0.9})) == error(space.check(best))
    assert cliff().function(cliff().space.check(OPTIMA[2][1] | {"lr": 0.8})) is FailureKind.DIVERGED
