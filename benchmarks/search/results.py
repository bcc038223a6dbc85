"""Results as JSON lines: appended as they come, so that a measurement can go on where it stopped.

A later line replaces an earlier one of the same case. Files that end in .gz are read, not appended.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.search.measure import Case, Setting

Result = dict[str, Any]


def case_of(result: Result) -> Case:
    """Return the case that a result is of."""
    setting = Setting(**result["setting"])
    return Case(result["method"], result["problem"], result["seed"], setting)


def append(path: Path, result: Result) -> None:
    """Add a result to a file, at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result, separators=(",", ":")) + "\n")


def read(paths: Iterable[Path]) -> list[Result]:
    """Return the last result of each case; a line cut short by an interruption is left out."""
    found: dict[str, Result] = {}
    for path in paths:
        for line in _lines(path):
            try:
                result = json.loads(line)
            except json.JSONDecodeError:
                continue
            found[case_of(result).key] = result
    return list(found.values())


def _lines(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from file
    else:
        with path.open(encoding="utf-8") as file:
            yield from file


def missing(cases: Iterable[Case], results: Iterable[Result]) -> list[Case]:
    """Return the cases without a result, in their order; an error counts as a result."""
    done = {case_of(result).key for result in results}
    return [case for case in cases if case.key not in done]


def mend(path: Path) -> None:
    """End a line that was cut short, so that the next result stands on a line of its own."""
    if path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n"):
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")
