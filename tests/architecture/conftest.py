"""The sources under test, parsed once."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tunebook"


@dataclass(frozen=True)
class Source:
    """A file of the package. ``name`` is its path inside the package, with slashes."""

    name: str
    lines: list[str]
    tree: ast.Module


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(PACKAGE).as_posix()
        found.append(Source(name, text.splitlines(), ast.parse(text, filename=name)))
    return found
