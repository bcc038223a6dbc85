"""A YAML file with the line of each of its keys, so that an error can say where it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tunebook.errors import StudyFileError
from tunebook.study.yaml_values import StudyLoader

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
    """Read a file that holds a mapping; ``StudyFileError`` says where it is no YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StudyFileError(
            "The study file cannot be read",
            got=str(path),
            do=f"{error.strerror or error}: give the path of a YAML file",
        ) from None
    except UnicodeDecodeError:
        raise StudyFileError("The study file is not a text in UTF-8", got=str(path)) from None
    try:
        node = yaml.compose(text, Loader=StudyLoader)
        body = yaml.load(text, Loader=StudyLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "" if mark is None else f", line {mark.line + 1}"
        raise StudyFileError(f"{path}{line}: this is no YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise StudyFileError(f"{path}: this is no YAML: {error}") from None
    if not isinstance(body, dict):
        raise StudyFileError(
            "A study file is not a mapping",
            got=body,
            expected="keys such as command:, space:, objective:",
        )
    found = YamlFile(path, body)
    _note_lines(node, (), found)
    return found


def _note_lines(node: yaml.Node | None, place: Place, found: YamlFile) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            if inner in found.lines:
                first = found.lines[inner]
                raise StudyFileError(
                    f"{found.path}, line {key.start_mark.line + 1}: the key {key.value!r} is "
                    f"there twice, first in line {first}",
                    do="Leave one out",
                )
            found.lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, found)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            found.lines[(*place, position)] = value.start_mark.line + 1
            _note_lines(value, (*place, position), found)
