"""Tables and texts: CSV, TSV and Parquet, and folders of text files."""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import fmean

from tunebook.datasets.opener import MAX_BYTES, Source, plain
from tunebook.datasets.parsing import Row, parse_rows, refusal
from tunebook.datasets.records import Dataset, Item, Kind
from tunebook.datasets.splitting import split_name, split_of_path
from tunebook.errors import DatasetError, nearest

SUFFIXES = (".csv", ".tsv", ".parquet")
MIN_WORDS = 3.0
"""A column with more words than this, on average, holds texts."""

MAX_CLASSES = 20
"""More whole numbers than this are numbers to predict, not classes."""

GAPS = frozenset(
    {*("", "na", "n/a", "#n/a", "<na>", "nan", "-nan"), *("null", "none", "nil", "?", "-", ".")}
) | {"missing"}
"""What stands in a column of numbers where there is none, in lower case."""

_TARGETS = ("label", "target", "class", "y")
_MIXED = 0.95
"""A column is of numbers if at least this share of it are; the others are faults."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DECIMAL = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+([eE][+-]?\d+)?")
_POINTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")


def read_table(source: Source, *, target: str | None = None, text: str | None = None) -> Dataset:
    """Return a table: rows of numbers and words, or texts if one column holds those.

    ``target`` names the column to predict, by default one called label, target, class or y, else
    the last. Classes if its values are words or few whole numbers, numbers otherwise. Several
    files are one table if each is called after a split and all have the same columns.
    """
    table = _tables(source)
    cells, names = table.cells, list(table.cells)
    usual = (name for called in _TARGETS for name in names if name.lower() == called)
    wanted = target or next(usual, names[-1])
    for name in filter(None, (wanted, text)):
        if name not in names:
            raise DatasetError(
                f"There is no column {name!r}", got=", ".join(names), do=nearest(name, names)
            )
    text_column = text or _text_column(cells, wanted)
    split_column = next((n for n in names if n.lower() == "split" and n != wanted), None)
    columns = [n for n in names if n not in {wanted, text_column, split_column}]
    values = {name: table.values(name) for name in (columns if text_column is None else [])}
    read = table.words if _are_words(cells[wanted]) else table.values
    goals = read(wanted)
    classes = _classes(goals)
    number_of = {name: float(number) for number, name in enumerate(classes)}
    items = list[Item]()
    for i, (line, goal) in enumerate(zip(table.lines, goals, strict=True)):
        if goal is None:
            source.fault(line, f"has no {wanted}")
            continue
        told = line.rpartition(" line ")[0] if split_column is None else cells[split_column][i]
        split = split_name(told.rpartition(".")[0] or told, is_file=split_column is None) or ""
        content = cells[text_column][i] if text_column else ""
        fields = tuple(column[i] for column in values.values())
        digest = hashlib.sha256("\x1f".join([content, *map(str, fields)]).encode()).hexdigest()
        label = number_of[_word(goal)] if classes else float(goal)
        items.append(
            Item(line, line, split, label, text=content or None, row=fields, digest=digest[:16])
        )
    kind = Kind.TEXT_CLASSES if text_column else Kind.TABLE
    return Dataset(kind, classes, tuple(items), tuple(values), details={"target": wanted})


def read_columns(path: Path) -> dict[str, Column]:
    """Return the columns of a table's file as they are imported."""
    table = _tables(Source(path))
    return {name: table.values(name) for name in table.cells}


def read_texts(source: Source) -> Dataset:
    """Return the text files of ``root/class/``, or of ``root/split/class/``."""
    files = [place for place in source.named(".txt") if "/" in place]
    names = sorted({place.split("/")[-2] for place in files})
    if len(names) < 2:
        raise DatasetError(
            "There are no folders of texts",
            got=source.name,
            expected="a folder for each class, at least two, with .txt files in it",
        )
    items = list[Item]()
    for place in files:
        content = source.attempt(source.text, place)
        if content is not None and not content.strip():
            source.fault(place, "is empty")
        elif content is not None:
            split = split_of_path(place.rpartition("/")[0])
            digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            label = names.index(place.split("/")[-2])
            items.append(Item(place, place, split, label, text=content, digest=digest))
    return Dataset(Kind.TEXT_CLASSES, tuple(names), tuple(items))


