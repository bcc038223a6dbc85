"""A space as models see it: rows of unit coordinates, snapped to values that exist, and expanded.

Two layers. *Units* are m x d, one column per name in ``space.dimensions``, with 0.5 where a
parameter is inactive. *Coordinates* are m x p, what the kernel measures distances in: one column
per number, several per unordered choice (Hamming distance), and an indicator per condition.
Everything is done for many rows at once, because thousands are scored for one decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, TypeAlias, assert_never, final

import numpy as np

from tunebook.search.arrays import Array, Mask
from tunebook.search.models.gaussian_process import Kernel
from tunebook.space import Bool, Choice, Constant, Float, Int, Parameter, Space

if TYPE_CHECKING:
    from numpy.random import Generator

    from tunebook.records import Configuration, Value


Snap: TypeAlias = "Callable[[Array], Array]"

INACTIVE = 0.5
MIN_MOVABLE = 30
"""A lattice of so many values or more is climbed along like a range of real numbers."""

MAX_ONE_HOT = 64
"""Choices of more values get random codes, nearly equidistant, of so many coordinates."""

CHOICE_DISTANCE = 0.5
"""Between values of an unordered choice: about that of two random numbers on a unit scale."""

N_UNIFORM = 512
N_LOCAL = 256
_N_PROBES = 512


@final
@dataclass(frozen=True, slots=True)
class _Column:
    """One dimension: how to snap it, codes of an unordered choice, units of its values if few."""

    snap: Snap
    is_movable: bool
    codes: Array | None = None
    values: Sequence[float] = ()


@final
@dataclass(frozen=True, slots=True)
class _Condition:
    """Dimension ``child`` is active where ``parent`` is and has one of the units ``allowed``."""

    child: int
    parent: int
    allowed: Array


@final
class Coordinates:
    """The coordinates of one space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._columns = [_column(space, name) for name in space.dimensions]
        self._conditions = _conditions(space)
        self._indicators = _groups(self._conditions, self.n_dimensions)
        self.branching = sorted(
            {c.parent for c in self._conditions if self._columns[c.parent].codes is not None}
        )
        self.movable = np.array([column.is_movable for column in self._columns], dtype=bool)
        self._first: list[int] = []
        groups: list[int] = []
        for j, column in enumerate(self._columns):
            self._first.append(len(groups))
            groups.extend([j] * (1 if column.codes is None else column.codes.shape[1]))
        groups.extend(self.n_dimensions + i for i in range(len(self._indicators)))
        self.kernel = Kernel(np.array(groups, dtype=np.intp), self._n_active())

    @property
    def n_dimensions(self) -> int:
        """How many parameters are searched."""
        return len(self._columns)

    def _n_active(self) -> int:
        """Return how many parameters a random configuration has on average, at least 1."""
        if not self._conditions:
            return max(1, self.n_dimensions)
        probes = np.random.default_rng(0).random((_N_PROBES, self.n_dimensions))
        active = self.active(self._snap_all(probes))
        return max(1, round(float(active.sum(1).mean())))

    # -- units -----------------------------------------------------------------------------

    def encode(self, configs: Sequence[Configuration]) -> Array:
        """Return the units of configurations of the space, one row each."""
        rows = [self.space.encode(config) for config in configs]
        units = np.array(rows, dtype=float).reshape(len(rows), self.n_dimensions)
        return np.where(np.isnan(units), INACTIVE, units)

    def snap(self, points: Array) -> Array:
        """Return the units of what ``space.decode`` makes of each row of the unit cube."""
        units = self._snap_all(points)
        if self._conditions:
            units = np.where(self.active(units), units, INACTIVE)
        return units

    def _snap_all(self, points: Array) -> Array:
        units = np.clip(points, 0.0, 1.0)
        for j, column in enumerate(self._columns):
            units[:, j] = column.snap(units[:, j])
        return units

    def active(self, units: Array) -> Mask:
        """Say which parameters each row has. The rows must be snapped."""
        active = np.ones(units.shape, dtype=bool)
        for condition in self._conditions:
            away = np.abs(units[:, [condition.parent]] - condition.allowed[None, :])
            active[:, condition.child] &= active[:, condition.parent] & (away < 1e-9).any(1)
        return active

    def neighbours(self, row: Array) -> Array:
        """Return the snapped units that differ from a row in one dimension of few values."""
        found = []
        for j, column in enumerate(self._columns):
            for unit in column.values:
                changed = row.copy()
                changed[j] = unit
                found.append(changed)
        if not found:
            return np.empty((0, self.n_dimensions))
        near = self.snap(np.array(found))
        return np.asarray(near[(near != row[None, :]).any(1)])

    # -- kernel coordinates ----------------------------------------------------------------

    def expand(self, units: Array) -> Array:
        """Return the kernel's coordinates of snapped units, m x p."""
        parts = []
        for j, column in enumerate(self._columns):
            if column.codes is None:
                parts.append(units[:, j][:, None])
            else:
                k = len(column.codes)
                parts.append(column.codes[np.clip((units[:, j] * k).astype(np.intp), 0, k - 1)])
        if self._indicators:
            active = self.active(units)
            parts.append(active[:, self._indicators].astype(float))
        return np.hstack(parts) if parts else np.zeros((len(units), 0))

    def pull_back(self, gradients: Array, units: Array) -> Array:
        """Return gradients by coordinate as gradients by unit; 0 where a unit does not move."""
        pulled = gradients[:, self._first] * self.movable
        return np.asarray(pulled * self.active(units) if self._conditions else pulled)

    def move(self, units: Array, steps: Array) -> Array:
        """Return units moved by ``steps`` along movable dimensions, kept inside, not snapped."""
        return np.asarray(np.clip(units + steps * self.movable, 0.0, 1.0))


