"""Foreign text made safe to show: what a screen would obey, or no file can hold, becomes visible.

A log, an exception, a file name or a note may hold escape sequences that clear a terminal, marks
that turn the order of letters round, or half a character ("lone surrogate", which Python makes of a
file name that is not UTF-8, and which no UTF-8 file, page or database takes). All of it is cleaned
here, and by this one function: facts are cleaned when they are made, so that old logs are cleaned
when they are read; what is data and must stay as it is (values, commands, paths) where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

UNSAFE = (
    "\x7f-\x9f"  # delete, and the control characters of ISO 6429, among them CSI and OSC
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # direction and line marks
    "\ud800-\udfff"  # surrogates
)
"""What JSON leaves as it is and a terminal, a browser or a file does not, as part of a pattern."""

_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{UNSAFE}]")


def clean(text: str) -> str:
    r"""Return the text with all that is unsafe as ``\x1b``, ``\u202e`` or ``\udcff``.

    Line feeds and tabs stay; the two characters that end a line on Windows become a line feed.
    """
    if text.isprintable():
        return text
    return _UNSAFE.sub(_escaped, text.replace("\r\n", "\n"))


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def cleaned(value: Any) -> Any:
    """Return a text, or a mapping with texts, cleaned; everything else as it is."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {cleaned(name): cleaned(inner) for name, inner in value.items()}
    return value


def clean_fields(fact: object, *names: str) -> None:
    """Clean these fields of a frozen fact that is being made."""
    for name in names:
        object.__setattr__(fact, name, cleaned(getattr(fact, name)))
