"""Messages as JSON: what is not finite becomes null, for no browser reads NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any


def to_json(message: object) -> str:
    """Return a message as compact JSON."""
    return json.dumps(_plain(message), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_script_json(message: object) -> str:
    """Return a message as JSON that may stand inside a ``<script>`` of a page."""
    text = to_json(message)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_plain(inner) for inner in value]
    raise TypeError(f"a message holds {type(value).__name__}, which JSON does not know")
