"""A YAML file with the line of each of its keys, so that an error can say where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tunebook.errors import StudyFileError
from tunebook.study.yaml_values import StudyLoader

MAX_BYTES = 1_000_000
MAX_VALUES = 20_000
"""Keys and list items of a file. A choice has at most 10,000 values."""
MAX_DEPTH = 40
_TOO_MANY = f"the file holds more than {MAX_VALUES:,} values, those that an alias repeats included"

Place = tuple[str | int, ...]
"""Where something is in a file: the keys and list positions that lead there."""


@dataclass(frozen=True, slots=True)
class YamlFile:
    """What a file holds; ``lines`` are counted from 1."""

    path: Path
    body: dict[str, Any]
    lines: dict[Place, int] = field(default_factory=dict)

    def where(self, place: Place) -> str:
        """Return the file and the line of the nearest known part of ``place``."""
        while place and place not in self.lines:
            place = place[:-1]
        line = self.lines.get(place)
        return f"{self.path}" if line is None else f"{self.path}, line {line}"


def read_yaml(path: Path) -> YamlFile:
    """Read a mapping; ``StudyFileError`` where it is no YAML, or larger than any study."""
    text, found = _text_of(path), YamlFile(path, {})
    try:
        _require_modest(text, found)
        loader = StudyLoader(text)
        node = loader.get_single_node()
        _note_lines(node, (), found, ())
        body = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _wrong(found, mark, f"this is no YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise StudyFileError(f"{path}: this is no YAML: {error}") from None
    except (LookupError, AttributeError, TypeError):
        raise StudyFileError(f"{path}: a value is not what its tag, such as !!int, says") from None
    if not isinstance(body, dict):
        raise StudyFileError(
            "A study file is not a mapping",
            got=None if body is None else f"a {type(body).__name__}",
            expected="keys such as command:, space:, objective:",
        )
    return replace(found, body=body)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise StudyFileError(
            "The study file cannot be read",
            got=str(path),
            do=f"{error.strerror or error}: give the path of a YAML file",
        ) from None
    if len(content) > MAX_BYTES:
        raise StudyFileError(f"{path}: the file is larger than {MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise StudyFileError("The study file is not a text in UTF-8", got=str(path)) from None


def _require_modest(text: str, found: YamlFile) -> None:
    """Refuse a file that is too deep for its parser, which recurses, or takes it too long."""
    depth = n_nodes = 0
    for event in yaml.parse(text, Loader=StudyLoader):
        n_nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            what = f"values are nested too deeply, more than {MAX_DEPTH} levels"
            raise _wrong(found, event.start_mark, what)
        if n_nodes > 2 * MAX_VALUES:
            raise _wrong(found, event.start_mark, _TOO_MANY)


def _wrong(found: YamlFile, mark: Any, what: str, do: str | None = None) -> StudyFileError:
    line = "" if mark is None else f", line {mark.line + 1}"
    return StudyFileError(f"{found.path}{line}: {what}", do=do)


def _note_lines(
    node: yaml.Node | None, place: Place, found: YamlFile, around: tuple[yaml.Node, ...]
) -> None:
    """Note the line of each key and list item; ``around`` are the nodes that hold this one."""
    if node in around:
        raise _wrong(found, around[-1].start_mark, "this value contains itself")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                what = "a key must be a text, not a list or mapping"
                raise _wrong(found, key.start_mark, what)
            _note_line(key, (*place, str(key.value)), found)
            _note_lines(value, (*place, str(key.value)), found, (*around, node))
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _note_line(value, (*place, position), found)
            _note_lines(value, (*place, position), found, (*around, node))


def _note_line(node: yaml.Node, place: Place, found: YamlFile) -> None:
    if place in found.lines:
        what = f"the key {place[-1]!r} is there twice, first in line {found.lines[place]}"
        raise _wrong(found, node.start_mark, what, "Leave one out")
    if len(found.lines) >= MAX_VALUES:
        raise _wrong(found, node.start_mark, _TOO_MANY)
    found.lines[place] = node.start_mark.line + 1
