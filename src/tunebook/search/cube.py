"""The cube [-1, 1]^d in which pshe2 and cma-es move: one axis per parameter, on its own scale.

Moving along an axis means something only for numbers and ordered choices; others are refused.
Inactive parameters keep an axis, which then has no effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tunebook.errors import SearchError
from tunebook.search.arrays import Array
from tunebook.search.protocol import History, Start
from tunebook.search.random import draw
from tunebook.space import Choice, Space

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from tunebook.records import Configuration

_MAX_TRIES = 100


def require_order(space: Space, searcher: str) -> None:
    """Raise ``SearchError`` for choices whose values have no order, which no axis can hold."""
    choices = {n: p for n, p in space.parameters.items() if isinstance(p, Choice)}
    unordered = sorted(name for name, choice in choices.items() if not choice.ordered)
    if unordered:
        raise SearchError(
            f"The searcher {searcher!r} moves along axes, and these choices have no order",
            got=unordered,
            expected="numbers, booleans and ordered choices",
            do="Say ordered=True where neighbours are alike, make one study per value, or search "
            "with 'bayes' or 'auto'",
        )


def point_of(config: Configuration, space: Space) -> Array:
    """Return where a configuration lies; 0 on the axes of inactive parameters."""
    units = np.array(space.encode(config), dtype=float)
    return np.where(np.isnan(units), 0.0, 2.0 * units - 1.0)


def allowed_point(
    propose: Callable[[], Array], history: History, stream: Generator
) -> tuple[Array, Configuration]:
    """Return the first proposal that constraints allow, else a random point that they do."""
    space = history.space
    for _ in range(_MAX_TRIES):
        point = propose()
        config = space.decode((point + 1.0) / 2.0)  # what lies outside is moved to the side
        if space.satisfies(config, history.max_steps):
            return point, config
    config = draw(history, stream, ()) or space.default(history.max_steps)
    return point_of(config, space), config


def only_configuration(history: History) -> list[Start]:
    """Return the start of the one configuration of a space without anything to search."""
    if history.own:
        return []
    return [Start(history.space.default(history.max_steps), why="the only configuration")]
