"""What a space precomputes once, so that encoding and decoding cost microseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, final

from tunebook.errors import SpaceError
from tunebook.records import Value
from tunebook.space.conditions import Clauses, compile_conditions, dependency_order
from tunebook.space.constraints import Constraint, parse_constraint
from tunebook.space.declarations import check_name, compile_parameter
from tunebook.space.dimensions import Dimension
from tunebook.space.parameters import Constant, Parameter

Encoder: TypeAlias = tuple[str, Callable[[Value], float], Clauses]
Decoder: TypeAlias = tuple[str, Callable[[float], Value], int, Clauses]


@final
@dataclass(frozen=True, slots=True)
class Compiled:
    """Checked parameters in the user's order, and the ways through them.

    ``order`` has parents before children, ``encoders`` the searched names sorted, ``decoders``
    all names in ``order`` with the place of their coordinate (-1: a constant).
    """

    parameters: Mapping[str, Parameter]
    dimensions: Mapping[str, Dimension]
    conditions: Mapping[str, Clauses]
    constraints: tuple[Constraint, ...]
    order: tuple[str, ...]
    encoders: tuple[Encoder, ...]
    decoders: tuple[Decoder, ...]


def compile_space(declared: Mapping[Any, object], constraints: object) -> Compiled:
    """Check everything a user declared and return it compiled; raise SpaceError by name."""
    if not declared:
        raise SpaceError(
            "the space is empty", expected="a parameter or more, such as Space(lr=Float(1e-5, 1))"
        )
    pairs = {check_name(name): compile_parameter(name, p) for name, p in declared.items()}
    parameters = {name: parameter for name, (parameter, _) in pairs.items()}
    dimensions = {name: dimension for name, (_, dimension) in pairs.items()}
    conditions = compile_conditions(parameters, dimensions)
    order = dependency_order(conditions)
    if not isinstance(constraints, (list, tuple)):
        raise SpaceError("constraints is not a list", got=constraints, expected="a list of texts")
    searched = sorted(n for n, p in parameters.items() if not isinstance(p, Constant))
    place = {name: i for i, name in enumerate(searched)}
    return Compiled(
        parameters=parameters,
        dimensions=dimensions,
        conditions=conditions,
        constraints=tuple(parse_constraint(text, parameters) for text in constraints),
        order=order,
        encoders=tuple((n, dimensions[n].encode, conditions[n]) for n in searched),
        decoders=tuple((n, dimensions[n].decode, place.get(n, -1), conditions[n]) for n in order),
    )
