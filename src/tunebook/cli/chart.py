"""A curve in the terminal, drawn with braille dots: two across and four down in each character."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BRAILLE = 0x2800


def chart(
    steps: Sequence[int],
    values: Sequence[float],
    *,
    width: int = 60,
    height: int = 8,
    is_ascii: bool = False,
    unit: str = "step",
) -> list[str]:
    """Return a curve as lines of text with its axes; no line for one without a finite value."""
    points = [(s, v) for s, v in zip(steps, values, strict=True) if math.isfinite(v)]
    if not points:
        return []
    low, high = min(v for _, v in points), max(v for _, v in points)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    labels = [f"{high:.4g}", f"{low:.4g}"]
    margin = max(map(len, labels))
    first, last = points[0][0], points[-1][0]
    columns = max(4, width - margin - 2)
    n_across, n_down = (columns, height) if is_ascii else (2 * columns, 4 * height)
    dots = [
        (
            round((step - first) / max(1, last - first) * (n_across - 1)),
            round((high - value) / (high - low) * (n_down - 1)),
        )
        for step, value in points
    ]
    rows = _rows(dots, columns, height, is_ascii=is_ascii)
    told = {0: labels[0], height - 1: labels[1]}
    bar, corner, line = ("|", "+", "-") if is_ascii else ("┤", "└", "─")
    lines = [f"{told.get(y, ''):>{margin}} {bar}{row.rstrip()}" for y, row in enumerate(rows)]
    lines.append(" " * (margin + 1) + corner + line * columns)
    ends = f"{f'{unit} {first}':<{columns - len(str(last))}}{last}"
    return [*lines, " " * (margin + 2) + ends]


def _rows(
    dots: Sequence[tuple[int, int]], columns: int, height: int, *, is_ascii: bool
) -> list[str]:
    across, down = (1, 1) if is_ascii else (2, 4)
    cells = [[0] * columns for _ in range(height)]
    for x, y in _joined(dots):
        cells[y // down][x // across] |= _DOTS[y % down][x % across]
    letter = {0: " "} | ({1: "*"} if is_ascii else {})
    return ["".join(letter.get(cell) or chr(_BRAILLE | cell) for cell in row) for row in cells]


def _joined(dots: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the dots and those on the straight lines from each to the next."""
    found = set(dots)
    for (x, y), (to_x, to_y) in pairwise(dots):
        n = max(abs(to_x - x), abs(to_y - y))
        found |= {
            (round(x + (to_x - x) * k / n), round(y + (to_y - y) * k / n)) for k in range(1, n)
        }
    return found
