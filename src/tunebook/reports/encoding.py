"""Messages as JSON: what is not finite becomes null, for no browser reads NaN.

What a terminal would obey is written as JSON's own escapes, which change no text; half a character,
which many readers of JSON refuse, as the visible text that ``tunebook.records.text`` makes of it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from tunebook.records.text import UNSAFE

_UNSAFE = re.compile(f"[{UNSAFE}]")


def to_json(message: object) -> str:
    """Return a message as compact JSON."""
    text = json.dumps(_plain(message), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text if text.isprintable() else _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = f"\\u{ord(match[0]):04x}"
    return "\\" + code if "\ud800" <= match[0] <= "\udfff" else code


def to_script_json(message: object) -> str:
    """Return a message as JSON that may stand inside a ``<script>`` of a page."""
    return to_json(message).replace("<", "\\u003c")


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
