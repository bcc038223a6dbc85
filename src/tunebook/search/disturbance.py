"""How a copied configuration is changed, in unit coordinates: redrawn or nudged (S0.15, step 5)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, assert_never

from tunebook.records import Configuration
from tunebook.search.coordinates import alone
from tunebook.space import Bool, Choice, Constant, Float, Int, Space

if TYPE_CHECKING:
    from numpy.random import Generator

    from tunebook.records import Value
    from tunebook.search.protocol import History

FACTORS = (0.8, 1.2)
"""A number is multiplied by one of these (as Ray does)."""

RANGE_SHARE = 0.2
"""... or moved by this share of its range where that includes 0, which no factor leaves (NNI)."""

_MAX_TRIES = 200


def disturbed(
    config: Configuration, history: History, stream: Generator, explore_prob: float
) -> Configuration:
    """Return a configuration near ``config``: each value redrawn with ``explore_prob``, or nudged.

    A parameter that becomes active is drawn. If constraints forbid 200 tries, ``config`` itself.
    """
    space = history.space
    start = space.encode(config)
    for _ in range(_MAX_TRIES):
        fresh = stream.random(len(start)).tolist()
        is_redrawn = stream.random(len(start)) < explore_prob
        is_up = (stream.random(len(start)) < 0.5).tolist()
        point = []
        for i, name in enumerate(space.dimensions):
            if math.isnan(start[i]) or is_redrawn[i]:
                point.append(fresh[i])
            else:
                point.append(_nudged(space, name, config[name], start[i], is_up[i]))
        found = space.decode(point)
        if space.satisfies(found, history.max_steps):
            return found
    return config


def _nudged(space: Space, name: str, value: Value, unit: float, is_up: bool) -> float:
    """Return the unit coordinate of a neighbour of ``value``, or of its own at the border."""
    parameter = space.parameters[name]
    match parameter:
        case Float(low=low, high=high, step=step, log=log):
            near = _near(_number(value), low, high, log=log, is_up=is_up)
            if step is not None:
                steps = max(1, round(abs(near - _number(value)) / step))
                near = _number(value) + step * (steps if is_up else -steps)
                high = low + step * int((high - low) / step + 1e-9)
        case Int(low=low, high=high, log=log):
            near = _near(_number(value), low, high, log=log, is_up=is_up)
            near = max(near, _number(value) + 1) if is_up else min(near, _number(value) - 1)
            near = round(near)
        case Choice(values=values, ordered=True):
            return unit + (1.0 if is_up else -1.0) / len(values)
        case Choice() | Bool() | Constant():
            return unit
        case _:
            assert_never(parameter)
    return alone(space, name).encode({name: min(max(near, low), high)})[0]


def _near(value: float, low: float, high: float, *, log: bool | str, is_up: bool) -> float:
    factor = FACTORS[is_up]
    if log == "1-x":
        # What is searched is 1 - x; up stays up.
        return 1.0 - (1.0 - value) * FACTORS[not is_up]
    if log or low > 0.0 or high < 0.0:
        return value * factor
    return value + (high - low) * (RANGE_SHARE if is_up else -RANGE_SHARE)


def _number(value: Value) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{value!r} is not a number")
