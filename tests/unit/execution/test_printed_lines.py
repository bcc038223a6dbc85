"""What public programs print is read rightly: no number that is wrong, nine of ten lines in full.

``printed_lines.tsv`` has lines in the formats of public programs, in words of our own: where the
format is from, the line or lines (``\\n`` ends one), and the right reading, with counters as
``@epoch=3`` and both values of ``x (y)`` as ``x|y``. A reading that is empty says that nothing in
the line is certainly a metric. Rows called *reviewed* hold what was read and then checked by eye:
they guard what is read today, and do not count among the lines of which nine in ten must be read.
"""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

import pytest

from tunebook.execution.metric_lines import MetricLines

ROWS = Path(__file__).with_name("printed_lines.tsv").read_text(encoding="utf-8").split("\n")[1:-1]
LEAST_READ = 0.9


def parts_of(row: str) -> tuple[list[str], str]:
    """Return the printed lines and the right reading."""
    _, _, rest = row.partition("\t")
    printed, _, reading = rest.rpartition("\t")
    return printed.replace("\\t", "\t").split("\\n"), reading


def right_reading(text: str) -> dict[str, list[float]]:
    pairs = (pair.rpartition("=") for pair in text.split())
    return {name: [float(value) for value in values.split("|")] for name, _, values in pairs}


def actual_reading(lines: list[str]) -> dict[str, list[float]]:
    reader = MetricLines()
    found = [reader.read(line) for line in lines][-1]
    reading: dict[str, list[float]] = defaultdict(list)
    for name, value in found.values:
        reading[name].append(value)
    return dict(reading) | {f"@{name}": [value] for name, value in found.counters.items()}


def is_equal(left: list[float] | None, right: list[float] | None) -> bool:
    if left is None or right is None or len(left) != len(right):
        return False
    return all(
        a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("row", ROWS)
def test_nothing_wrong_is_read(row: str):
    lines, reading = parts_of(row)
    right = right_reading(reading)
    read = actual_reading(lines)
    assert {name: v for name, v in read.items() if not is_equal(v, right.get(name))} == {}


def test_nine_of_ten_lines_are_read_in_full():
    missed = []
    written = [row for row in ROWS if not row.startswith("reviewed")]
    for row in written:
        lines, reading = parts_of(row)
        read = actual_reading(lines)
        if not all(is_equal(read.get(name), v) for name, v in right_reading(reading).items()):
            missed.append(row)
    assert len(written) >= 150
    assert len(missed) <= (1 - LEAST_READ) * len(written), "\n".join(missed)
