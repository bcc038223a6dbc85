"""Synthetic problems: known optima, failures, noise, conditions, dimensions that do not matter.

BBOB functions come from coco-experiment, ``bbob/fNUMBER-dDIMENSION``, instance 1.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from benchmarks.search.problems import BenchProblem, linear_regret, median_of_random

from tunebook.records import Configuration, FailureKind
from tunebook.space import Choice, Float, Space
from tunebook.testing.simulation import Problem

sys.path.append(str(Path(__file__).parents[2] / "tests" / "doubles"))
from surfaces import cliff  # shared with the tests

_BBOB_FUNCTIONS, _BBOB_DIMENSIONS = range(1, 25), (2, 5, 10)
_HARTMANN_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_HARTMANN_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_HARTMANN_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_HARTMANN_BEST = -3.32237
Function = Callable[[Configuration], float]


def names() -> list[str]:
    """Return the names of the synthetic problems; BBOB's only where its package is installed."""
    found = [f"synthetic/{name}" for name in _MAKERS]
    if find_spec("cocoex") is not None:
        found += [f"bbob/f{f}-d{d}" for f in _BBOB_FUNCTIONS for d in _BBOB_DIMENSIONS]
    return found


@lru_cache(maxsize=4)
def load(name: str) -> BenchProblem:
    """Return a synthetic problem."""
    family, task = name.split("/")
    if family == "bbob":
        function, dimension = task[1:].split("-d")
        return _bbob(name, int(function), int(dimension))
    return _MAKERS[task](name)


def _of(
    name: str, space: Space, function: Function, best: float, *, noise: float = 0.0
) -> BenchProblem:
    """Return the problem of a minimised function, with Gaussian noise of that deviation."""

    def curve(config: Configuration, rng: np.random.Generator) -> list[float]:
        return [function(config) + (noise * rng.standard_normal() if noise else 0.0)]

    return BenchProblem(
        name=name,
        space=space,
        curve=curve,
        regret=linear_regret(best, median_of_random(space, function)),
        truth=function if noise else None,
    )


def _unit_cube(dimension: int, low: float = 0.0, high: float = 1.0) -> Space:
    return Space({f"x{i}": Float(low, high) for i in range(dimension)})


def _vector(config: Configuration) -> np.ndarray:
    return np.array([config[f"x{i}"] for i in range(len(config))], dtype=float)


def _hartmann(config: Configuration) -> float:
    inner = (_HARTMANN_A * (_vector(config) - _HARTMANN_P) ** 2).sum(axis=1)
    return float(-_HARTMANN_ALPHA @ np.exp(-inner))


def _hartmann6(name: str) -> BenchProblem:
    return _of(name, _unit_cube(6), _hartmann, _HARTMANN_BEST)


def _hartmann6_noisy(name: str) -> BenchProblem:
    """Return Hartmann-6 with noise as large as the deviation of random values, 0.38."""
    return _of(name, _unit_cube(6), _hartmann, _HARTMANN_BEST, noise=0.38)


def _ackley5(name: str) -> BenchProblem:
    def ackley(config: Configuration) -> float:
        x = _vector(config)
        slope = -20.0 * math.exp(-0.2 * math.sqrt(float((x**2).mean())))
        return slope - math.exp(float(np.cos(2 * math.pi * x).mean())) + 20.0 + math.e

    # Not symmetric about the centre, which some searchers try first.
    space = Space({f"x{i}": Float(-20.0, 32.768) for i in range(5)})
    return _of(name, space, ackley, 0.0)


def _one_of_ten(name: str) -> BenchProblem:
    """Return ten parameters of which one matters: a narrow valley at 0.83."""

    def valley(config: Configuration) -> float:
        return math.log(1e-3 + abs(float(_vector(config)[7]) - 0.83))

    return _of(name, _unit_cube(10), valley, math.log(1e-3))


def _optimizers(name: str) -> BenchProblem:
    """Return a choice of three optimizers with parameters of their own: adam's optimum is best."""
    sgd, adam, lion = ({"optimizer": kind} for kind in ("sgd", "adam", "lion"))
    space = Space(
        optimizer=Choice("sgd", "adam", "lion"),
        sgd_lr=Float(1e-3, 1.0, log=True, when=sgd),
        one_minus_momentum=Float(1e-3, 0.5, log=True, when=sgd),
        adam_lr=Float(1e-5, 1e-1, log=True, when=adam),
        one_minus_beta1=Float(1e-3, 0.5, log=True, when=adam),
        one_minus_beta2=Float(1e-4, 0.1, log=True, when=adam),
        lion_lr=Float(1e-6, 1e-2, log=True, when=lion),
        weight_decay=Float(1e-6, 1e-1, log=True),
    )
    # Each optimizer's floor, and log10 of its best values.
    best = {
        "sgd": (0.15, {"sgd_lr": -0.6, "one_minus_momentum": -1.2, "weight_decay": -3.4}),
        "adam": (
            0.0,
            {
                "adam_lr": -2.4,
                "one_minus_beta1": -0.8,
                "one_minus_beta2": -2.7,
                "weight_decay": -1.7,
            },
        ),
        "lion": (0.08, {"lion_lr": -3.6, "weight_decay": -1.5}),
    }

    def loss(config: Configuration) -> float:
        floor, centres = best[str(config["optimizer"])]
        away = [math.log10(float(config[name] or 0)) - at for name, at in centres.items()]
        # The learning rate and the weight decay act together: a ridge.
        return floor + 0.1 * sum(x**2 for x in away) + 0.05 * away[0] * away[-1]

    return _of(name, space, loss, 0.0)


def _hash(name: str) -> BenchProblem:
    """Return noise frozen over the space: nothing can be learned, so nothing can beat random."""

    def white(config: Configuration) -> float:
        digest = hashlib.blake2b(_vector(config).tobytes(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2.0**64

    return _of(name, _unit_cube(4), white, 0.0)


def _from_surface(name: str, surface: Problem, best: float) -> BenchProblem:
    def function(config: Configuration) -> float:
        outcome = surface.function(config)
        return math.nan if isinstance(outcome, FailureKind) else float(outcome)  # type: ignore[arg-type]  # a surface has no curve

    return _of(name, surface.space, function, best)


def _bbob(name: str, function: int, dimension: int) -> BenchProblem:
    import cocoex

    # A suite's problems die with it, so it is kept by the closure below.
    suite = cocoex.Suite("bbob", "instances: 1", f"dimensions: {dimension}")
    problem = suite.get_problem_by_function_dimension_instance(function, dimension, 1)
    # The package tells an optimum only by writing it to this file in the working directory.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        problem._best_parameter("print")  # noqa: SLF001 - there is no public way
        best = float(problem(np.loadtxt("._bbob_problem_best_parameter.txt")))

    def value(config: Configuration) -> float:
        assert suite is not None
        return float(problem(_vector(config)))

    return _of(name, _unit_cube(dimension, -5.0, 5.0), value, best)


_MAKERS: dict[str, Callable[[str], BenchProblem]] = {
    "hartmann6": _hartmann6,
    "hartmann6-noisy": _hartmann6_noisy,
    "ackley5": _ackley5,
    "cliff6": lambda name: _from_surface(name, cliff(), 0.0),
    "optimizers": _optimizers,
    "one-of-ten": _one_of_ten,
    "hash": _hash,
}
