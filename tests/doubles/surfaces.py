"""Analytic stand-ins for training, with a known optimum: what searchers are measured on."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tunebook.records import Configuration, FailureKind, Value
from tunebook.space import Choice, Float, Space
from tunebook.testing.simulation import Outcome, Problem

CLIFF = -0.5
"""log10 of the learning rate above which T-SURF diverges."""


def surface_space() -> Space:
    """Return the axes of T-SURF: three that matter and ``seed_offset``, which does not."""
    return Space(
        lr=Float(1e-5, 1.0, log=True),
        wd=Float(1e-6, 1e-2, log=True),
        momentum=Float(0.5, 0.999, log="1-x"),
        seed_offset=Float(0.0, 1.0),
    )


def surface_error(config: Mapping[str, Value]) -> float:
    """Return T-SURF's validation error: least, 0.05, at lr 0.01, wd 1e-4 and momentum 0.9.

    Weight decay shifts the best learning rate, momentum acts on its own, and above a learning
    rate of 10^-0.5 training diverges (infinity).
    """
    log_lr = math.log10(_number(config, "lr"))
    if log_lr > CLIFF:
        return math.inf
    log_wd = math.log10(_number(config, "wd"))
    slowness = math.log10(1.0 - _number(config, "momentum"))
    ridge = (log_lr + 2.0) + 0.5 * (log_wd + 4.0)
    return 0.05 + 0.1 * ridge**2 + 0.02 * (log_wd + 4.0) ** 2 + 0.05 * (slowness + 1.0) ** 2


def surface() -> Problem:
    """Return T-SURF as a problem of final values."""
    return Problem(surface_space(), surface_error)


def bowl() -> Problem:
    """Return a smooth bowl in two dimensions: least, 0, at (0.3, -0.4)."""

    def height(config: Configuration) -> Outcome:
        return (_number(config, "x") - 0.3) ** 2 + (_number(config, "y") + 0.4) ** 2

    return Problem(Space(x=Float(-1.0, 1.0), y=Float(-1.0, 1.0)), height)


def branches() -> Problem:
    """Return a choice of optimizers, each with parameters of its own: least, 0, for adam."""
    space = Space(
        optimizer=Choice("sgd", "adam", "lion"),
        sgd_lr=Float(1e-3, 1.0, log=True, when={"optimizer": "sgd"}),
        adam_lr=Float(1e-5, 1e-1, log=True, when={"optimizer": "adam"}),
        lion_lr=Float(1e-6, 1e-2, log=True, when={"optimizer": "lion"}),
    )
    best = {"sgd": (-1.0, 0.2), "adam": (-3.0, 0.0), "lion": (-4.0, 0.1)}

    def height(config: Configuration) -> Outcome:
        name = str(config["optimizer"])
        centre, floor = best[name]
        return floor + 0.3 * (math.log10(_number(config, f"{name}_lr")) - centre) ** 2

    return Problem(space, height)


def cliff() -> Problem:
    """Return a bowl in six dimensions with its lowest point, 0, next to where training diverges."""
    names = ("a", "b", "c", "d", "e")
    space = Space({name: Float(0.0, 1.0) for name in names}, lr=Float(0.0, 1.0))

    def height(config: Configuration) -> Outcome:
        lr = _number(config, "lr")
        if lr > 0.72:
            return FailureKind.DIVERGED
        rest = sum((_number(config, name) - 0.4) ** 2 for name in names)
        return 4.0 * (lr - 0.7) ** 2 + rest

    return Problem(space, height)


def _number(config: Mapping[str, Value], name: str) -> float:
    value = config[name]
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{name} is {value!r}, not a number")
