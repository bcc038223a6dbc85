"""Check a declared parameter under its name, normalise it, and compile its dimension (S0.12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from tunebook.errors import ConfigurationError, SpaceError, nearest
from tunebook.records import Configuration, Value
from tunebook.space.dimensions import (
    ContinuousDimension,
    Dimension,
    ListedDimension,
    SteppedDimension,
    WholeDimension,
)
from tunebook.space.parameters import (
    Bool,
    Choice,
    Confidence,
    Constant,
    Float,
    Int,
    Kind,
    Parameter,
    Role,
)
from tunebook.space.scales import Scale, ScaleKind
from tunebook.space.values import Key, finite, key, plain, scalar, shown, whole

MAX_CHOICES = 10_000
# Up to here every whole number survives its logarithm in double precision.
MAX_WHOLE = 10**12
MAX_NAME = 200
FLOAT_FORM = "Float(low, high) with low < high, such as Float(1e-5, 1, log=True)"
INT_FORM = "Int(low, high) with low < high, such as Int(1, 8)"

_TAKEN = {name for name in dir(Configuration) if not name.startswith("_")} | {"constraints"}
_SCALE_KINDS = {False: ScaleKind.LINEAR, True: ScaleKind.LOG, "1-x": ScaleKind.ONE_MINUS}
_E = TypeVar("_E", bound=StrEnum)


def check_name(name: object) -> str:
    """Return a usable parameter name, or refuse it.

    Configurations are read as ``config.name`` and commands as ``{name}``, which rules some out.
    """
    if not isinstance(name, str):
        raise SpaceError("a parameter's name is not a text", got=name, expected="such as 'lr'")
    if not name.strip() or name != name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise SpaceError(
            "a parameter's name cannot be used",
            got=name if len(name) <= MAX_NAME else name[:MAX_NAME] + "…",
            expected=f"1 to {MAX_NAME} printable characters without blanks around them",
        )
    if name in _TAKEN or name.startswith("_") or any(c in name for c in "{}="):
        raise SpaceError(
            f"the name {name!r} cannot be used for a parameter",
            do=f"Rename it, to {name.strip('_{}=') or 'parameter'}_value for example: "
            "names of a configuration's own methods, 'constraints', a leading underscore and "
            "the characters { } = are kept for other uses",
        )
    return name


def compile_parameter(name: str, declared: object) -> tuple[Parameter, Dimension]:
    """Return the parameter, normalised, and its dimension; raise SpaceError that names it."""
    match declared:
        case Float():
            return _float(name, declared)
        case Int():
            return _int(name, declared)
        case Choice():
            return _choice(name, declared)
        case Bool():
            return _bool(name, declared)
        case Constant():
            return _constant(name, declared)
    raise SpaceError(
        f"parameter {name!r} is not a parameter",
        got=declared,
        expected="Float, Int, Choice, Bool or Constant",
        do=_suggestion(declared),
    )


def _suggestion(declared: object) -> str | None:
    match declared:
        case type():
            return "Add brackets with its range: Float(1e-5, 1), Int(1, 8), Bool()"
        case list() | tuple() as values if values:
            first = ", ".join(map(repr, values[:5])) + (", …" if len(values) > 5 else "")
            return f"Write Choice({first})"
        case bool() | int() | float() | str() | None:
            return f"Write Constant({declared!r}) for a value that is not searched"
    return None


def _float(name: str, p: Float) -> tuple[Float, Dimension]:
    low = finite(name, "low", p.low, FLOAT_FORM)
    high = finite(name, "high", p.high, FLOAT_FORM)
    _check_order(name, low, high, FLOAT_FORM)
    if not isinstance(p.log, (bool, str)) or p.log not in _SCALE_KINDS:
        raise SpaceError(
            f"parameter {name!r}: log is unknown", got=p.log, expected="False, True or '1-x'"
        )
    if p.log is True and low <= 0:
        raise SpaceError(
            f"parameter {name!r}: low is not above 0, which a log scale needs",
            got=low,
            expected=FLOAT_FORM,
            do="Raise low, or leave out log=True",
        )
    if p.log == "1-x" and high >= 1:
        raise SpaceError(
            f"parameter {name!r}: high is not below 1, which the scale '1-x' needs",
            got=high,
            expected="such as Float(0.5, 0.999, log='1-x')",
        )
    scale = Scale(_SCALE_KINDS[p.log], low, high)
    if not scale.has_room:
        raise SpaceError(
            f"parameter {name!r}: its range cannot be computed with",
            got=(low, high),
            expected="bounds that differ, and whose distance is a finite number",
        )
    p = replace(p, low=low, high=high, **_common(name, p))
    if p.step is None:
        dimension: Dimension = ContinuousDimension(name, scale)
        prior = _prior(name, p.prior, dimension)
        return replace(p, prior=prior), ContinuousDimension(name, scale, prior)
    return _stepped(name, p)


def _stepped(name: str, p: Float) -> tuple[Float, Dimension]:
    step = finite(name, "step", p.step, "such as Float(0, 1, step=0.1)")
    if p.log is not False:
        raise SpaceError(
            f"parameter {name!r}: a step and a log scale exclude each other",
            got=p,
            do="Leave out one, or list the values in Choice(..., ordered=True)",
        )
    room = p.high - p.low
    if not 0 < step <= room or room / step > MAX_WHOLE:
        raise SpaceError(
            f"parameter {name!r}: step does not divide the range into two values or more",
            got=step,
            expected=f"more than 0, at most {shown(room)}, at most {MAX_WHOLE} values",
        )
    exact_low, exact_step = Decimal(repr(p.low)), Decimal(repr(step))
    n_values = int((Decimal(repr(p.high)) - exact_low) // exact_step) + 1
    digits = max(0, *(-int(d.as_tuple().exponent) for d in (exact_low, exact_step)))
    dimension = SteppedDimension(name, p.low, p.high, step, digits, n_values)
    prior = _prior(name, p.prior, dimension)
    return replace(p, step=step, prior=prior), replace(dimension, prior=prior)


def _int(name: str, p: Int) -> tuple[Int, Dimension]:
    low = whole(name, "low", p.low, INT_FORM)
    high = whole(name, "high", p.high, INT_FORM)
    _check_order(name, low, high, INT_FORM)
    if max(abs(low), abs(high)) > MAX_WHOLE:
        raise SpaceError(
            f"parameter {name!r}: its bounds are too large",
            got=(low, high),
            expected=f"whole numbers between -{MAX_WHOLE} and {MAX_WHOLE}",
            do="Search an exponent instead, such as Int(10, 60) for a power of two",
        )
    if not isinstance(p.log, bool):
        raise SpaceError(
            f"parameter {name!r}: log is unknown", got=p.log, expected="False or True for an Int"
        )
    if p.log and low < 1:
        raise SpaceError(
            f"parameter {name!r}: low is not above 0, which a log scale needs",
            got=low,
            expected="low >= 1, such as Int(1, 64, log=True)",
        )
    scale = Scale(_SCALE_KINDS[p.log], low - 0.5, high + 0.5)
    dimension = WholeDimension(name, low, high, scale)
    prior = _prior(name, p.prior, dimension)
    fixed = replace(p, low=low, high=high, prior=prior, **_common(name, p))
    return fixed, replace(dimension, prior=prior)


def _choice(name: str, p: Choice) -> tuple[Choice, Dimension]:
    if len(p.values) == 1 and isinstance(p.values[0], (list, tuple)):
        raise SpaceError(
            f"parameter {name!r}: a list was given as the only choice",
            got=p.values[0],
            do="Write the values themselves: Choice(32, 64), or Choice(*values)",
        )
    if len(p.values) < 2:
        only = f"Constant({p.values[0]!r})" if p.values else "Constant(value)"
        raise SpaceError(
            f"parameter {name!r}: there is nothing to choose from",
            got=p.values,
            expected="two values or more, such as Choice('sgd', 'adam')",
            do=f"Use {only} for a value that is not searched",
        )
    if len(p.values) > MAX_CHOICES:
        raise SpaceError(
            f"parameter {name!r} has {len(p.values)} choices",
            expected=f"at most {MAX_CHOICES}",
            do="Use Int(low, high) or Float(low, high) for numbers, or search an index with Int",
        )
    seen: dict[Key, None] = {}
    for value in p.values:
        choice = scalar(name, "a choice", value)
        if key(choice) in seen:
            raise SpaceError(
                f"parameter {name!r} has the same choice twice", got=choice, do="Leave one out"
            )
        seen[key(choice)] = None
    if not isinstance(p.ordered, bool):
        raise SpaceError(
            f"parameter {name!r}: ordered is unknown", got=p.ordered, expected="True or False"
        )
    values = tuple(value for _, value in seen)
    centre = (len(values) - 1) // 2 if p.ordered else 0
    common = _common(name, p)
    dimension, prior = _listed(name, values, centre, p.prior)
    return Choice(*values, ordered=p.ordered, prior=prior, **common), dimension


def _bool(name: str, p: Bool) -> tuple[Bool, Dimension]:
    dimension, prior = _listed(name, (False, True), 0, p.prior)
    return replace(p, prior=None if prior is None else bool(prior), **_common(name, p)), dimension


def _constant(name: str, p: Constant) -> tuple[Constant, Dimension]:
    value = scalar(name, "a constant", p.value)
    return replace(p, value=value, **_common(name, p)), ListedDimension(name, (value,))


def _listed(
    name: str, values: tuple[Value, ...], centre: int, prior: Value
) -> tuple[ListedDimension, Value]:
    dimension = ListedDimension(name, values, centre)
    if prior is None:
        return dimension, None
    found = _prior(name, prior, dimension)
    index = next(i for i, value in enumerate(values) if key(value) == key(found))
    return replace(dimension, default_index=index), found


def _check_order(name: str, low: float, high: float, form: str) -> None:
    if low == high:
        raise SpaceError(
            f"parameter {name!r}: low and high are equal",
            got=(low, high),
            expected=form,
            do=f"Use Constant({low!r}) for a value that is not searched",
        )
    if low > high:
        raise SpaceError(
            f"parameter {name!r}: low is above high",
            got=(low, high),
            expected=form,
            do="Swap the two bounds",
        )


def _prior(name: str, prior: Value, dimension: Dimension) -> Any:  # a value of the dimension
    if prior is None:
        return None
    try:
        return dimension.check(prior)
    except ConfigurationError as error:
        raise SpaceError(
            f"parameter {name!r}: its prior is not one of its values",
            got=prior,
            expected=error.expected,
        ) from None


def _common(name: str, p: Parameter) -> dict[str, Any]:  # keywords of dataclasses.replace
    """Return the checked keywords that all parameters share."""
    kept: dict[str, Any] = {
        "when": _when(name, p.when),
        "role": _member(name, "role", p.role, Role),
        "kind": _member(name, "kind", p.kind, Kind),
    }
    if isinstance(p, Constant):
        return kept
    confidence = _member(name, "confidence", p.confidence, Confidence)
    if confidence is not None and p.prior is None:
        raise SpaceError(
            f"parameter {name!r}: confidence without a prior",
            got=p.confidence,
            do="Add prior=, the value you are confident in, or leave out confidence",
        )
    return kept | {"confidence": confidence}


def _member(name: str, what: str, value: object, members: type[_E]) -> _E | None:
    if value is None:
        return None
    names = [str(member) for member in members]
    if not isinstance(value, str) or value not in names:
        raise SpaceError(
            f"parameter {name!r}: {what} is unknown",
            got=value,
            expected="one of " + ", ".join(names),
            do=nearest(str(value), names),
        )
    return members(value)


def _when(name: str, when: object) -> dict[str, tuple[Value, ...]] | None:
    if when is None:
        return None
    form = "such as when={'optimizer': 'adam'} or when={'optimizer': ('adam', 'adamw')}"
    if not isinstance(when, Mapping):
        raise SpaceError(f"parameter {name!r}: when is not a mapping", got=when, expected=form)
    clauses: dict[str, tuple[Value, ...]] = {}
    for parent, wanted in when.items():
        if not isinstance(parent, str):
            raise SpaceError(
                f"parameter {name!r}: when has a key that is not a name", got=parent, expected=form
            )
        values: Iterable[object] = wanted if isinstance(wanted, (list, tuple, range)) else (wanted,)
        clauses[parent] = tuple(scalar(name, f"when {parent!r}", plain(v)) for v in values)
        if not clauses[parent]:
            raise SpaceError(
                f"parameter {name!r}: when names no value of {parent!r}", got=when, expected=form
            )
    return clauses or None
