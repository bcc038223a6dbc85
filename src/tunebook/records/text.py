"""Foreign text made safe: what a screen would obey, or no file can hold, becomes visible.

A log, an exception, a file name or a note may hold escape sequences that clear a terminal, marks
that turn the order of letters round, or half a character (a lone surrogate, which Python makes of a
file name that is not UTF-8). Facts clean such text when they are made, so also when an old log is
read; what is data (values, commands, paths) stays as it is, and is cleaned where it is shown.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

# Above ASCII: control characters (CSI, OSC), marks of direction and lines, surrogates.
_HIGH = "\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{_HIGH}]")
_UNSAFE_IN_JSON = re.compile(f"[{_HIGH}]")


def clean(text: str) -> str:
    r"""Return the text with all but line feeds and tabs that is unsafe escaped, as ``\x1b``."""
    if text.isprintable():
        return text
    return _UNSAFE.sub(_escaped, text.replace("\r\n", "\n"))


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def clean_fields(fact: object, *names: str) -> None:
    """Clean these fields of a frozen fact that is being made, and the names in their mappings."""
    for name in names:
        object.__setattr__(fact, name, _cleaned(getattr(fact, name)))


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_cleaned(name): _cleaned(inner) for name, inner in value.items()}
    return clean(value) if isinstance(value, str) else value


def to_json(value: object) -> str:
    """Return facts or messages as compact JSON; what is not finite becomes null.

    What a terminal would obey is written as JSON's own escapes, which change no text; half a
    character, which many readers of JSON refuse, as the text that ``clean`` makes of it.
    """
    text = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text if text.isprintable() else _UNSAFE_IN_JSON.sub(_escaped_in_json, text)


def _escaped_in_json(match: re.Match[str]) -> str:
    code = f"\\u{ord(match[0]):04x}"
    return "\\" + code if "\ud800" <= match[0] <= "\udfff" else code


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
