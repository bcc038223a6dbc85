"""What searchers with a model know of a space alone: coordinates, priors, the table if it is small.

Also the units of the configurations met in it. All of it is cache.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, final

from tunebook.errors import ConfigurationError
from tunebook.search.arrays import Array
from tunebook.search.coordinates import Coordinates
from tunebook.search.priors import Priors

if TYPE_CHECKING:
    from tunebook.records import Configuration
    from tunebook.space import Space

MAX_TABLE = 2000
"""All configurations of a space as small as this are scored, not a sample of them."""


@final
class Geometry:
    """What follows from a space alone, and the units of configurations met in it."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.coordinates = Coordinates(space)
        self.priors = Priors(self.coordinates)
        size = space.size()
        self.table: Array | None = None
        if size is not None and size <= MAX_TABLE:
            self.table = self.coordinates.encode(list(space.grid()))
        self._units: dict[int, tuple[Configuration, Array | None]] = {}

    def units_of(self, number: int, config: Configuration) -> Array | None:
        """Return the units of a trial's configuration, None if it is not in the space."""
        known = self._units.get(number)
        if known is None or known[0] is not config:
            row: Array | None = None
            with suppress(ConfigurationError):
                row = self.coordinates.encode([config])[0]
            known = self._units[number] = (config, row)
        return known[1]
