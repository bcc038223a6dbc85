"""Tables and texts: CSV, TSV and Parquet, and folders of text files."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

from tunebook.datasets.records import Dataset, Fault, Item, Kind
from tunebook.datasets.splitting import split_name
from tunebook.errors import DatasetError, nearest

SUFFIXES = (".csv", ".tsv", ".parquet")
MIN_WORDS = 3.0
"""A column with more words than this, on average, holds texts."""

MAX_CLASSES = 20
"""More whole numbers than this are numbers to predict, not classes."""

_TARGETS = ("label", "target", "class", "y")
_MIXED = 0.95
"""A column is of numbers if at least this share of it are; the others are faults."""


def read_table(path: Path, *, target: str | None = None, text: str | None = None) -> Dataset:
    """Return a table: rows of numbers and words, or texts if one column holds those.

    ``target`` names the column to predict, by default one called label, target or class, else the
    last. Classes if its values are words or few whole numbers, numbers otherwise.
    """
    names, rows = _rows(path)
    wanted = target or next((n for n in names if n.lower() in _TARGETS), names[-1])
    for name in filter(None, (wanted, text)):
        if name not in names:
            raise DatasetError(
                f"There is no column {name!r}", got=", ".join(names), do=nearest(name, names)
            )
    faults = [
        Fault(f"{path.name} line {line}", f"has {len(row)} fields, not {len(names)}")
        for line, row in rows
        if len(row) != len(names)
    ]
    kept = [(line, row) for line, row in rows if len(row) == len(names)]
    if not kept:
        raise DatasetError("The table has no rows", got=path.name)
    place = names.index(wanted)
    told = [(line, row) for line, row in kept if row[place].strip()]
    faults += [
        Fault(f"{path.name} line {line}", f"has no {wanted}")
        for line, row in kept
        if not row[place].strip()
    ]
    text_column = text or _text_column(names, told, wanted)
    split_column = next((n for n in names if n.lower() == "split"), None)
    classes, values = _target([row[place] for _, row in told])
    others = [n for n in names if n not in {wanted, text_column, split_column}]
    numeric = {n: _is_numeric([row[names.index(n)] for _, row in told]) for n in others}
    items = list[Item]()
    for (line, row), value in zip(told, values, strict=True):
        source = f"{path.name} line {line}"
        split = "" if split_column is None else split_name(row[names.index(split_column)]) or ""
        content = row[names.index(text_column)] if text_column else ""
        fields: list[float | str | None] = []
        for name in others if text_column is None else ():
            cell, fault = _cell(row[names.index(name)], is_number=numeric[name])
            fields.append(cell)
            if fault is not None:
                faults.append(Fault(source, f"{name}: {fault}", is_left_out=False))
        digest = hashlib.sha256("\x1f".join([content, *map(str, fields)]).encode()).hexdigest()
        items.append(
            Item(source, source, split, value, text=content or None, row=tuple(fields),
                 digest=digest[:16])
        )  # fmt: skip
    kind = Kind.TEXT_CLASSES if text_column else Kind.TABLE
    columns = () if text_column else tuple(others)
    return Dataset(kind, classes, tuple(items), columns, tuple(faults), {"target": wanted})


def read_texts(root: Path) -> Dataset:
    """Return the text files of ``root/class/``, or of ``root/split/class/``."""
    files = sorted(p for p in root.rglob("*.txt") if p.is_file())
    names = sorted({p.parent.name for p in files if p.parent != root})
    if len(names) < 2:
        raise DatasetError(
            "These are no folders of texts",
            got=root.name,
            expected="a folder for each class, at least two, with .txt files in it",
        )
    items, faults = list[Item](), list[Fault]()
    for path in files:
        place = path.relative_to(root).as_posix()
        if path.parent == root:
            continue
        content = path.read_text(encoding="utf-8", errors="replace")
        if not content.strip():
            faults.append(Fault(place, "is empty"))
            continue
        if "\ufffd" in content:
            faults.append(Fault(place, "is not UTF-8: some letters are lost", is_left_out=False))
        split = next(filter(None, map(split_name, path.relative_to(root).parts[:-2])), "")
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        label = names.index(path.parent.name)
        items.append(Item(place, place, split, label, text=content, digest=digest))
    return Dataset(Kind.TEXT_CLASSES, tuple(names), tuple(items), faults=tuple(faults))


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and the rows with their lines in the file."""
    if path.suffix == ".parquet":
        try:
            import pandas as pd

            frame = pd.read_parquet(path)
        except ImportError as error:
            raise DatasetError(
                "Parquet needs pandas with pyarrow", do="pip install pandas pyarrow, or give a CSV"
            ) from error
        rows = [["" if cell is None else str(cell) for cell in row] for row in frame.to_numpy()]
        return [str(c) for c in frame.columns], list(enumerate(rows, 1))
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        csv.field_size_limit(10_000_000)
        reader = csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        names = next(reader, [])
        if len(names) < 2:
            raise DatasetError(
                "This is no table", got=path.name, expected="a line of names, then rows with commas"
            )
        return [n.strip() for n in names], list(_numbered(reader))


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for row in reader:
        if row:
            yield getattr(reader, "line_num", 0), row


def _text_column(names: list[str], rows: list[tuple[int, list[str]]], target: str) -> str | None:
    """Return the column with the longest texts, None if none has any."""
    sample = [row for _, row in rows[:200]]
    best, most = None, MIN_WORDS
    for place, name in enumerate(names):
        words = sum(len(row[place].split()) for row in sample) / max(1, len(sample))
        if name != target and words > most:
            best, most = name, words
    return best


def _target(values: list[str]) -> tuple[tuple[str, ...], list[float]]:
    """Return the classes with a number for each value; no classes if values are numbers."""
    distinct = sorted(set(values))
    if all(map(_is_number, values)):
        if len(distinct) > MAX_CLASSES or not all(float(v).is_integer() for v in distinct):
            return (), [float(v) for v in values]
        distinct.sort(key=float)
    return tuple(distinct), [float(distinct.index(v)) for v in values]


def _is_numeric(values: list[str]) -> bool:
    given = [value for value in values if value.strip()]
    return bool(given) and sum(map(_is_number, given)) >= _MIXED * len(given)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cell(text: str, *, is_number: bool) -> tuple[float | str | None, str | None]:
    if not text.strip():
        return None, None
    if not is_number:
        return text.strip(), None
    return (float(text), None) if _is_number(text) else (None, f"{text!r} is no number")
