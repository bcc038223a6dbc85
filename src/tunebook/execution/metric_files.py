"""Finds metrics in files that grow in a trial's folder: CSV, JSON lines, TensorBoard events.

Each file is read on from where it was read last; a line that is not complete yet waits.
"""

from __future__ import annotations

import csv
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, final

from tunebook.execution.metric_lines import as_float, read_json

_MAX_BYTES = 1 << 22


class _Reader(Protocol):
    def read(self, data: bytes) -> tuple[list[dict[str, float]], int]:
        """Return the rows in new data, and how many of its bytes they took."""
        ...


@final
class MetricFiles:
    """Watches the files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers: dict[Path, _Reader] = {}
        self._offsets: dict[Path, int] = {}

    def read(self) -> Iterator[dict[str, float]]:
        """Yield the rows of metrics that came since the last call."""
        for path in sorted(self._folder.rglob("*")) if self._folder.is_dir() else ():
            reader = self._readers.get(path) or _reader_for(path)
            if reader is None or not path.is_file():
                continue
            self._readers[path] = reader
            yield from self._new_rows(path, reader)

    def _new_rows(self, path: Path, reader: _Reader) -> list[dict[str, float]]:
        offset = self._offsets.get(path, 0)
        try:
            if path.stat().st_size <= offset:
                return []
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(_MAX_BYTES)
        except OSError:
            return []
        rows, taken = reader.read(data)
        self._offsets[path] = offset + taken
        return rows


def _reader_for(path: Path) -> _Reader | None:
    if path.suffix == ".csv":
        return _CsvReader()
    if path.suffix in {".jsonl", ".ndjson"}:
        return _JsonLinesReader()
    if "tfevents" in path.name:
        return _EventReader()
    return None


def _complete_lines(data: bytes) -> tuple[list[str], int]:
    end = data.rfind(b"\n") + 1
    return data[:end].decode("utf-8", "replace").splitlines(), end


@final
class _JsonLinesReader:
    def read(self, data: bytes) -> tuple[list[dict[str, float]], int]:
        lines, taken = _complete_lines(data)
        return [row for line in lines if (row := read_json(line))], taken


@final
class _CsvReader:
    """The first line names the columns."""

    def __init__(self) -> None:
        self._names: list[str] | None = None

    def read(self, data: bytes) -> tuple[list[dict[str, float]], int]:
        lines, taken = _complete_lines(data)
        rows = []
        for cells in csv.reader(lines):
            if self._names is None:
                self._names = [name.strip() for name in cells]
                continue
            pairs = zip(self._names, map(as_float, cells), strict=False)
            rows.append({name: value for name, value in pairs if value is not None})
        return rows, taken


@final
class _EventReader:
    """TensorBoard's scalars: records of a length, two checksums and a protocol buffer.

    The format is small and frozen, and its own reader brings a web server along.
    """

    def read(self, data: bytes) -> tuple[list[dict[str, float]], int]:
        rows, place = [], 0
        while len(data) - place >= 12:
            (length,) = struct.unpack_from("<Q", data, place)
            end = place + 12 + length + 4
            if length > _MAX_BYTES or end > len(data):
                break
            scalars = _scalars(data[place + 12 : end - 4])
            if scalars:
                rows.append(scalars)
            place = end
        return rows, place


def _scalars(event: bytes) -> dict[str, float]:
    """Return the scalars of an Event: field 5 holds a Summary, whose field 1 are its values."""
    found: dict[str, float] = {}
    for field, value in _fields(event):
        if field == 5 and isinstance(value, bytes):
            for inner, summary in _fields(value):
                if inner == 1 and isinstance(summary, bytes):
                    found |= _scalar(summary)
    return found


def _scalar(value: bytes) -> dict[str, float]:
    """Return a Summary.Value: its tag, and a simple value or a tensor with one float."""
    tag, number = "", None
    for field, content in _fields(value):
        if field == 1 and isinstance(content, bytes):
            tag = content.decode("utf-8", "replace")
        elif field == 2 and isinstance(content, float):
            number = content
        elif field == 8 and isinstance(content, bytes):
            number = _tensor(content)
    return {tag: number} if tag and number is not None else {}


def _tensor(tensor: bytes) -> float | None:
    for field, content in _fields(tensor):
        if field in {4, 5} and isinstance(content, bytes) and len(content) == 4:
            return float(struct.unpack("<f", content)[0])
        if field == 5 and isinstance(content, float):
            return content
    return None


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield (number, content) of a protocol buffer's fields; ends where it is not one."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        field, kind = key >> 3, key & 7
        if kind == 0:
            content, place = _varint(message, place)
            yield field, content
        elif kind == 1 and place + 8 <= len(message):
            yield field, float(struct.unpack_from("<d", message, place)[0])
            place += 8
        elif kind == 5 and place + 4 <= len(message):
            yield field, float(struct.unpack_from("<f", message, place)[0])
            place += 4
        elif kind == 2:
            length, place = _varint(message, place)
            yield field, message[place : place + length]
            place += length
        else:
            return


def _varint(message: bytes, place: int) -> tuple[int, int]:
    result = shift = 0
    while place < len(message):
        byte = message[place]
        place += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return result, place
