"""Finds metrics in what a script prints: one line in, names and numbers out. Pure.

``name=value`` and ``name: value`` anywhere in a line, JSON objects, or a pattern of the user's.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from tunebook.errors import TaskError

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|inf(?:inity)?)"
DEFAULT_PATTERN = (
    rf"(?<![\w./-])(?P<name>[A-Za-z_][\w./-]*)\s*[=:]\s*(?P<value>(?i:{_NUMBER}))(?![\w.:/-])"
)
"""What is looked for unless a pattern is given, shown to those whose metric was not found."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
_MAX_LINE = 20_000
_COUNTERS = frozenset({"step", "epoch", "iter", "iteration", "global_step", "batch"})


@final
@dataclass(frozen=True, slots=True)
class MetricLines:
    """Reads lines. ``patterns`` are regular expressions, none for the usual forms.

    A pattern has the groups ``name`` and ``value``, or each of its named groups is a metric.
    """

    patterns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for pattern in self.patterns:
            _checked(pattern)

    def read(self, line: str) -> dict[str, float]:
        """Return the metrics of one line, {} if there is none; the last of one name counts."""
        text = _ANSI.sub("", line).rsplit("\r", 1)[-1].strip()[:_MAX_LINE]
        if not text:
            return {}
        if self.patterns:
            return self._by_pattern(text)
        if text.startswith("{") and text.endswith("}"):
            found = read_json(text)
            if found:
                return found
        return _named(re.finditer(DEFAULT_PATTERN, text))

    def _by_pattern(self, text: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for pattern in self.patterns:
            for match in re.finditer(pattern, text):
                groups = match.groupdict()
                if groups.keys() == {"name", "value"}:
                    groups = {str(groups["name"]): groups["value"]}
                for name, value in groups.items():
                    number = as_float(value)
                    if number is not None:
                        found[name] = number
        return found


def read_json(text: str) -> dict[str, float]:
    """Return the numbers of a JSON object by name, inner ones as ``outer.inner``."""
    try:
        given = json.loads(text)
    except ValueError:
        return {}
    return _numbers(given) if isinstance(given, dict) else {}


def as_float(value: object) -> float | None:
    """Return what a text says as a number, None if it is none; 93% is 93."""
    try:
        return float(str(value).strip().removesuffix("%"))
    except ValueError:
        return None


def is_counter(name: str) -> bool:
    """Whether a name counts progress and measures nothing."""
    return name.lower() in _COUNTERS


def _numbers(given: dict[str, object], prefix: str = "") -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in given.items():
        if isinstance(value, dict):
            found |= _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[prefix + str(name)] = float(value)
        elif value is None or value in ("NaN", "Infinity", "-Infinity"):
            found[prefix + str(name)] = math.nan if value in (None, "NaN") else float(str(value))
    return found


def _named(matches: Iterable[re.Match[str]]) -> dict[str, float]:
    return {match["name"]: float(match["value"]) for match in matches}


def _checked(pattern: str) -> None:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise TaskError(f"The pattern is not a regular expression: {error}", got=pattern) from error
    if not compiled.groupindex:
        raise TaskError(
            "The pattern has no named group",
            got=pattern,
            expected=r"for example 'accuracy is (?P<val_acc>[\d.]+)'",
        )
