"""Darknet's descriptions of networks (.cfg): sections of ``name=value``, one for each layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from tunebook.errors import ConfigurationError


@final
@dataclass(frozen=True, slots=True)
class Section:
    """A section: its name without brackets, the line where it begins, its values as written."""

    kind: str
    line: int
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str, usual: str) -> str:
        """Return a value as it is written, ``usual`` where it is left out."""
        return self.values.get(name, usual)

    def whole(self, name: str, usual: int, *, least: int = 0) -> int:
        """Return a whole number of at least ``least``; ``ConfigurationError`` if it is none."""
        found = self._numbers(name, int, (usual,))
        if len(found) != 1 or found[0] < least:
            raise self.wrong(name, f"a whole number of at least {least}")
        return int(found[0])

    def number(self, name: str, usual: float) -> float:
        """Return a number; ``ConfigurationError`` if it is none."""
        found = self._numbers(name, float, (usual,))
        if len(found) != 1:
            raise self.wrong(name, "a number")
        return found[0]

    def wholes(self, name: str, usual: tuple[int, ...] = ()) -> list[int]:
        """Return whole numbers with commas between them; ``ConfigurationError`` if they are not."""
        return [int(number) for number in self._numbers(name, int, usual)]

    def numbers(self, name: str) -> list[float]:
        """Return numbers with commas between them; ``ConfigurationError`` if they are not."""
        return self._numbers(name, float, ())

    def _numbers(
        self, name: str, kind: type[int] | type[float], usual: tuple[float, ...]
    ) -> list[float]:
        if name not in self.values:
            return list(usual)
        parts = [part.strip() for part in self.values[name].rstrip(", ").split(",")]
        try:
            return [kind(part) for part in parts]
        except ValueError:
            what = "whole numbers" if kind is int else "numbers"
            raise self.wrong(name, f"{what} with commas between them") from None

    def wrong(self, name: str, expected: str) -> ConfigurationError:
        """Return the error of a value that it cannot have."""
        return ConfigurationError(
            f"In [{self.kind}] of line {self.line}, {name!r} cannot be this",
            got=self.values.get(name, "nothing"),
            expected=expected,
        )


def read_sections(text: str) -> list[Section]:
    """Return the sections of a .cfg; ``ConfigurationError`` says which line is none of it."""
    found: list[Section] = []
    values: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        name, is_value, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            values = {}
            found.append(Section(line[1:-1].strip().lower(), number, values))
        elif is_value and found:
            values[name.strip()] = value.strip()
        else:
            raise ConfigurationError(
                f"Line {number} is no part of a Darknet configuration",
                got=line[:80],
                expected="[section], or name=value within a section",
            )
    return found