Column = list[float | str | None]
"""The numbers and words of a column, None for gaps."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The cells of each column as they are written; each row's line with its file."""

    source: Source
    cells: dict[str, list[str]]
    lines: list[str]
    delimiter: str

    def values(self, name: str) -> Column:
        """Return a column as numbers, gaps such as "NA" None, if nearly all are; else words."""
        source, lines, cells = self.source, self.lines, self.cells[name]
        written = _as_written(cells, self.delimiter)
        if written is None:
            unclear = next(cell for cell in cells if "," in cell)
            why = f"{name}: {unclear} may be a decimal or thousands: the column is read as words"
            source.fault(lines[cells.index(unclear)], why, is_left_out=False)
        cells = written or cells
        numbers = [_number(cell) for cell in cells]
        n_given = sum(cell.lower() not in GAPS for cell in cells)
        n_numbers = sum(number is not None for number in numbers)
        if not n_numbers or n_numbers < _MIXED * n_given:
            return self.words(name, cells)
        found: Column = []
        for line, cell, number in zip(lines, cells, numbers, strict=True):
            is_gap = number is None or not math.isfinite(number)
            found.append(None if is_gap else number)
            if is_gap and cell.lower() not in GAPS:
                what = f"{cell!r} is no number" if number is None else f"{cell} is infinite"
                source.fault(line, f"{name}: {what}", is_left_out=False)
        return found

    def words(self, name: str, written: list[str] | None = None) -> Column:
        """Return a column as words; a word that may have meant a gap is told."""
        cells = written or self.cells[name]
        counts = Counter(cell for cell in cells if cell and cell.lower() in GAPS)
        for word, n in counts.items():
            why = f"{name}: {word!r} is read as a word, {n} times in the column"
            self.source.fault(self.lines[cells.index(word)], why, is_left_out=False)
        return [plain(cell) or None for cell in cells]


def _tables(source: Source) -> _Table:
    """Return the table of all files."""
    places = source.named(*SUFFIXES)
    if not places:
        raise DatasetError("There is no table", got=source.name, expected=", ".join(SUFFIXES))
    read = {place: _rows(source, place) for place in places}
    headers = {tuple(names) for names, _, _ in read.values()}
    are_splits = all(split_name(place.rpartition(".")[0], is_file=True) for place in places)
    if len(places) > 1 and not (are_splits and len(headers) == 1):
        raise DatasetError(
            "There are several tables, which are not the splits of one",
            got=", ".join(places[:5]),
            expected="one file, or files such as train.csv and test.csv with the same columns",
            do="Give the path of one of them",
        )
    lines = [f"{place} line {line}" for place, (_, rows, _) in read.items() for line, _ in rows]
    rows = [row for _, kept, _ in read.values() for _, row in kept]
    names, _, delimiter = read[places[0]]
    cells = {name: [row[i].strip() for row in rows] for i, name in enumerate(names)}
    return _Table(source, cells, lines, delimiter)


