"""Values as they are typed: of a configuration, and the options of a search."""

from __future__ import annotations

from typing import Any

from tunebook.errors import InputError, SearchError


def search_of(text: str) -> dict[str, Any]:
    """Return the search meant by ``name`` or ``name:option=value,option=value``."""
    from tunebook.space.parse import parse_value

    name, _, told = text.partition(":")
    options: dict[str, Any] = {}
    for part in filter(None, told.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise SearchError(
                "An option of the search has no value", got=text, expected="such as bayes:initial=5"
            )
        options[key.strip()] = parse_value(value)
    return {"name": name.strip()} | options


def values_of(texts: list[str]) -> dict[str, Any]:
    """Return the values of ``name=value`` texts."""
    from tunebook.space.parse import parse_value

    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise InputError("A value is not written as name=value", got=text, expected="lr=0.01")
        found[name.strip()] = parse_value(value)
    return found


def values_in(path: str) -> dict[str, Any]:
    """Return the values of a JSON or YAML file, or of the ``config`` within it."""
    from pathlib import Path

    from tunebook.study.file_lines import read_yaml

    body = dict(read_yaml(Path(path)).body)
    inner = body.get("config", body)
    if not isinstance(inner, dict):
        raise InputError("A file of values holds none", got=path, expected="such as lr: 0.01")
    return inner
