"""Grid search: every combination of a few values per parameter, in a fixed order.

Fine in one or two dimensions (S4.43). A resumed study skips the combinations it has tried; when
all have been, the search is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, assert_never, final

from tunebook.errors import SearchError
from tunebook.records import Configuration
from tunebook.search.options import check_options, option
from tunebook.search.protocol import Decision, History, Randomness, Start
from tunebook.search.tried import Tried
from tunebook.space import Bool, Choice, Constant, Float, Int, Parameter

if TYPE_CHECKING:
    from tunebook.space import Space

MAX_UNLIMITED = 100_000
"""A grid of more combinations than this is refused unless the budget limits trials or steps."""


@final
@dataclass(slots=True)
class _Walk:
    """The grid as far as it was walked, and how much of its beginning is tried. Only a cache."""

    tried: Tried = field(default_factory=Tried)
    _asked: object = None
    _tried: set[Configuration] | None = None
    _configs: list[Configuration] = field(default_factory=list)
    _grid: Iterator[Configuration] = field(default_factory=lambda: iter(()))
    _n_tried: int = 0

    def untried(
        self, history: History, points: tuple[int, int | None]
    ) -> Iterator[tuple[int, Configuration]]:
        """Yield (place from 0, combination) of what no trial of the history has."""
        asked = (history.space, history.max_steps, points)
        if asked != self._asked:
            per_float, per_int = points
            self._asked, self._configs, self._tried = asked, [], None
            self._grid = history.space.grid(
                per_float, points_per_int=per_int, max_steps=history.max_steps
            )
        tried = self.tried.of(history.trials)
        if tried is not self._tried:
            self._tried, self._n_tried = tried, 0
        while (first := self._at(self._n_tried)) is not None and first in tried:
            self._n_tried += 1
        place = self._n_tried
        while (config := self._at(place)) is not None:
            if config not in tried:
                yield place, config
            place += 1

    def _at(self, place: int) -> Configuration | None:
        if place == len(self._configs):
            config = next(self._grid, None)
            if config is None:
                return None
            self._configs.append(config)
        return self._configs[place]


@final
@dataclass(frozen=True, slots=True)
class Grid:
    """Tries every combination; a range of real numbers is cut into ``points_per_float`` values."""

    name = "grid"
    watches_running = False

    points_per_float: int = option(
        5, "values per range of real numbers, both ends included", low=1, high=1000
    )
    points_per_int: int | None = option(
        None, "values per range of whole numbers; none: all", low=1, high=1000, is_optional=True
    )
    _walk: _Walk = field(default_factory=_Walk, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_options(self)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Start the next untried combinations; ``SearchError`` for a huge grid without a limit."""
        n_points = n_combinations(history.space, self.points_per_float, self.points_per_int)
        is_limited = history.trials_left is not None or history.steps_left is not None
        if n_points > MAX_UNLIMITED and not is_limited:
            raise SearchError(
                f"The grid has {n_points:,} combinations and nothing limits the trials",
                expected=f"at most {MAX_UNLIMITED:,} combinations, or a limit on trials or steps",
                do="Lower points_per_float or points_per_int, or search with 'halton'",
            )
        decisions: list[Decision] = []
        untried = self._walk.untried(history, (self.points_per_float, self.points_per_int))
        while len(decisions) < slots and (found := next(untried, None)) is not None:
            place, config = found
            why = f"combination {place + 1:,} of at most {n_points:,} of the grid"
            decisions.append(Start(config, why=why))
        return decisions


def n_combinations(
    space: Space, points_per_float: int = 5, points_per_int: int | None = None
) -> int:
    """Return how many combinations a grid has before conditions and constraints thin it out."""
    counts = (_n_points(p, points_per_float, points_per_int) for p in space.parameters.values())
    return prod(counts)


def _n_points(parameter: Parameter, per_float: int, per_int: int | None) -> int:
    match parameter:
        case Float(low=low, high=high, step=step):
            if step is None:
                return per_float
            # A hair more than the quotient, which rounding may leave below a whole number.
            return _thinned(int((high - low) / step + 1e-9) + 1, per_int)
        case Int(low=low, high=high):
            return _thinned(high - low + 1, per_int)
        case Choice(values=values):
            return len(values)
        case Bool():
            return 2
        case Constant():
            return 1
        case _:
            assert_never(parameter)


def _thinned(n_values: int, per_int: int | None) -> int:
    return n_values if per_int is None else min(n_values, per_int)
