"""Dimensions: parameters that know their name and how to walk their values.

One class per way of spreading values over [0, 1]: continuous, whole numbers, cells. Each checks
and normalises values (``check``), maps them to the middle of their cell in [0, 1] and back
(``encode``, ``decode``), and lists at most n, evenly spread, both ends included (``points``).
They trust what they are built with; ``declarations`` checks it first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, final

from tunebook.errors import ConfigurationError
from tunebook.records import Value
from tunebook.space.scales import Scale
from tunebook.space.values import Key, key, plain, shown


def _number(name: str, value: object, low: float, high: float, expected: str) -> float:
    """Return the value as a number of the range, or raise ConfigurationError."""
    got = plain(value)
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        raise ConfigurationError(
            f"parameter {name!r} is not a number", got=value, expected=expected
        )
    if not low <= got <= high:
        raise ConfigurationError(
            f"parameter {name!r} is outside its range", got=value, expected=expected
        )
    return float(got)


def _spread(dimension: Dimension, n: int) -> Iterator[Value]:
    """Yield the distinct values at ``n`` evenly spaced places, the ends among them."""
    places = (i / (n - 1) for i in range(n)) if n > 1 else iter((0.5,))
    last: Value = None
    for place in places:
        value = dimension.decode(place)
        if value != last:
            yield value
        last = value


@final
@dataclass(frozen=True, slots=True)
class ContinuousDimension:
    """A Float without step."""

    name: str
    scale: Scale
    prior: float | None = None

    @property
    def n_values(self) -> None:
        """None: a continuum."""
        return None

    @property
    def default(self) -> float:
        """The prior, else the centre of the scale."""
        return self.scale.from_unit(0.5) if self.prior is None else self.prior

    def check(self, value: object) -> float:
        """Return the value as a float, or raise ConfigurationError."""
        low, high = self.scale.low, self.scale.high
        expected = f"a number from {shown(low)} to {shown(high)}"
        return _number(self.name, value, low, high, expected)

    def encode(self, value: Value) -> float:
        """Return where the value lies on its scale."""
        if type(value) is not float or not self.scale.low <= value <= self.scale.high:
            value = self.check(value)
        return self.scale.to_unit(value)

    def decode(self, u: float) -> float:
        """Return the number at ``u``."""
        return self.scale.from_unit(u)

    def points(self, n: int | None, /) -> Iterator[Value]:
        """Yield ``n`` values, evenly spaced on the scale."""
        return _spread(self, n or 1)


@final
@dataclass(frozen=True, slots=True)
class WholeDimension:
    """An Int. Each value owns a cell half a unit to both sides, so both bounds are reached."""

    name: str
    low: int
    high: int
    scale: Scale
    prior: int | None = None

    @property
    def n_values(self) -> int:
        """How many whole numbers the range holds."""
        return self.high - self.low + 1

    @property
    def default(self) -> int:
        """The prior, else the centre of the scale."""
        return self.decode(0.5) if self.prior is None else self.prior

    def check(self, value: object) -> int:
        """Return the value as an int (3.0 is one), or raise ConfigurationError."""
        expected = f"a whole number from {self.low} to {self.high}"
        number = _number(self.name, value, self.low, self.high, expected)
        if not number.is_integer():
            raise ConfigurationError(
                f"parameter {self.name!r} is not a whole number", got=value, expected=expected
            )
        return int(number)

    def encode(self, value: Value) -> float:
        """Return where the value lies on its scale."""
        if type(value) is not int or not self.low <= value <= self.high:
            value = self.check(value)
        return self.scale.to_unit(value)

    def decode(self, u: float) -> int:
        """Return the whole number whose cell ``u`` is in."""
        n = math.floor(self.scale.from_unit(u) + 0.5)
        return self.low if n < self.low else self.high if n > self.high else n

    def points(self, n: int | None, /) -> Iterator[Value]:
        """Yield every value, or ``n`` evenly spaced on the scale."""
        if n is None or n >= self.n_values:
            return iter(range(self.low, self.high + 1))
        return _spread(self, n)


@final
@dataclass(frozen=True, slots=True)
class SteppedDimension:
    """A Float with a step: ``n_values`` equal cells. ``digits`` keeps 0.1 * 3 at 0.3."""

    name: str
    low: float
    high: float
    step: float
    digits: int
    n_values: int
    prior: float | None = None

    @property
    def default(self) -> float:
        """The prior, else the middle value."""
        return self._value((self.n_values - 1) // 2) if self.prior is None else self.prior

    def _value(self, i: int) -> float:
        return min(round(self.low + i * self.step, self.digits), self.high)

    def check(self, value: object) -> float:
        """Return the value of the lattice that is meant, or raise ConfigurationError."""
        expected = (
            f"a number from {shown(self.low)} to {shown(self.high)}, in steps of {shown(self.step)}"
        )
        number = _number(self.name, value, self.low, self.high, expected)
        i = round((number - self.low) / self.step)
        # 1e-6 of a step: what sums such as 0.1 + 0.2 are off by, and far below any step.
        if i >= self.n_values or abs(number - self._value(i)) > 1e-6 * self.step:
            raise ConfigurationError(
                f"parameter {self.name!r} is between two steps", got=value, expected=expected
            )
        return self._value(i)

    def encode(self, value: Value) -> float:
        """Return the middle of the value's cell."""
        i = round((self.check(value) - self.low) / self.step)
        return (i + 0.5) / self.n_values

    def decode(self, u: float) -> float:
        """Return the value whose cell ``u`` is in."""
        return self._value(max(0, min(int(u * self.n_values), self.n_values - 1)))

    def points(self, n: int | None, /) -> Iterator[Value]:
        """Yield every value, or ``n`` evenly spaced."""
        if n is None or n >= self.n_values:
            return (self._value(i) for i in range(self.n_values))
        return _spread(self, n)


