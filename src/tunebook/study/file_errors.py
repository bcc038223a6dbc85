"""Turns what pydantic says about a study file into one error that a person can act on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from tunebook.errors import StudyFileError, nearest
from tunebook.study.file_lines import Place, YamlFile

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "a text",
    "invalid_key": "a text; put it in quotes",
    "mapping_type": "a mapping of names to values",
    "model_type": "a mapping of keys to values",
    "dict_type": "a mapping of names to values",
}


def first_error(
    error: ValidationError, model: type[BaseModel], given: YamlFile | None
) -> StudyFileError:
    """Return the first thing that is wrong: its file and line, its key, what to write instead."""
    # A key that is missing may be one that is misspelt.
    wrong = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    place: Place = tuple(wrong["loc"])
    where = "" if given is None else f"{given.where(place)}: "
    key = ".".join(map(str, _known_place(place, model)))
    kind = wrong["type"]
    if kind == "extra_forbidden":
        known = _section(place[:-1], model).model_fields
        return StudyFileError(f"{where}there is no key {key!r}", do=nearest(str(place[-1]), known))
    if kind == "missing":
        return StudyFileError(f"{where}the key {key!r} is missing", do=example_of(key))
    if kind == "value_error":
        said = str(wrong["ctx"]["error"])
        return StudyFileError(f"{where}{key + ': ' if key else ''}{said}")
    return StudyFileError(
        f"{where}the key {key!r} has a value that cannot be used",
        got=wrong["input"],
        expected=_EXPECTED.get(kind, wrong["msg"]),
    )


def _known_place(place: Place, model: type[BaseModel]) -> Place:
    """Leave out what pydantic adds to a place: which member of a union it tried."""
    if len(place) > 1 and not _is_section(model, place[0]):
        return place[:1]
    return place


def _is_section(model: type[BaseModel], key: str | int) -> bool:
    field = model.model_fields.get(str(key))
    kind: Any = None if field is None else field.annotation
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _section(place: Place, model: type[BaseModel]) -> type[BaseModel]:
    for key in place:
        kind: Any = model.model_fields[str(key)].annotation
        model = kind
    return model


def example_of(key: str) -> str:
    """Return what to add for a key that is missing."""
    return {
        "space": "Add space: {lr: {type: float, low: 1e-5, high: 1, log: true}}",
        "objective": "Add objective: {maximize: val_acc}, the metric that your training reports",
    }.get(key, f"Add {key}:")
