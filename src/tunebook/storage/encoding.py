"""The form in which events and requests lie in a store: one JSON object per event, lossless.

So that logs written before can still be read, a class of events is never renamed, no other gets its
name, and a field that is added to one needs a default.
Measurements are not written here but as columns of numbers, see ``pack`` and ``unpack``.
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeAlias, get_args

from tunebook.errors import StoreError, StoreVersionError
from tunebook.records import (
    Budget,
    CheckpointRef,
    Configuration,
    Direction,
    Event,
    Failure,
    FailureKind,
    Objective,
    Series,
    StudySpec,
    StudyState,
    TaskKind,
    TaskRef,
    TrialReported,
    TrialState,
)

Body: TypeAlias = dict[str, Any]
Coder: TypeAlias = Callable[[Any], Any]

KINDS: Mapping[str, type[Event]] = {
    re.sub(r"(?<!^)(?=[A-Z])", " ", cls.__name__).lower(): cls for cls in get_args(Event)
}
"""The classes of events by the names that logs know them by: ``trial created``, and so on."""

_IN_COLUMNS = frozenset({"at", "trial"})
_NAMES: Mapping[type[Event], str] = {cls: name for name, cls in KINDS.items()}
_FIELDS: Mapping[type[Event], tuple[str, ...]] = {
    cls: tuple(field.name for field in fields(cls) if field.name not in _IN_COLUMNS)
    for cls in KINDS.values()
}


def fields_of(fact: Any) -> Body:
    """Return the fields of a dataclass by name; ``asdict`` would copy what they hold."""
    return {field.name: getattr(fact, field.name) for field in fields(fact)}


def _spec_to_json(spec: StudySpec) -> Body:
    return fields_of(spec) | {
        "objective": fields_of(spec.objective),
        "budget": fields_of(spec.budget),
        "task": fields_of(spec.task),
    }


def _spec_from_json(body: Body) -> StudySpec:
    task = body["task"] | {"kind": TaskKind(body["task"]["kind"])}
    nested = {
        "objective": objective_of(body["objective"]),
        "budget": Budget(**body["budget"]),
        "task": TaskRef(**task),
        "past": tuple(body.get("past", ())),
    }
    return StudySpec(**(body | nested))


def objective_of(body: Body) -> Objective:
    """Return the objective whose fields these are, its direction a text."""
    return Objective(**(body | {"direction": Direction(body["direction"])}))


def _failure_from_json(body: Body) -> Failure:
    return Failure(**(body | {"kind": FailureKind(body["kind"])}))


_CODERS: Mapping[str, tuple[Coder, Coder]] = {
    "spec": (_spec_to_json, _spec_from_json),
    "state": (str, StudyState),
    "budget": (fields_of, lambda body: Budget(**body)),
    "config": (dict, Configuration),
    "checkpoint": (fields_of, lambda body: CheckpointRef(**body)),
    "outcome": (str, TrialState),
    "failure": (fields_of, _failure_from_json),
}
"""How a field of that name, in whatever event, becomes JSON and comes back."""

_NESTED: Mapping[type[Event], Mapping[str, tuple[Coder, Coder]]] = {
    cls: {name: _CODERS[name] for name in names if name in _CODERS}
    for cls, names in _FIELDS.items()
}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise StoreError(
        f"A {type(value).__name__} cannot be written to a store",
        got=value,
        expected="numbers, strings, booleans, None, and lists and dicts of them",
        do="Turn it into one of these, for instance with int() or str()",
    )


# ASCII only: neither database takes lone surrogates, PostgreSQL takes no NUL.
encode_object = json.JSONEncoder(default=_plain, separators=(",", ":")).encode
"""Return a JSON object as ASCII text; NaN and infinities are kept."""

decode_object = json.JSONDecoder().decode
"""Return what ``encode_object`` wrote."""


def encode(event: Event) -> tuple[str, int | None, str]:
    """Return (kind, trial number or None, body) of an event; ``at`` is kept beside them.

    The body of a ``TrialReported`` is empty: its series are packed.
    """
    cls = type(event)
    if cls is TrialReported:
        return _NAMES[cls], event.trial, "{}"  # type: ignore[union-attr]  # narrowed by cls
    body = {name: getattr(event, name) for name in _FIELDS[cls]}
    for name, (to_json, _) in _NESTED[cls].items():
        body[name] = to_json(body[name])
    return _NAMES[cls], getattr(event, "trial", None), encode_object(body)


def decode(kind: str, at: float, trial: int | None, body: str) -> Event:
    """Return the event; ``StoreVersionError`` when this version does not know such a one."""
    cls: Any = KINDS.get(kind)
    if cls is None:
        raise _unknown(kind, None)
    try:
        values = decode_object(body)
        for name, (_, from_json) in _NESTED[cls].items():
            values[name] = from_json(values[name])
        if cls is TrialReported:
            values["series"] = {}
        event: Event = cls(at=at, **values) if trial is None else cls(at=at, trial=trial, **values)
    except (TypeError, KeyError, ValueError) as error:
        raise _unknown(kind, error) from error
    return event


def _unknown(kind: str, error: Exception | None) -> StoreVersionError:
    detail = "" if error is None else f" of this form ({error})"
    return StoreVersionError(
        f"The store holds an event that this version of tunebook does not know{detail}",
        got=kind,
        do="Open it with the version of tunebook that wrote it, or a later one",
    )


def encode_name(name: str) -> str:
    """Return a name as text that every database takes: what cannot be printed is escaped."""
    return name if name.isprintable() and "\\" not in name else json.dumps(name)[1:-1]


def decode_name(text: str) -> str:
    """Return what ``encode_name`` was given."""
    return str(json.loads(f'"{text}"')) if "\\" in text else text


def pack(series: Series) -> tuple[bytes, bytes, bytes]:
    """Return steps (int64), values and seconds (float64) as packed little-endian columns."""
    return _bytes(series.steps), _bytes(series.values), _bytes(series.seconds)


def unpack(steps: bytes, values: bytes, seconds: bytes) -> Series:
    """Return the series that ``pack`` wrote."""
    return Series(_column("q", steps), _column("d", values), _column("d", seconds))


def _bytes(column: array[Any]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _column(typecode: str, data: bytes) -> array[Any]:
    column: array[Any] = array(typecode, data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
