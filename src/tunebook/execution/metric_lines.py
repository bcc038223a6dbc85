"""Finds metrics in printed lines: JSON, dictionaries, tables, plain text, a user's patterns."""

from __future__ import annotations

import ast
import json
import re
from contextlib import suppress
from typing import Any, final

from tunebook.errors import TaskError
from tunebook.execution.line_grammar import read_line, without_log_head
from tunebook.execution.line_tables import LineTables
from tunebook.execution.line_tokens import unwrap
from tunebook.execution.readings import (
    COUNTERS,
    Reading,
    are_settings,
    normal_name,
    number_in,
    reading_of,
)

USUAL_FORMS = (
    "name=0.5, name: 0.5, a usual name before its number (val loss 0.5), tables with a line of "
    "names, and JSON"
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[78]")
_MAX_LINE = 20_000
_MAX_TEXT = 2000
"""Characters of a line that is not JSON: longer ones are data, not metrics."""
_MAX_NESTING = 200
_BARE_NOT_FINITE = re.compile(r"(?<=[:\s\[,])(-?)(nan|NaN|inf|Infinity)(?=\s*[,}\]])")
_MESSAGES = frozenset({"msg", "message", "event", "text"})
_CONFIGS = frozenset({"args", "config", "hparams", "hyperparameters", "params", "settings"})


@final
class MetricLines:
    """Reads the lines of one script in order. ``patterns`` are regular expressions, if any.

    A pattern has the groups ``name`` and ``value``, or each of its named groups is a metric; a
    group called ``epoch`` or ``step`` is a counter. ``wanted`` is the metric that is looked for.
    """

    def __init__(self, patterns: tuple[str, ...] = (), wanted: str = "") -> None:
        self._patterns = [compiled("The pattern", pattern) for pattern in patterns]
        if not all(pattern.groupindex for pattern in self._patterns):
            raise TaskError(
                "The pattern has no named group",
                got=" ".join(patterns),
                expected=r"for example 'accuracy is (?P<val_acc>[\d.]+)'",
            )
        self._wanted = frozenset({normal_name(wanted.partition("#")[0])} - {""})
        self._tables = LineTables()

    def read(self, line: str) -> Reading:
        """Return what one line says. ``TaskError`` never."""
        text = plain_text(line)
        if not text.strip():
            return Reading()
        if self._patterns:
            return self._by_pattern(text)
        found = self._object_in(text)
        if not found:
            text = text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT].rpartition(" ")[0]
            found = self._tables.read(without_log_head(text)) or read_line(text, self._wanted)
        return Reading(found.values, found.counters, found.progress, found.is_bar, text.strip())

    def _object_in(self, text: str) -> Reading | None:
        """Return what a JSON object or a Python dictionary in the line says."""
        begin, end = text.find("{"), text.rfind("}") + 1
        given = _parsed(text[begin:end]) if 0 <= begin < end else None
        if not isinstance(given, dict):
            return None
        head = text[:begin]
        around = read_line(head + " " + text[end:], self._wanted)
        heading = re.fullmatch(r"\s*([^\W\d]+(?: [^\W\d]+){0,3})[:\uff1a]\s*", head)
        prefix = "" if heading is None else f"{normal_name(heading[1])}."
        found = reading_of(_numbers(given))
        for key in _MESSAGES & given.keys():
            if not found.values and isinstance(given[key], str):
                around = read_line(given[key], self._wanted)
        if not around.counters and are_settings([name for name, _ in found.values]):
            return Reading(text=text)
        values = (*around.values, *((prefix + name, value) for name, value in found.values))
        return Reading(values, {**around.counters, **found.counters})

    def _by_pattern(self, text: str) -> Reading:
        values: dict[str, float] = {}
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                groups = match.groupdict()
                if groups.keys() == {"name", "value"}:
                    groups = {str(groups["name"]): groups["value"]}
                numbers = {name: number_in(value or "") for name, value in groups.items()}
                values |= {n: number for n, number in numbers.items() if number is not None}
        found = reading_of(values)
        counts_itself = any(name in p.groupindex for p in self._patterns for name in COUNTERS)
        around = read_line(text)
        counters = found.counters if counts_itself else around.counters
        return Reading(found.values, counters, around.progress, around.is_bar, text.strip())


def plain_text(line: str) -> str:
    """Return a line without colours and other signs for a terminal."""
    return _ANSI.sub("", line)[:_MAX_LINE].rstrip()


def read_json(text: str) -> Reading:
    """Return the numbers of a JSON object by name, inner ones as ``outer.inner``."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return Reading()
    return reading_of(_numbers(given)) if isinstance(given, dict) else Reading()


def ready_pattern(line: str, wanted: str) -> str | None:
    """Return a pattern that reads the wanted metric in a line, None where no number follows it."""
    text = plain_text(line).strip()
    words = re.findall(r"\w+", re.split(r"[.:]\s?", wanted)[-1].replace("_", " "))
    name = r"[\W_]*".join(map(re.escape, words))
    match = re.search(rf"(?<!\w)({name})(\D{{0,40}}?)([-+]?\d[\d.,]*)", text, re.IGNORECASE)
    if not words or match is None:
        return None
    between = re.sub(r"(\\?\s)+", r"\\s+", re.escape(match[2]))
    value = r"[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?"
    pattern = rf"(?P<name>{re.escape(match[1])}){between}(?P<value>{value})"
    return pattern if match[1] in MetricLines((pattern,)).read(text).metrics else None


def _parsed(text: str) -> object:
    if text.count("{") + text.count("[") > _MAX_NESTING:
        return None
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    with suppress(ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return ast.literal_eval(_BARE_NOT_FINITE.sub(r"'\1\2'", unwrap(text)))
    return None


def _numbers(given: dict[Any, object], prefix: str = "") -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in given.items():
        name = prefix + str(key).strip().lower().replace(" ", "_")
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict) and name not in _CONFIGS:
            found |= _numbers(value, f"{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = value
        elif isinstance(value, str) and (number := number_in(value)) is not None:
            found[name] = number
    return found


def compiled(name: str, pattern: str) -> re.Pattern[str]:
    """Return a pattern ready for use; ``TaskError`` where it is not a regular expression."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise TaskError(f"{name} is not a regular expression: {error}", got=pattern) from error
