"""Turns what pydantic says about a study file into one error that a person can act on."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from tunebook.errors import StudyFileError, nearest
from tunebook.study.file_lines import Place, YamlFile

_EXPECTED = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
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
    place, section = _located(tuple(wrong["loc"]), model)
    where = "" if given is None else f"{given.where(place)}: "
    key = ".".join(map(str, place))
    kind = wrong["type"]
    if kind == "extra_forbidden":
        nearest_key = nearest(str(place[-1]), section.model_fields)
        return StudyFileError(f"{where}there is no key {key!r}", do=nearest_key)
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


def _located(place: Place, section: type[BaseModel]) -> tuple[Place, type[BaseModel]]:
    """Return the part of a place that is in the file, and the section of its last key."""
    for n, key in enumerate(place[:-1], 1):
        if isinstance(key, str):
            kind: Any = section.model_fields[key].annotation
            kinds = [k for k in (kind, *get_args(kind)) if isinstance(k, type)]
            inner = next((k for k in kinds if issubclass(k, BaseModel)), None)
            if inner is None:
                return place[:n], section
            section = inner
    return place, section


def example_of(key: str) -> str:
    """Return what to add for a key that is missing."""
    return {
        "space": "Add space: {lr: {type: float, low: 1e-5, high: 1, log: true}}",
        "objective": "Add objective: {maximize: val_acc}, the metric that your training reports",
    }.get(key, f"Add {key}:")
