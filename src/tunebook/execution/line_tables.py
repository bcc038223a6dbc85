"""Tables in what scripts print: a line that names the columns, then rows. Pure.

Columns are cut by bars (``|``), commas, tabs or spaces; a row counts only when each of its cells
certainly belongs to one column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, final

from tunebook.execution.line_tokens import unwrap
from tunebook.execution.readings import (
    COUNTERS,
    Reading,
    is_metric_name,
    is_setting,
    name_of_words,
    number_in,
)

_RULE = re.compile(r"[\s|+\-=:─━═┃│┼╪╇┡┩├┤┏┓┗┛┳┻┌┐└┘┬┴╭╮╰╯╶╴╞╡]*")
_BARS = "|│┃║"
_HEADING = re.compile(r"\s*\w+:\s(?=\S+,\S)")
_TRAILING_BAR = re.compile(r":?\s*[0-9]+%\s?\|.*$")
_MARKUP = re.compile(r"^[*`_]+|[*`_]+$")
_WORD = re.compile(r"[^\W\d][^\s|]*(?:\s[^\W\d][^\s|]*){0,3}", re.UNICODE)
_FRACTION = re.compile(r"([0-9]+)\s?/\s?[0-9]+")
_MAX_COLUMNS = 60
_EMPTY = frozenset({"-", "--", "---", "n/a", "N/A", "None", "none", "/"})


class _Cell(NamedTuple):
    text: str
    begin: int
    end: int


@final
class LineTables:
    """Remembers the names of the columns printed last."""

    def __init__(self) -> None:
        self._columns: list[_Cell] = []
        self._style = ""
        self._group = ""

    def read(self, line: str) -> Reading | None:
        """Return what a row of a table says, None for a line that is no part of one."""
        line = unwrap(_HEADING.sub("", _TRAILING_BAR.sub("", line), count=1)).rstrip()
        if not line.strip() or _RULE.fullmatch(line):
            return Reading() if line.strip() else None
        is_boxed = line.lstrip()[0] in _BARS and line[-1] in _BARS
        if is_boxed and (pair := self._pair(line)) is not None:
            return pair
        row = self._row(_cells(line, self._style)) if self._columns else None
        return self._header(line, is_boxed=is_boxed) if row is None else row

    def _header(self, line: str, *, is_boxed: bool) -> Reading | None:
        """Take the line as the names of columns where it can be nothing else."""
        styles = ["bars"] if is_boxed else ["bars", "semicolons", "commas", "gaps", "spaces"]
        for style in styles:
            cells = _cells(line, style)
            if not 2 <= len(cells) <= _MAX_COLUMNS:
                continue
            names = [name_of_words(_plain(cell.text).split()) for cell in cells]
            are_words = all(_WORD.fullmatch(_plain(cell.text)) for cell in cells)
            is_header = sum(map(_is_known, names)) >= (1 if is_boxed else 2)
            if are_words and is_header and len(set(names)) == len(names):
                self._columns, self._style, self._group = cells, style, ""
                return Reading()
        return None

    def _pair(self, line: str) -> Reading | None:
        """Return the metric of ``| name | 0.5 |``; ``| group/ | |`` goes before those after it."""
        words, *others = (_plain(cell) for cell in re.split(f"[{_BARS}]", line.strip()[1:-1]))
        if others == [""] and words.endswith("/"):
            self._group = words.lower()
            return Reading()
        number = number_in(others[0]) if len(others) == 1 else None
        if number is None or not _WORD.fullmatch(words):
            return None
        name = name_of_words(words.split())
        if name in COUNTERS:
            return Reading(counters={name: number})
        return Reading([] if is_setting(name) else [(self._group + name, float(number))])

    def _row(self, cells: Sequence[_Cell]) -> Reading | None:
        texts = [cell.text for cell in cells]
        # The k of k/n counts where its column does.
        counts = [_FRACTION.fullmatch(text) for text in texts]
        numbers = [
            number_in(_plain(text)) if count is None else int(count[1])
            for text, count in zip(texts, counts, strict=True)
        ]
        n_read = sum(number is not None for number in numbers)
        columns = self._columns_of(cells, is_labelled=numbers[:1] == [None])
        if columns is None or n_read < 1 or 2 * n_read < len(cells):
            return None
        values: list[tuple[str, float]] = []
        counters: dict[str, float] = {}
        label = ""
        for column, text, number, count in zip(columns, texts, numbers, counts, strict=True):
            name = name_of_words(re.split(r"[\s(]+", _plain(column)))
            if number is None and text not in _EMPTY and _is_known(name):
                return None
            if number is None and text == texts[0] and _WORD.fullmatch(text):
                label = "" if text.lower() == "all" else name_of_words(text.split()) + "."
            elif number is not None and name in COUNTERS:
                counters[name] = number
            elif number is not None and count is None and not is_setting(name):
                values.append((label + name, float(number)))
        return Reading(values, counters)

    def _columns_of(self, cells: Sequence[_Cell], *, is_labelled: bool) -> list[str] | None:
        """Return the column of each cell, None where that is not certain."""
        names = [column.text for column in self._columns]
        if len(cells) == len(names):
            return names
        if is_labelled and len(cells) == len(names) + 1:
            return ["", *names]
        if self._style in {"commas", "semicolons"} or not 1 < len(cells) < len(names):
            return None
        found = []
        for cell in cells:
            over = [c.text for c in self._columns if c.begin < cell.end and cell.begin < c.end]
            if len(over) != 1 or over[0] in found:
                return None
            found += over
        return found


def _cells(line: str, style: str) -> list[_Cell]:
    pattern = {
        "bars": rf"[^{_BARS}]+",
        "commas": r"[^,]+",
        "semicolons": r"[^;]+",
        "gaps": r"\S+(?:[ ]\S+)*",
        "spaces": r"\S+",
    }[style]
    cells = (
        _Cell(match[0].strip(), match.start(), match.end()) for match in re.finditer(pattern, line)
    )
    return [cell for cell in cells if cell.text]


def _is_known(name: str) -> bool:
    return is_metric_name(name) or name in COUNTERS


def _plain(text: str) -> str:
    return _MARKUP.sub("", text.strip())
