"""The JSON form of parameters, which is also the one of study files (contract, section 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from tunebook.errors import SpaceError, nearest
from tunebook.space.parameters import Bool, Choice, Constant, Float, Int, Parameter
from tunebook.space.parse import FORMS, parse_parameter

_TYPES: dict[str, type[Parameter]] = {
    "float": Float,
    "int": Int,
    "choice": Choice,
    "bool": Bool,
    "constant": Constant,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}
# Our names and the platform's (S0.12), and what these add to ours.
_MEANINGS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in _TYPES},
    "uniform": ("float", {}),
    "loguniform": ("float", {"log": True}),
    "randint": ("int", {}),
    "boolean": ("bool", {}),
}
_NUMERIC = ("low", "high", "step", "prior")
_FORM = "such as {type: float, low: 1e-5, high: 1, log: true}"


def parameter_to_dict(parameter: Parameter) -> dict[str, Any]:
    """Return the JSON object of a checked parameter; what has its default value is left out."""
    out: dict[str, Any] = {"type": _NAMES[type(parameter)]}
    for f in fields(parameter):
        value = getattr(parameter, f.name)
        if f.default is not MISSING and value is f.default:
            continue
        if f.name == "when":
            value = {k: list(v) if len(v) > 1 else v[0] for k, v in value.items()}
        elif isinstance(value, tuple):
            value = list(value)
        elif f.name in ("confidence", "role", "kind"):
            value = str(value)
        out[f.name] = value
    return out


def parameter_from_dict(name: str, given: object) -> Parameter:
    """Return the parameter of a JSON object, a list (its choices) or a scalar (its short form).

    Numbers may be texts, since YAML reads ``1e-5`` as a text. Raises SpaceError.
    """
    match given:
        case Float() | Int() | Choice() | Bool() | Constant():
            return given
        case Mapping():
            return _from_mapping(name, dict(given))
        case list() | tuple():
            return Choice(*given)
        case str():
            return parse_parameter(name, given)
        case bool() | int() | float() | None:
            return Constant(given)
    raise SpaceError(
        f"parameter {name!r} is not understood", got=given, expected=f"{_FORM}, or one of {FORMS}"
    )


def _from_mapping(name: str, given: dict[Any, Any]) -> Parameter:
    type_name, added = _type_of(name, given)
    cls = _TYPES[type_name]
    known = {f.name for f in fields(cls)}
    options = {**added, **{k: v for k, v in given.items() if k != "type"}}
    for option in options:
        if option not in known:
            raise SpaceError(
                f"parameter {name!r}: a {type_name} has no {option!r}",
                expected="only " + ", ".join(sorted(known)),
                do=nearest(str(option), known),
            )
    missing = [f.name for f in fields(cls) if f.default is MISSING and f.name not in options]
    if missing:
        raise SpaceError(
            f"parameter {name!r}: a {type_name} needs {' and '.join(missing)}",
            got=given,
            expected=_FORM,
        )
    if cls is Choice:
        values = options.pop("values")
        if not isinstance(values, (list, tuple)):
            raise SpaceError(
                f"parameter {name!r}: values is not a list", got=values, expected="such as [1, 2]"
            )
        return Choice(*values, **options)
    if cls in (Float, Int):
        options.update({k: _number(options[k]) for k in _NUMERIC if k in options})
    return cls(**options)


def _type_of(name: str, given: Mapping[Any, Any]) -> tuple[str, dict[str, Any]]:
    type_name = given.get("type")
    if type_name is None and ("values" in given or "value" in given):
        type_name = "choice" if "values" in given else "constant"
    if isinstance(type_name, str) and type_name in _MEANINGS:
        return _MEANINGS[type_name]
    raise SpaceError(
        f"parameter {name!r}: " + ("type is missing" if type_name is None else "type is unknown"),
        got=given if type_name is None else type_name,
        expected="type: " + ", ".join(_TYPES),
        do=nearest(str(type_name), _MEANINGS) if type_name is not None else None,
    )


def _number(value: object) -> object:
    """Return a text such as ``1e-5`` as its number; anything else as it is, to be refused later."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value
