"""Walks over all configurations of a space: counting them, and visiting a grid of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tunebook.records import Value
from tunebook.space.conditions import Clauses, children_by_parent, hold
from tunebook.space.dimensions import Dimension


def count(
    order: Sequence[str], dimensions: Mapping[str, Dimension], conditions: Mapping[str, Clauses]
) -> int | None:
    """Return the number of distinct configurations, None when it is infinite.

    Parents are visited before children. All that the count of the rest depends on is which of
    the parameters to come can no longer be active, so choices that agree in that are merged.
    """
    children = children_by_parent(conditions)
    n_by_ruled_out: dict[frozenset[str], int] = {frozenset(): 1}
    for name in order:
        n_values = dimensions[name].n_values
        if n_values is None:
            return None
        options = _exclusions(name, n_values, children.get(name, []), conditions)
        following: dict[frozenset[str], int] = {}
        for ruled_out, n in n_by_ruled_out.items():
            rest = ruled_out - {name}
            branches = {frozenset(children.get(name, [])): 1} if name in ruled_out else options
            for excluded, factor in branches.items():
                state = rest | excluded
                following[state] = following.get(state, 0) + n * factor
        n_by_ruled_out = following
    return sum(n_by_ruled_out.values())


def _exclusions(
    name: str, n_values: int, children: Sequence[str], conditions: Mapping[str, Clauses]
) -> dict[frozenset[str], int]:
    """Return how many values of a parameter rule out each set of its children."""
    allowed = {
        child: clause.allowed
        for child in children
        for clause in conditions[child]
        if clause.parent == name
    }
    mentioned = frozenset().union(*allowed.values())
    counts: dict[frozenset[str], int] = {}
    for value in mentioned:
        excluded = frozenset(child for child in children if value not in allowed[child])
        counts[excluded] = counts.get(excluded, 0) + 1
    if n_values > len(mentioned):
        everyone = frozenset(children)
        counts[everyone] = counts.get(everyone, 0) + n_values - len(mentioned)
    return counts


def visit(
    order: Sequence[str],
    conditions: Mapping[str, Clauses],
    points: Mapping[str, Callable[[], Iterator[Value]]],
) -> Iterator[dict[str, Value]]:
    """Yield every combination of the points, the last name of ``order`` varying fastest.

    Inactive parameters are left out, so no combination comes twice. Nothing is kept but the
    current combination: the same dict is yielded each time, and the caller must copy it.
    """
    values: dict[str, Value] = {}
    levels: list[Iterator[bool]] = []
    is_complete = False
    while True:
        if is_complete:
            yield values
        elif len(levels) < len(order):
            name = order[len(levels)]
            levels.append(_settings(name, conditions[name], points[name], values))
        while levels and not next(levels[-1], False):
            levels.pop()
        if not levels:
            return
        is_complete = len(levels) == len(order)


def _settings(
    name: str, clauses: Clauses, points: Callable[[], Iterator[Value]], values: dict[str, Value]
) -> Iterator[bool]:
    """Put each point into ``values`` in turn; leave the name out, once, while it is inactive."""
    if not hold(clauses, values):
        yield True
        return
    for value in points():
        values[name] = value
        yield True
    del values[name]
