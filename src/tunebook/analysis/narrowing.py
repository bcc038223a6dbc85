"""Narrowing a search to where its best trials lie, round by round (S2.19). Pure.

A box is what a round searches. Its sides may lie outside the space: then the best trials say that
the range is too small, which a searcher cannot mend and a person can. No parameter is ever fixed
here: what makes no difference is proposed for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tunebook.analysis.axis import units_of, values_of
from tunebook.analysis.boundary import EDGE
from tunebook.records import Objective, Trial, Value
from tunebook.space import Space

TOP_SHARE, MIN_TOP = 0.2, 4
"""The best fifth of the feasible trials in a box, at least four, define the next (S2.19)."""

WIDENING = 0.5
"""The stretch of the best is widened by this share of it on each side: with half of that, the
optimum is lost three times as often (S2.19)."""

EXTENSION = 0.5
"""A side with two of the best at it is moved out by this share of the range (S2.19)."""

N_AT_EDGE = 2
INSENSITIVE_SPAN = 0.7
"""If the best still span more than this share of a range, the parameter makes no difference."""

VALUE_SHARE = 0.2
"""A value of a choice stays if it holds this share of the best (S2.19)."""

MIN_SHARE = 0.1
"""A range never shrinks below this share of itself in a round: narrowing is not fixing."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a range, in units of its scale: 0 and 1 are the ends of the space."""

    low: float = 0.0
    high: float = 1.0

    @property
    def width(self) -> float:
        """How much of the range it is."""
        return self.high - self.low

    @property
    def inside(self) -> Stretch:
        """The part of it that lies in the space."""
        return Stretch(max(0.0, self.low), min(1.0, self.high))


@dataclass(frozen=True, slots=True)
class Box:
    """What a round searches: a stretch of each range, and the values left of each choice."""

    stretches: Mapping[str, Stretch]
    values: Mapping[str, tuple[Value, ...]]

    @classmethod
    def of(cls, space: Space) -> Box:
        """Return the whole space."""
        values = {name: values_of(space, name) for name in space.dimensions}
        ranges = {name: Stretch() for name, left in values.items() if left is None}
        return cls(ranges, {name: left for name, left in values.items() if left is not None})


@dataclass(frozen=True, slots=True)
class Placed:
    """A trial as narrowing sees it: units of numbers, values of choices, and what it came to.

    ``value`` is to be minimised. Inactive parameters are left out.
    """

    units: Mapping[str, float]
    values: Mapping[str, Value]
    value: float

    def is_in(self, box: Box) -> bool:
        """Whether the trial lies in a box."""
        return all(
            side.low <= self.units.get(n, side.low) <= side.high
            for n, side in box.stretches.items()
        ) and all(self.values[n] in left for n, left in box.values.items() if n in self.values)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The box of the next round, and what a person may want to know about it.

    ``extended`` are parameters with a side moved out, True for the upper one. ``insensitive`` are
    those that make no difference here, with the best trial's value: fix them if you agree.
    """

    box: Box
    n_top: int
    extended: Mapping[str, bool] = field(default_factory=dict)
    insensitive: Mapping[str, float] = field(default_factory=dict)


def placed(trial: Trial, space: Space, objective: Objective) -> Placed | None:
    """Return a feasible trial as narrowing sees it, None for any other."""
    if trial.value is None or not trial.state.has_value:
        return None
    units = units_of(trial, space)
    return Placed(
        {n: u for n, u in units.items() if values_of(space, n) is None},
        {n: trial.config[n] for n in units if values_of(space, n) is not None},
        objective.sign * trial.value,
    )


def narrowed(box: Box, trials: Sequence[Placed], *, round_number: int) -> Narrowing:
    """Return the box after round ``round_number`` (from 1), from all feasible trials so far."""
    inside = sorted((t for t in trials if t.is_in(box)), key=lambda t: t.value)
    top = inside[: max(MIN_TOP, math.ceil(TOP_SHARE * len(inside)))]
    if len(top) < MIN_TOP:
        return Narrowing(box, len(top))
    stretches, extended, insensitive = dict[str, Stretch](), dict[str, bool](), dict[str, float]()
    for name, old in box.stretches.items():
        units = [t.units[name] for t in top if name in t.units]
        stretches[name], is_up = _next_stretch(old, units)
        if is_up is not None:
            extended[name] = is_up
        spans = bool(units) and max(units) - min(units) > INSENSITIVE_SPAN * old.width
        if spans and round_number >= 2 and name in top[0].units:
            insensitive[name] = top[0].units[name]
    values = {name: _values_left(name, left, top) for name, left in box.values.items()}
    return Narrowing(Box(stretches, values), len(top), extended, insensitive)


def _next_stretch(old: Stretch, units: Sequence[float]) -> tuple[Stretch, bool | None]:
    """Return the next stretch, and which side was moved out, if any."""
    if len(units) < N_AT_EDGE:
        return old, None
    low, high = min(units), max(units)
    spare = max(WIDENING * (high - low), (MIN_SHARE * old.width - (high - low)) / 2.0)
    edge = EDGE * old.width
    n_low = sum(u <= old.low + edge for u in units)
    n_high = sum(u >= old.high - edge for u in units)
    new_low, new_high = max(old.low, low - spare), min(old.high, high + spare)
    if n_low >= N_AT_EDGE:
        new_low = old.low - EXTENSION * old.width
    if n_high >= N_AT_EDGE:
        new_high = old.high + EXTENSION * old.width
    moved = None if max(n_low, n_high) < N_AT_EDGE else n_high >= N_AT_EDGE
    return Stretch(new_low, new_high), moved


def _values_left(name: str, left: tuple[Value, ...], top: Sequence[Placed]) -> tuple[Value, ...]:
    chosen = [t.values[name] for t in top if name in t.values]
    # True is not 1 among the values of a choice.
    n_of = {v: sum(type(c) is type(v) and c == v for c in chosen) for v in left}
    kept = tuple(v for v in left if n_of[v] >= VALUE_SHARE * len(top))
    return kept or left
