"""What a value is: plain JSON scalars, told apart by type as well as by equality."""

from __future__ import annotations

import math
from typing import TypeAlias

from tunebook.errors import SpaceError
from tunebook.records import Value

Key: TypeAlias = tuple[type, Value]
"""A value with its type, since 1 == True == 1.0 in Python."""

NOT_SCALAR = "a text, a whole number, a finite number, true, false or none"


def key(value: Value) -> Key:
    """Return what tells a value from every other."""
    return (type(value), value)


def plain(value: object) -> object:
    """Return the built-in value of a NumPy or tensor scalar, and of a str or number subclass."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "dtype"):
        item = getattr(value, "item", None)
        value = item() if callable(item) else value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else value


def shown(number: float) -> str:
    """Return a number as people write it: all its digits, but 1 for 1.0."""
    return repr(number).removesuffix(".0")


def scalar(name: str, what: str, value: object) -> Value:
    """Return ``value`` as a JSON scalar, or refuse it in the parameter's name."""
    got = plain(value)
    if got is None or isinstance(got, (bool, int, str)):
        return got
    if isinstance(got, float) and math.isfinite(got):
        return got
    raise SpaceError(
        f"parameter {name!r}: {what} cannot be kept as JSON",
        got=value,
        expected=NOT_SCALAR,
        do="Choose by name, such as Choice('relu', 'gelu'), and look the object up in training",
    )


def finite(name: str, what: str, value: object, example: str) -> float:
    """Return ``value`` as a finite float, or refuse it in the parameter's name."""
    got = plain(value)
    if isinstance(got, (int, float)) and not isinstance(got, bool):
        try:
            number = float(got)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    hint = " (a text: leave out the quotes)" if isinstance(got, str) else ""
    raise SpaceError(
        f"parameter {name!r}: {what} is not a finite number{hint}", got=value, expected=example
    )


def whole(name: str, what: str, value: object, example: str) -> int:
    """Return ``value`` as an int if it is exactly one (1e3 is), or refuse it by name."""
    number = finite(name, what, value, example)
    if not number.is_integer():
        raise SpaceError(
            f"parameter {name!r}: {what} is not a whole number",
            got=value,
            expected=example,
            do="Use Float for numbers with a fraction",
        )
    got = plain(value)
    return got if isinstance(got, int) else int(number)
