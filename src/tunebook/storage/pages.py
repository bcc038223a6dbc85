"""The rows of a SQLite file, page by page, whatever else of it is damaged. Bytes in, rows out.

SQLite itself reads a table from its root down: one damaged page there hides all below it. Here
every page is looked at by itself, as https://sqlite.org/fileformat.html describes it, so only the
rows on a damaged page are lost. Pages that the file lists as free hold rows that were deleted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import TypeAlias

Value: TypeAlias = int | float | str | bytes | None

_MAGIC = b"SQLite format 3\x00"
_USUAL_PAGE = 4096
_INTERIOR_INDEX, _LEAF_INDEX, _LEAF_TABLE = 0x02, 0x0A, 0x0D
_LOG_HEADER, _FRAME_HEADER = 32, 24


@dataclass(frozen=True, slots=True)
class Row:
    """A row: ``rowid`` is None in a table that has none, whose key are its first columns."""

    rowid: int | None
    values: tuple[Value, ...]


def with_log(content: bytes, log: bytes) -> bytes:
    """Return a file's content with the finished transactions of its write-ahead log."""
    size = _page_size(content)
    pages = bytearray(content)
    waiting: list[tuple[int, bytes]] = []
    for start in range(_LOG_HEADER, len(log) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size):
        number, size_after = struct.unpack_from(">II", log, start)
        if log[start + 8 : start + 16] != log[16:24] or not number:
            break  # written before the log was begun anew
        waiting.append((number, log[start + _FRAME_HEADER : start + _FRAME_HEADER + size]))
        if not size_after:
            continue
        pages.extend(bytes(max(0, size_after * size - len(pages))))
        for page, body in waiting:
            pages[(page - 1) * size : page * size] = body
        waiting = []
    return bytes(pages)


def rows_of(content: bytes) -> Iterator[Row]:
    """Yield every row that can be read, in the order of the pages."""
    file = _File(content, _page_size(content))
    free = file.free_pages()
    for number in range(2, len(content) // file.size + 1):
        if number not in free:
            yield from file.rows(number)


def _page_size(content: bytes) -> int:
    if content[:16] != _MAGIC:
        return _USUAL_PAGE
    size = int.from_bytes(content[16:18], "big")
    return size if 512 <= size <= 32768 and size & (size - 1) == 0 else _USUAL_PAGE


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    size: int

    def page(self, number: int) -> bytes:
        return self.content[(number - 1) * self.size : number * self.size]

    def free_pages(self) -> set[int]:
        free: set[int] = set()
        if self.content[:16] != _MAGIC:
            return free
        trunk = int.from_bytes(self.content[32:36], "big")
        while trunk and trunk not in free and len(page := self.page(trunk)) == self.size:
            following, n_leaves = struct.unpack_from(">II", page)
            leaves = min(n_leaves, self.size // 4 - 2)
            free |= {trunk, *struct.unpack_from(f">{leaves}I", page, 8)}
            trunk = following
        return free

    def rows(self, number: int) -> Iterator[Row]:
        page = self.page(number)
        kind = page[0]
        if kind not in {_INTERIOR_INDEX, _LEAF_INDEX, _LEAF_TABLE}:
            return
        n_cells = int.from_bytes(page[3:5], "big")
        first = 12 if kind == _INTERIOR_INDEX else 8
        for at in range(first, min(first + 2 * n_cells, self.size - 1), 2):
            start = int.from_bytes(page[at : at + 2], "big")
            try:
                yield self._row(page, start, kind)
            except (IndexError, ValueError, struct.error):
                continue

    def _row(self, page: bytes, start: int, kind: int) -> Row:
        rowid = None
        if kind == _INTERIOR_INDEX:
            start += 4
        length, start = _varint(page, start)
        if kind == _LEAF_TABLE:
            rowid, start = _varint(page, start)
        return Row(rowid, tuple(_record(self._payload(page, start, length, kind))))

    def _payload(self, page: bytes, start: int, length: int, kind: int) -> bytes:
        if length > len(self.content):
            raise ValueError("a row larger than its file")
        share = (self.size - 12) * 32 // 255 - 23
        most = self.size - 35 if kind == _LEAF_TABLE else (self.size - 12) * 64 // 255 - 23
        if length <= most:
            return page[start : start + length]
        here = share + (length - share) % (self.size - 4)
        here = here if here <= most else share
        parts = [page[start : start + here]]
        following = int.from_bytes(page[start + here : start + here + 4], "big")
        missing = length - here
        while missing > 0:
            overflow = self.page(following)
            if len(overflow) < self.size:
                raise ValueError("the rest of a row is not in the file")
            parts.append(overflow[4 : 4 + missing])
            following = int.from_bytes(overflow[:4], "big")
            missing -= self.size - 4
        return b"".join(parts)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n in range(8):
        value = value << 7 | data[at + n] & 0x7F
        if data[at + n] < 0x80:
            return value, at + n + 1
    return value << 8 | data[at + 8], at + 9


_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def _record(payload: bytes) -> Iterator[Value]:
    header, at = _varint(payload, 0)
    kinds: list[int] = []
    while at < header:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    for kind in kinds:
        value, n_bytes = _value(payload, at, kind)
        yield value
        at += n_bytes
    if at != len(payload):
        raise ValueError("a record of another length than it says")


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind in {0, 8, 9}:
        return (None if kind == 0 else kind - 8), 0
    if kind in _INTEGERS:
        n_bytes = _INTEGERS[kind]
        return int.from_bytes(payload[at : at + n_bytes], "big", signed=True), n_bytes
    if kind == 7:
        return float(struct.unpack_from(">d", payload, at)[0]), 8
    if kind < 12:
        raise ValueError("a type that SQLite does not have")
    n_bytes = (kind - 12) // 2
    data = payload[at : at + n_bytes]
    return (data.decode("utf-8") if kind % 2 else data), n_bytes


def matches(values: Sequence[Value], *types: type | UnionType) -> bool:
    """Whether a row has columns of these types; a whole number may stand for a float."""
    return len(values) == len(types) and all(
        isinstance(value, int | float if wanted is float else wanted)
        for value, wanted in zip(values, types, strict=True)
    )