def _column(space: Space, name: str) -> _Column:
    parameter: Parameter = space.parameters[name]
    match parameter:
        case Float(step=None):
            return _Column(lambda u: u, is_movable=True)
        case Float():
            return _lattice(alone(space, name).size() or 1)
        case Int(low=low, high=high, log=True):
            snap, n_values = _log_cells(low, high), high - low + 1
            units = snap(np.linspace(0.0, 1.0, 4 * MIN_MOVABLE)) if n_values < MIN_MOVABLE else ()
            return _Column(snap, n_values >= MIN_MOVABLE, values=sorted(set(units)))
        case Int(low=low, high=high):
            return _lattice(high - low + 1)
        case Choice(values=values, ordered=ordered):
            codes = None if ordered else _codes(len(values))
            return replace(_lattice(len(values)), is_movable=False, codes=codes)
        case Bool():
            return _lattice(2)
        case Constant():
            return _lattice(1)
        case _:
            assert_never(parameter)


def _lattice(n_values: int) -> _Column:
    is_movable = n_values >= MIN_MOVABLE
    values = () if is_movable else [(i + 0.5) / n_values for i in range(n_values)]

    def snap(u: Array) -> Array:
        return np.asarray((np.minimum(np.floor(u * n_values), n_values - 1) + 0.5) / n_values)

    return _Column(snap, is_movable, values=values)


def _log_cells(low: int, high: int) -> Snap:
    start, end = log(low - 0.5), log(high + 0.5)

    def snap(u: Array) -> Array:
        values = np.clip(np.floor(np.exp(start + u * (end - start)) + 0.5), low, high)
        return np.asarray((np.log(values) - start) / (end - start))

    return snap


def _codes(n_values: int) -> Array:
    """Return a row of coordinates per value, any two of them (nearly) equally far."""
    if n_values <= MAX_ONE_HOT:
        return np.asarray(np.eye(n_values) * (CHOICE_DISTANCE / np.sqrt(2.0)))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (n_values, MAX_ONE_HOT))
    return np.asarray(signs * (CHOICE_DISTANCE / np.sqrt(2.0 * MAX_ONE_HOT)))


def _conditions(space: Space) -> list[_Condition]:
    """Return the conditions of all searched parameters, parents' before their children's."""
    place = {name: j for j, name in enumerate(space.dimensions)}
    found: list[_Condition] = []
    done: set[str] = set()

    def visit(name: str) -> None:
        if name in done:
            return
        done.add(name)
        for parent, wanted in _clauses(space, name):
            visit(parent)
            parent_alone = alone(space, parent)
            units = [parent_alone.encode({parent: value})[0] for value in wanted]
            found.append(_Condition(place[name], place[parent], np.array(units)))

    for name in space.dimensions:
        visit(name)
    return found


def _clauses(space: Space, name: str) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """Yield (parent, values) for each searched parent; a constant stands for its own parents."""
    for parent, wanted in (space.parameters[name].when or {}).items():
        if isinstance(space.parameters[parent], Constant):
            yield from _clauses(space, parent)
        else:
            yield parent, wanted if isinstance(wanted, tuple) else (wanted,)


def alone(space: Space, name: str) -> Space:
    """Return the space of one parameter alone, without its condition."""
    form = {key: value for key, value in space.to_dict()[name].items() if key != "when"}
    return Space.from_dict({name: form})


def _groups(conditions: Sequence[_Condition], n_dimensions: int) -> list[int]:
    """Return one dimension of each set of dimensions that are always active together."""
    signs: dict[frozenset[tuple[int, tuple[float, ...]]], int] = {}
    for j in range(n_dimensions):
        own = (c for c in conditions if c.child == j)
        sign = frozenset((c.parent, tuple(sorted(c.allowed.tolist()))) for c in own)
        if sign:
            signs.setdefault(sign, j)
    return sorted(signs.values())


def draw_candidates(
    coordinates: Coordinates,
    centres: Array,
    stream: Generator,
    *,
    n_uniform: int = N_UNIFORM,
    n_local: int = N_LOCAL,
) -> Array:
    """Return snapped candidates: uniform ones, and perturbations of the centres (k x d units)."""
    d = coordinates.n_dimensions
    uniform = stream.random((n_uniform, d))
    chosen = centres[stream.integers(len(centres), size=n_local)]
    width = 10.0 ** stream.uniform(-2.5, -0.5, (n_local, 1))
    is_moved = stream.random((n_local, d)) < max(0.35, 1.5 / max(1, d))
    moved = chosen + width * is_moved * stream.standard_normal((n_local, d))
    is_redrawn = ~coordinates.movable & (stream.random((n_local, d)) < 0.25)
    local = np.where(is_redrawn, stream.random((n_local, d)), np.clip(moved, 0.0, 1.0))
    return coordinates.snap(np.vstack([uniform, local]))
