"""The one codec of experiments and readings: JSON values and back. NaN and infinity survive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from tunebook.checks.experiments import Experiment, Look, Time, Train
from tunebook.checks.readings import COMMON, Reading
from tunebook.checks.registry import CHECKS


@cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    kinds = {Train, Look, Time, *COMMON, *(kind for check in CHECKS for kind in check.reads)}
    for kind in kinds:
        kind.__pydantic_config__ = ConfigDict(ser_json_inf_nan="strings")  # type: ignore[attr-defined]  # how pydantic configures dataclasses
    return {kind.__name__: TypeAdapter(kind) for kind in kinds}


def encode(value: Experiment | Reading) -> dict[str, Any]:
    """Return a JSON value; numbers that are not finite are written as strings."""
    name = type(value).__name__
    return {"kind": name, "fields": json.loads(_adapters()[name].dump_json(value))}


def decode(told: Mapping[str, Any]) -> Any:
    """Return the experiment or reading; ``KeyError`` or ``ValueError`` if it is none."""
    return _adapters()[told["kind"]].validate_python(told["fields"])