def _rows(source: Source, place: str) -> tuple[list[str], list[Row], str]:
    """Return the names of the columns, each once, the whole rows, and the delimiter."""
    if place.lower().endswith(".parquet"):
        rows, delimiter = _parquet(source, place), ","
    else:
        tab = "\t" if place.lower().endswith(".tsv") else None
        rows, delimiter = parse_rows(source.text(place), place, tab)
    _, names = rows[0] if rows else (1, [])
    if len(names) < 2:
        raise DatasetError(
            f"{place} is not a table",
            got=", ".join(map(plain, names)) or "no line",
            expected="a line of names, then rows, with commas, semicolons or tabs between cells",
        )
    numbers = [name for name in names if _NUMBER.fullmatch(name.strip()) and "." in name]
    if numbers:
        raise refusal(place, f"begins with numbers such as {numbers[0]}, not with names", 1)
    told = [plain(name).strip() or f"column {i}" for i, name in enumerate(names, 1)]
    taken, unique = set(told), list[str]()
    numbers_of: dict[str, Iterator[int]] = {}
    for name in told:
        if name not in numbers_of:
            numbers_of[name] = count(2)
            unique.append(name)
            continue
        unique.append(next(n for i in numbers_of[name] if (n := f"{name}.{i}") not in taken))
        why = f"has two columns called {name}: one is read as {unique[-1]}"
        source.fault(f"{place} line 1", why, is_left_out=False)
    for line, row in rows[1:]:
        if len(row) != len(names):
            source.fault(f"{place} line {line}", f"has {len(row)} fields, not {len(names)}")
    kept = [(line, row) for line, row in rows[1:] if len(row) == len(names)]
    if not kept:
        raise DatasetError(f"{place} has no rows that fit its names", got=", ".join(unique))
    return unique, kept, delimiter


def _parquet(source: Source, place: str) -> list[Row]:
    content = source.content(place, MAX_BYTES)
    try:
        import pandas as pd

        frame = pd.read_parquet(io.BytesIO(content))
    except ImportError as error:
        raise DatasetError(
            "Parquet needs pandas with pyarrow", do="pip install pandas pyarrow, or give a CSV"
        ) from error
    except (OSError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise refusal(place, f"is not Parquet that can be read: {error}") from None
    rows = [["" if cell is None else str(cell) for cell in row] for row in frame.to_numpy()]
    return [(0, [str(c) for c in frame.columns]), *enumerate(rows, 1)]


def _text_column(cells: dict[str, list[str]], target: str) -> str | None:
    """Return the column with the longest texts, None if none has any."""
    samples = {name: column[:200] for name, column in cells.items() if name != target}
    means = {name: fmean(len(cell.split()) for cell in told) for name, told in samples.items()}
    longest = max(means, key=means.__getitem__, default=None)
    return longest if longest is not None and means[longest] > MIN_WORDS else None


def _as_written(cells: list[str], delimiter: str) -> list[str] | None:
    """Return the numbers of a column without commas, and others as they are.

    "1,234.5" and "1,234,567" have thousands, "1,5" and "1.234,5" have decimals. If all commas may
    be both, as in "1,234", semicolons between cells say that they are decimals; else it is None.
    """
    given = [cell for cell in cells if cell.lower() not in GAPS]
    commas = [cell for cell in given if "," in cell]
    points = [cell for cell in given if "," not in cell and "." in cell]
    if commas and all(map(_GROUPED.fullmatch, commas)):
        if points or any("." in cell or cell.count(",") > 1 for cell in commas):
            return [cell.replace(",", "") for cell in cells]
        if delimiter != ";":
            return None
    if commas and all(map(_DECIMAL.fullmatch, commas)) and all(map(_POINTS.fullmatch, points)):
        return [cell.replace(".", "").replace(",", ".") for cell in cells]
    return cells


def _are_words(cells: list[str]) -> bool:
    """Whether a target is of classes with a word among them, be the others numbers."""
    distinct = {cell for cell in cells if cell.lower() not in GAPS}
    return len(distinct) <= MAX_CLASSES and any(_number(cell) is None for cell in distinct)


def _number(cell: str) -> float | None:
    """Return the number of a cell, infinite where it says so; None if it is not one."""
    if cell.lower().lstrip("+-") in {"inf", "infinity"}:
        return math.inf
    return float(cell) if _NUMBER.fullmatch(cell) else None


def _word(value: float | str | None) -> str:
    """Return a class as it is called: 3 for 3.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _classes(values: Column) -> tuple[str, ...]:
    """Return the classes of a target; none if its values are numbers to predict."""
    given = {value for value in values if value is not None}
    words = [value for value in given if isinstance(value, str)]
    if words:
        return tuple(sorted(words))
    numbers = sorted(value for value in given if isinstance(value, float))
    if len(numbers) > MAX_CLASSES or not all(number.is_integer() for number in numbers):
        return ()
    return tuple(_word(number) for number in numbers)
