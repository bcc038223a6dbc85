"""Conditions: which parameters exist, given the values of others.

An inactive parameter is absent from a configuration, so whether a parameter is active can be
read off its own clauses: a clause on an absent parent does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, final

from tunebook.errors import ConfigurationError, SpaceError, nearest
from tunebook.records import Value
from tunebook.space.dimensions import Dimension
from tunebook.space.parameters import Parameter
from tunebook.space.values import Key, key


@final
@dataclass(frozen=True, slots=True)
class Clause:
    """``parent`` must have one of the allowed values."""

    parent: str
    allowed: frozenset[Key]


Clauses: TypeAlias = tuple[Clause, ...]


def hold(clauses: Clauses, values: Mapping[str, Value]) -> bool:
    """Say whether every clause holds in the values so far."""
    for clause in clauses:
        if clause.parent not in values:
            return False
        value = values[clause.parent]
        if (type(value), value) not in clause.allowed:
            return False
    return True


def compile_conditions(
    parameters: Mapping[str, Parameter], dimensions: Mapping[str, Dimension]
) -> dict[str, Clauses]:
    """Return each parameter's clauses, or raise SpaceError for one that can never hold."""
    return {
        name: tuple(
            _clause(name, parent, wanted, dimensions)
            for parent, wanted in sorted((parameter.when or {}).items())
        )
        for name, parameter in parameters.items()
    }


def _clause(name: str, parent: str, wanted: object, dimensions: Mapping[str, Dimension]) -> Clause:
    if parent not in dimensions:
        raise SpaceError(
            f"parameter {name!r} depends on a parameter that is not in the space",
            got=parent,
            do=nearest(parent, dimensions),
        )
    dimension = dimensions[parent]
    if dimension.n_values is None:
        raise SpaceError(
            f"parameter {name!r} depends on {parent!r}, which almost never has one exact value",
            expected="a Choice, Bool, Int or Float with a step",
        )
    allowed = set()
    for value in wanted if isinstance(wanted, tuple) else (wanted,):
        try:
            allowed.add(key(dimension.check(value)))
        except ConfigurationError as error:
            raise SpaceError(
                f"parameter {name!r} depends on a value that {parent!r} never has",
                got=value,
                expected=error.expected,
                do=_nearest_value(value, dimension),
            ) from None
    return Clause(parent, frozenset(allowed))


def _nearest_value(value: object, dimension: Dimension) -> str | None:
    if not isinstance(value, str):
        return None
    texts = [v for v in dimension.points(10) if isinstance(v, str)]
    return nearest(value, texts) if texts else None


def dependency_order(conditions: Mapping[str, Clauses]) -> tuple[str, ...]:
    """Return the names with parents before children, the same whatever the order of the mapping.

    Children follow their last parent at once: walks over the space then keep few open ends.
    """
    waiting = {name: len(clauses) for name, clauses in conditions.items()}
    children = children_by_parent(conditions)
    ready = sorted((name for name, n in waiting.items() if n == 0), reverse=True)
    order: list[str] = []
    while ready:
        name = ready.pop()
        order.append(name)
        for child in sorted(children.get(name, ()), reverse=True):
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    if len(order) < len(conditions):
        raise SpaceError(
            "parameters depend on each other in a circle: "
            + " → ".join(_circle(conditions, set(conditions) - set(order))),
            do="Leave out one of their when= conditions",
        )
    _refuse_contradictions(order, conditions)
    return tuple(order)


def children_by_parent(conditions: Mapping[str, Clauses]) -> dict[str, list[str]]:
    """Return the parameters that depend directly on each parent, sorted."""
    children: dict[str, list[str]] = {}
    for name in sorted(conditions):
        for clause in conditions[name]:
            children.setdefault(clause.parent, []).append(name)
    return children


def _circle(conditions: Mapping[str, Clauses], stuck: set[str]) -> list[str]:
    path = [min(stuck)]
    while True:
        parent = next(c.parent for c in conditions[path[-1]] if c.parent in stuck)
        if parent in path:
            return [*path[path.index(parent) :], parent]
        path.append(parent)


def _refuse_contradictions(order: list[str], conditions: Mapping[str, Clauses]) -> None:
    """Refuse a parameter whose ancestors' conditions exclude each other."""
    needs: dict[str, dict[str, frozenset[Key]]] = {}
    for name in order:
        needed: dict[str, frozenset[Key]] = {}
        for clause in conditions[name]:
            inherited = [*needs[clause.parent].items(), (clause.parent, clause.allowed)]
            for parent, allowed in inherited:
                needed[parent] = needed.get(parent, allowed) & allowed
                if not needed[parent]:
                    raise SpaceError(
                        f"parameter {name!r} can never be active: its conditions and those of "
                        f"its parents ask for different values of {parent!r}",
                        do="Correct or leave out one of the conditions",
                    )
        needs[name] = needed