@final
@dataclass(frozen=True, slots=True)
class ListedDimension:
    """A Choice, a Bool or a Constant: ``k`` equal cells, u = (i + 0.5) / k."""

    name: str
    values: tuple[Value, ...]
    default_index: int = 0
    _index: dict[Key, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = {key(value): i for i, value in enumerate(self.values)}
        object.__setattr__(self, "_index", index)

    @property
    def n_values(self) -> int:
        """How many values there are."""
        return len(self.values)

    @property
    def default(self) -> Value:
        """The prior, else the first, or the middle one of an ordered list."""
        return self.values[self.default_index]

    def _find(self, value: object) -> int:
        got = plain(value)
        if got is None or isinstance(got, (bool, int, float, str)):
            i = self._index.get(key(got))
            if i is None and isinstance(got, float) and got.is_integer():
                i = self._index.get((int, int(got)))
            elif i is None and isinstance(got, int) and not isinstance(got, bool):
                i = self._index.get((float, got))
            if i is not None:
                return i
        values = ", ".join(map(repr, self.values[:10])) + (", …" if self.n_values > 10 else "")
        raise ConfigurationError(
            f"parameter {self.name!r} is not one of its values",
            got=value,
            expected=values if self.n_values == 1 else f"one of {values}",
        )

    def check(self, value: object) -> Value:
        """Return the value of the list that is meant (32.0 is 32), or raise ConfigurationError."""
        return self.values[self._find(value)]

    def encode(self, value: Value) -> float:
        """Return the middle of the value's cell."""
        i = self._index.get((type(value), value))
        return ((self._find(value) if i is None else i) + 0.5) / len(self.values)

    def decode(self, u: float) -> Value:
        """Return the value whose cell ``u`` is in."""
        k = len(self.values)
        return self.values[max(0, min(int(u * k), k - 1))]

    def points(self, _n: int | None, /) -> Iterator[Value]:
        """Yield every value, however many: a list has no scale to thin out."""
        return iter(self.values)


Dimension: TypeAlias = ContinuousDimension | WholeDimension | SteppedDimension | ListedDimension
"""One parameter, compiled."""
