"""Bytes into text, JSON, YAML, XML and rows of tables. Whatever fails is a ``DatasetError``.

Every function takes the file's name for its message. None resolves a reference that the content
makes: no entity of XML, no collection by alias of YAML.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from xml.etree import ElementTree

from tunebook.errors import DatasetError

MAX_DEPTH = 20
"""Levels of lists and mappings in a YAML file, whose parser slows down with each."""

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([\w.-]+)["']""")
_FOREIGN = re.compile(rb"[\x80-\xff]{4}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x81\x8d\x8f\x90\x9d]")
_DELIMITERS = ",;\t|"
_SNIFFED = 50


def refusal(place: str, why: str, line: int | None = None) -> DatasetError:
    """Return the error of a file: its name, its line if that is known, and what is wrong."""
    return DatasetError(f"{place} {why}" if line is None else f"{place} line {line} {why}")


def decode(content: bytes, place: str, declared: str | None = None) -> tuple[str, str]:
    """Return the text and its encoding.

    A byte order mark decides, then the declared encoding, then UTF-8 where that fits. UTF-16
    without a mark shows by its zeros. The rest is Windows-1252, which covers Latin-1, if it reads
    like a Western language: letters above ASCII stand alone or in short groups. Cyrillic, Greek and
    Asian encodings have long ones and are refused, because their letters would come out wrong.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strict(content[len(mark) :], encoding, place), encoding
    zeros = [content[start:2000:2].count(0) for start in (0, 1)]
    if max(zeros) > 10 * min(zeros) + len(content[:2000]) // 8:
        encoding = "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
        return _strict(content, encoding, place), encoding
    for encoding in filter(None, (declared, "utf-8")):
        try:
            text = content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" not in text:
            return text, encoding
    text = content.decode("cp1252", errors="surrogateescape")
    if _FOREIGN.search(content) or _CONTROL.search(text) or re.search(r"[\udc80-\udcff]", text):
        line = 1 + content[: _first_strange(content)].count(b"\n")
        why = "is not text in UTF-8, UTF-16 or Windows-1252: save it as UTF-8"
        raise refusal(place, why, line)
    return text, "cp1252"


def _strict(content: bytes, encoding: str, place: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise refusal(place, f"is not the {encoding.upper()} that it begins as: {error}") from None


def _first_strange(content: bytes) -> int:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return content.find(b"\0")


def lines_of(text: str) -> list[str]:
    """Return lines as files have them; ``str.splitlines`` also breaks at rare characters."""
    return re.split(r"\r\n|\r|\n", text)


def parse_json(text: str, place: str) -> Any:
    """Return what a JSON file holds, without the outlines of COCO."""
    try:
        return json.loads(text, object_hook=_without_outline)
    except json.JSONDecodeError as error:
        raise refusal(place, f"is not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise refusal(place, "is nested too deeply") from None
    except ValueError as error:
        raise refusal(place, f"is not JSON: {error}") from None


def _without_outline(found: dict[str, Any]) -> dict[str, Any]:
    """Leave outlines out as they are read: in a large file they are most of it."""
    found.pop("segmentation", None)
    return found


def parse_yaml(text: str, place: str) -> Any:
    """Return what a YAML file holds, each scalar as it is written: ``no`` stays a name."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    depth = 0
    try:
        for event in yaml.parse(text, loader):
            is_alias = isinstance(event, yaml.AliasEvent)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if is_alias or depth > MAX_DEPTH:
                line = None if event.start_mark is None else event.start_mark.line + 1
                why = "has an alias, which is not read" if is_alias else "is nested too deeply"
                raise refusal(place, why, line)
        return yaml.load(text, loader)  # it makes text, lists and mappings
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise refusal(place, f"is not YAML: {error.problem}", line) from None
    except (yaml.YAMLError, ValueError) as error:
        raise refusal(place, f"is not YAML: {error}") from None


def parse_xml(content: bytes, place: str) -> ElementTree.Element:
    """Return the root of an XML file; one that declares entities is refused."""
    declared = _DECLARED.search(content)
    text, _ = decode(content, place, declared and declared[1].decode("ascii"))
    before, declaration, _ = text.partition("<!ENTITY")
    if declaration:
        raise refusal(place, "declares entities, which are not read", before.count("\n") + 1)
    try:
        # The parser's encoding stands above the one that the file declares.
        parser = ElementTree.XMLParser(encoding="utf-8")
        return ElementTree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except ElementTree.ParseError as error:
        raise refusal(place, f"is not XML: {error.msg}", error.position[0]) from None


def parse_rows(text: str, place: str, delimiter: str | None = None) -> tuple[list[Row], str]:
    """Return the rows with their lines and the delimiter: the one that makes the rows alike."""
    chosen = delimiter or max(_DELIMITERS, key=lambda one: _fit(text, one))
    return list(_rows(text, place, chosen)), chosen


Row = tuple[int, list[str]]
"""The line in the file, counted from 1, and the cells."""


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """Return how many rows have as many cells as the first, and how many cells that is."""
    try:
        rows = [row for _, row in islice(_rows(text, "", delimiter), _SNIFFED)]
    except DatasetError:
        return 0.0, 0
    n = len(rows[0]) if rows else 0
    return (sum(len(row) == n for row in rows) / len(rows), n) if n > 1 else (0.0, n)


def _rows(text: str, place: str, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begin = 1
    try:
        for row in reader:
            if row:
                yield begin, row
            begin = reader.line_num + 1
    except csv.Error as error:
        raise refusal(place, f"is not a table: {error}", reader.line_num) from None
