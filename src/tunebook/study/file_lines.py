"""A YAML file with the line of each of its keys, so that an error can say where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tunebook.errors import StudyFileError

MAX_BYTES = 1_000_000
MAX_VALUES = 20_000
"""Keys and list items of a file. A choice has at most 10,000 values."""
MAX_DEPTH = 40

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
    """Read a file that holds a mapping; ``StudyFileError`` says where it is no YAML.

    What is larger than any study, directly or by what its aliases stand for, is refused before it
    is built.
    """
    text = _text_of(path)
    try:
        _require_modest(path, text)
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        found = YamlFile(path, {})
        _note_lines(node, (), found, set())
        body = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "" if mark is None else f", line {mark.line + 1}"
        raise StudyFileError(f"{path}{line}: this is no YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise StudyFileError(f"{path}: this is no YAML: {error}") from None
    except (LookupError, AttributeError, TypeError):
        raise StudyFileError(
            f"{path}: a value is not what its tag, such as !!int, says", do="Leave the tag out"
        ) from None
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
        raise StudyFileError(
            "The study file is too large", got=str(path), expected=f"at most {MAX_BYTES:,} bytes"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise StudyFileError("The study file is not a text in UTF-8", got=str(path)) from None


def _require_modest(path: Path, text: str) -> None:
    """Refuse a file that is too deep for its parser, which recurses, or takes it too long."""
    depth = n_nodes = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        n_nodes += isinstance(event, yaml.NodeEvent)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        line = event.start_mark.line + 1 if event.start_mark else 1
        if depth > MAX_DEPTH:
            raise StudyFileError(
                f"{path}, line {line}: values are nested too deeply",
                expected=f"at most {MAX_DEPTH} levels",
            )
        if n_nodes > 2 * MAX_VALUES:
            raise _too_many(path, line)


def _too_many(path: Path, line: int) -> StudyFileError:
    return StudyFileError(
        f"{path}, line {line}: the file holds too many values, those included that an alias "
        "(*name) repeats",
        expected=f"at most {MAX_VALUES:,}",
    )


def _note_lines(
    node: yaml.Node | None, place: Place, found: YamlFile, around: set[yaml.Node]
) -> None:
    """Note the line of each key and list item; ``around`` are the nodes that hold this one."""
    if not isinstance(node, yaml.CollectionNode):
        return
    line = node.start_mark.line + 1
    if node in around:
        raise StudyFileError(f"{found.path}, line {line}: this value contains itself")
    around.add(node)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _note_line(_key_of(key, found), key, place, found)
            _note_lines(value, (*place, key.value), found, around)
    else:
        for position, value in enumerate(node.value):
            _note_line(position, value, place, found)
            _note_lines(value, (*place, position), found, around)
    around.remove(node)


def _key_of(key: yaml.Node, found: YamlFile) -> str:
    if isinstance(key, yaml.ScalarNode):
        return str(key.value)
    line = key.start_mark.line + 1
    raise StudyFileError(f"{found.path}, line {line}: a key must be a text, not a list or mapping")


def _note_line(name: str | int, node: yaml.Node, place: Place, found: YamlFile) -> None:
    inner, line = (*place, name), node.start_mark.line + 1
    if inner in found.lines:
        raise StudyFileError(
            f"{found.path}, line {line}: the key {name!r} is there twice, first in line "
            f"{found.lines[inner]}",
            do="Leave one out",
        )
    if len(found.lines) >= MAX_VALUES:
        raise _too_many(found.path, line)
    found.lines[inner] = line
