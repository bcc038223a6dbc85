"""Finds metrics in what a script prints: one line in, names and numbers out. Pure.

``name=value`` and ``name: value`` anywhere in a line, JSON objects, or a pattern of the user's.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import final

from tunebook.errors import TaskError
from tunebook.execution.readings import COUNTERS, Reading, number_in, reading_of

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|(?i:nan|inf(?:inity)?))"
DEFAULT_PATTERN = (
    rf"(?<![\w./-])(?P<name>[^\W\d][\w./@-]*)['\"]?\s*[=:]\s*['\"]?(?P<value>{_NUMBER})"
    r"(?![\w-]|[.:/]\d)"
)
"""What is looked for unless a pattern is given, shown to those whose metric was not found.

The number must end there: ``12:30``, ``1.2.3``, ``3/30`` and ``2024-01-02`` are no values.
"""

_NAMED = re.compile(DEFAULT_PATTERN)
_COUNTED = re.compile(
    rf"(?<![\w.])(?P<name>{'|'.join(COUNTERS)})\b['\"]?\s*[=:#]?\s*[\[(]?\s*"
    r"(?P<value>\d+(?:\.\d+)?)(?!\w|\.\d)",
    re.IGNORECASE,
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
_MAX_LINE = 20_000
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@final
@dataclass(frozen=True, slots=True)
class MetricLines:
    """Reads lines. ``patterns`` are regular expressions, none for the usual forms.

    A pattern has the groups ``name`` and ``value``, or each of its named groups is a metric; a
    group called ``epoch`` or ``step`` is a counter.
    """

    patterns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for pattern in self.patterns:
            _check(pattern)

    def read(self, line: str) -> Reading:
        """Return what one line says; the last of one name counts. ``TaskError`` never."""
        text = _ANSI.sub("", line).strip()[:_MAX_LINE]
        if not text:
            return Reading()
        if self.patterns:
            return self._by_pattern(text)
        if text.startswith("{") and text.endswith("}"):
            found = read_json(text)
            if found:
                return found
        values = {match["name"]: number_in(match["value"]) for match in _NAMED.finditer(text)}
        metrics = reading_of({name: value for name, value in values.items() if value is not None})
        return Reading(metrics.metrics, _counters(text))

    def _by_pattern(self, text: str) -> Reading:
        values: dict[str, float] = {}
        for pattern in self.patterns:
            for match in re.finditer(pattern, text):
                groups = match.groupdict()
                if groups.keys() == {"name", "value"}:
                    groups = {str(groups["name"]): groups["value"]}
                for name, value in groups.items():
                    number = None if value is None else number_in(value)
                    if number is not None:
                        values[name] = number
        found = reading_of(values)
        counts_itself = any(f"(?P<{name}>" in p for p in self.patterns for name in COUNTERS)
        return found if counts_itself else Reading(found.metrics, _counters(text))


def read_json(text: str) -> Reading:
    """Return the numbers of a JSON object by name, inner ones as ``outer.inner``."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return Reading()
    return reading_of(_numbers(given)) if isinstance(given, dict) else Reading()


def _numbers(given: dict[str, object], prefix: str = "") -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in given.items():
        if isinstance(value, dict):
            found |= _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[prefix + name] = value
        elif isinstance(value, str) and value in _NOT_FINITE:
            found[prefix + name] = _NOT_FINITE[value]
    return found


def _counters(text: str) -> dict[str, float]:
    found = {match["name"].lower(): number_in(match["value"]) for match in _COUNTED.finditer(text)}
    return {name: value for name, value in found.items() if value is not None}


def _check(pattern: str) -> None:
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
