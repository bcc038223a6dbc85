"""Scales: a range of numbers to and from the unit interval (S4.43, map low*(high/low)**u for logs).

Ends are exact: 0 is ``low``, 1 is ``high``, and rounding never leads outside the range.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import final


class ScaleKind(StrEnum):
    """What is spread evenly over the unit interval: x, log x or log(1 - x)."""

    LINEAR = "linear"
    LOG = "log"
    ONE_MINUS = "1-x"


_MAPS: dict[ScaleKind, tuple[Callable[[float], float], Callable[[float], float]]] = {
    ScaleKind.LINEAR: (lambda x: x, lambda x: x),
    ScaleKind.LOG: (math.log, math.exp),
    ScaleKind.ONE_MINUS: (lambda x: -math.log1p(-x), lambda t: -math.expm1(-t)),
}


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """An increasing map of [low, high] onto [0, 1]."""

    kind: ScaleKind
    low: float
    high: float
    _forward: Callable[[float], float] = field(init=False, repr=False, compare=False)
    _backward: Callable[[float], float] = field(init=False, repr=False, compare=False)
    _start: float = field(init=False, repr=False, compare=False)
    _width: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        forward, backward = _MAPS[self.kind]
        start = forward(self.low)
        object.__setattr__(self, "_forward", forward)
        object.__setattr__(self, "_backward", backward)
        object.__setattr__(self, "_start", start)
        object.__setattr__(self, "_width", forward(self.high) - start)

    @property
    def has_room(self) -> bool:
        """Whether the ends can be told apart, and their distance be computed, on this scale."""
        return 0.0 < self._width < math.inf

    def to_unit(self, x: float) -> float:
        """Return where ``x``, inside [low, high], lies in [0, 1]."""
        u = (self._forward(x) - self._start) / self._width
        return 0.0 if u < 0.0 else 1.0 if u > 1.0 else u

    def from_unit(self, u: float) -> float:
        """Return the number at ``u``; below 0 counts as 0 and above 1 as 1."""
        if u <= 0.0:
            return self.low
        if u >= 1.0:
            return self.high
        x = self._backward(self._start + u * self._width)
        return self.low if x < self.low else self.high if x > self.high else x

    def beyond(self, u: float) -> float:
        """Return the number at ``u`` of the scale continued past its ends, as for a wider range."""
        return self._backward(self._start + u * self._width)
