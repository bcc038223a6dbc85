"""Plain sentences about parameters, and about what changed between two versions of a space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, assert_never

from tunebook.records import Value
from tunebook.space.parameters import Bool, Choice, Constant, Float, Int, Parameter
from tunebook.space.values import key, shown

_SHARED = ("prior", "confidence", "role", "kind")


class Described(Protocol):
    """What a space looks like from here."""

    parameters: Mapping[str, Parameter]
    constraints: tuple[str, ...]


def describe_parameter(parameter: Parameter) -> str:
    """Return what the parameter can be, such as ``1e-05 to 1 (log)``."""
    match parameter:
        case Float() | Int():
            notes = _notes(parameter)
            return f"{_range(parameter)}" + (f" ({notes})" if notes else "")
        case Choice():
            return _list(parameter.values) + (" (ordered)" if parameter.ordered else "")
        case Bool():
            return "False or True"
        case Constant():
            return f"always {parameter.value!r}"
    assert_never(parameter)


def _range(p: Float | Int) -> str:
    return f"{shown(p.low)} to {shown(p.high)}"


def _notes(p: Float | Int) -> str:
    parts = ["whole numbers"] if isinstance(p, Int) else []
    if p.log is not False:
        parts.append("log" if p.log is True else "log of 1-x")
    if isinstance(p, Float) and p.step is not None:
        parts.append(f"steps of {shown(p.step)}")
    return ", ".join(parts)


def _list(values: tuple[Value, ...]) -> str:
    shown = ", ".join(repr(value) for value in values[:20])
    return shown if len(values) <= 20 else f"{shown}, … ({len(values)} values)"


def describe_changes(new: Described, old: Described) -> list[str]:
    """Return one sentence for each thing that is different in ``new``; none when nothing is."""
    changes: list[str] = []
    for name in sorted({*new.parameters, *old.parameters}):
        before, after = old.parameters.get(name), new.parameters.get(name)
        if after is None and before is not None:
            changes.append(f"{name} was removed (it was {describe_parameter(before)})")
        elif before is None and after is not None:
            changes.append(f"{name} was added: {describe_parameter(after)}")
        elif before is not None and after is not None:
            changes += (f"{name}: {change}" for change in _changes(after, before))
    changes += (f"constraint added: {c}" for c in new.constraints if c not in old.constraints)
    changes += (f"constraint removed: {c}" for c in old.constraints if c not in new.constraints)
    return changes


def _changes(new: Parameter, old: Parameter) -> list[str]:
    changes: list[str] = []
    if isinstance(new, Choice) and isinstance(old, Choice):
        changes += _choice_changes(new, old)
    elif isinstance(new, (Float, Int)) and isinstance(old, type(new)):
        changes += _range_changes(new, old)
    elif describe_parameter(new) != describe_parameter(old):
        changes.append(f"was {describe_parameter(old)}, is now {describe_parameter(new)}")
    before, after = _condition(old), _condition(new)
    if before != after:
        changes.append(f"was active {before}, is now active {after}")
    for what in _SHARED:
        was, now = getattr(old, what, None), getattr(new, what, None)
        if key(was) != key(now):
            changes.append(f"{what} was {_said(was)}, is now {_said(now)}")
    return changes


def _range_changes(new: Float | Int, old: Float | Int) -> list[str]:
    changes: list[str] = []
    if (new.low, new.high) != (old.low, old.high):
        is_wider = new.low <= old.low and new.high >= old.high
        is_narrower = new.low >= old.low and new.high <= old.high
        verb = "widened" if is_wider else "narrowed" if is_narrower else "moved"
        changes.append(f"range {verb}: was {_range(old)}, is now {_range(new)}")
    before, after = _notes(old) or "linear", _notes(new) or "linear"
    if before != after:
        changes.append(f"scale was {before}, is now {after}")
    return changes


def _choice_changes(new: Choice, old: Choice) -> list[str]:
    before, after = set(map(key, old.values)), set(map(key, new.values))
    changes = [f"choice {value!r} was added" for value in new.values if key(value) not in before]
    changes += (f"choice {value!r} was removed" for value in old.values if key(value) not in after)
    if new.ordered != old.ordered:
        changes.append(
            "choices are now ordered" if new.ordered else "choices are no longer ordered"
        )
    if not changes and new.values != old.values:
        changes.append(f"choices were reordered to {_list(new.values)}")
    return changes


def _condition(parameter: Parameter) -> str:
    when = parameter.when or {}
    if not when:
        return "always"
    clauses = (
        f"{parent} is " + " or ".join(map(repr, values if isinstance(values, tuple) else (values,)))
        for parent, values in sorted(when.items())
    )
    return "when " + " and ".join(clauses)


def _said(value: Value) -> str:
    return "not given" if value is None else f"{value}"
