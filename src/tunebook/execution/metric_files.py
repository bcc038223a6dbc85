"""Finds metrics in files that grow in a trial's folder: CSV, JSON lines, TensorBoard events.

Each file is read on from where it was read last; a line that is not complete yet waits. What was
there before the script started is none of its metrics: an earlier attempt wrote it.
"""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias, final

from tunebook.execution.metric_lines import read_json
from tunebook.execution.readings import Reading, number_in, reading_of
from tunebook.execution.tensorboard_events import read_scalars

_CHUNK = 1 << 22
_N_MARK = 256
_MAX_SHARE = 0.02
"""Looking for new files may take this share of the time."""


_Reader: TypeAlias = Callable[[bytes], tuple[list[Reading], int]]
"""Returns what new data says, and how many bytes to go on; they may not be there yet."""


@final
class MetricFiles:
    """Watches the files of one folder, from now on; ``clock`` is monotonic, in seconds."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._files: dict[Path, _GrowingFile] = {}
        self._look_at = -math.inf
        for _ in self.read():
            pass

    def read(self, *, is_last: bool = False) -> Iterator[tuple[str, Reading]]:
        """Yield (file, what it says) since the last call; always of new files if ``is_last``."""
        began = self._clock()
        if is_last or began >= self._look_at:
            for path in sorted(self._folder.rglob("*")):
                reader = None if path in self._files else _reader_for(path)
                if reader is not None and path.is_file():
                    self._files[path] = _GrowingFile(path, reader)
            self._look_at = self._clock() + (self._clock() - began) / _MAX_SHARE
        for path, file in self._files.items():
            for reading in file.read():
                yield str(path), reading


@final
class _GrowingFile:
    """One file: where it was read to, and whether it is still the same."""

    def __init__(self, path: Path, reader: _Reader) -> None:
        self._path = path
        self._state: os.stat_result | None = None
        self._begin(reader)

    def _begin(self, reader: _Reader) -> None:
        self._reader = reader
        self._offset = 0
        self._mark = (0, b"")

    def read(self) -> list[Reading]:
        """Return what came since the last call; all of it if the file was written anew."""
        try:
            state = self._path.stat()
            if _identity(state) == _identity(self._state):
                return []
            with self._path.open("rb") as file:
                if self._was_written_anew(state, file):
                    self._begin(_reader_for(self._path) or self._reader)
                self._state = state
                return self._read_on(file)
        except OSError:
            return []

    def _was_written_anew(self, state: os.stat_result, file: BinaryIO) -> bool:
        before = self._state
        if before is None:
            return False
        if state.st_ino != before.st_ino or state.st_size < before.st_size:
            return True
        end, content = self._mark
        file.seek(end - len(content))
        return file.read(len(content)) != content

    def _read_on(self, file: BinaryIO) -> list[Reading]:
        found: list[Reading] = []
        file.seek(self._offset)
        while data := file.read(_CHUNK):
            readings, taken = self._reader(data)
            if not taken and len(data) < _CHUNK:
                break
            # What fills a whole chunk without an end is no line of metrics.
            taken = taken or len(data)
            if taken <= len(data):
                self._mark = (self._offset + taken, data[max(0, taken - _N_MARK) : taken])
            found += readings
            self._offset += taken
            file.seek(self._offset)
        return found


def _identity(state: os.stat_result | None) -> tuple[int, ...] | None:
    return None if state is None else (state.st_ino, state.st_size, state.st_mtime_ns)


def _reader_for(path: Path) -> _Reader | None:
    if path.suffix in {".csv", ".tsv"}:
        return _CsvReader().read
    if path.suffix in {".jsonl", ".ndjson"}:
        return _read_json_lines
    return read_scalars if "tfevents" in path.name else None


def _complete_lines(data: bytes) -> tuple[list[str], int]:
    end = data.rfind(b"\n") + 1
    return data[:end].decode("utf-8-sig", "replace").splitlines(), end


def _read_json_lines(data: bytes) -> tuple[list[Reading], int]:
    lines, taken = _complete_lines(data)
    return [reading for line in lines if (reading := read_json(line))], taken


@final
class _CsvReader:
    """The first line names the columns, separated by whichever of the usual signs it has most."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._separator = ","

    def read(self, data: bytes) -> tuple[list[Reading], int]:
        lines, taken = _complete_lines(data)
        if lines and not self._names:
            self._separator = max(",;\t", key=lines[0].count)
            header = next(csv.reader(lines[:1], delimiter=self._separator), [])
            self._names, lines = [name.strip() for name in header], lines[1:]
        return [self._row(cells) for cells in csv.reader(lines, delimiter=self._separator)], taken

    def _row(self, cells: list[str]) -> Reading:
        pairs = zip(self._names, map(number_in, cells), strict=False)
        return reading_of({name: value for name, value in pairs if name and value is not None})
