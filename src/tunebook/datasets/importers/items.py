"""Items as importers make them: images with a class, and boxes cut at their image's edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tunebook.datasets.opener import ImageFacts, Source
from tunebook.datasets.records import Box, Item


def labelled_images(source: Source, labels: dict[str, tuple[str, int]]) -> tuple[Item, ...]:
    """Return the usable images at these places, each with its split and class, as items."""
    items = list[Item]()
    for place, (split, label) in labels.items():
        facts = source.image(place)
        if facts is not None:
            size, digest = facts.size, facts.digest
            items.append(Item(place, place, split, label, file=place, size=size, digest=digest))
    return tuple(items)


def add_box(
    boxes: list[Box],
    numbers: Sequence[Any],
    label: int,
    *,
    of: tuple[Source, str, ImageFacts],
    is_ignored: bool = False,
) -> None:
    """Add a box, cut at the image's edge; ``of``: source, line for faults, image facts."""
    source, line, facts = of
    found = [as_number(value) for value in numbers]
    x, y, width, height = (*found, *[math.nan] * 4)[:4]
    if len(found) != 4 or not all(map(math.isfinite, found)):
        source.fault(line, "has a box that is not of four numbers")
        return
    if width <= 0 or height <= 0:
        source.fault(line, f"has a box without area: {width:g} x {height:g}")
        return
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = (
        min(float(side), start + extent)
        for side, start, extent in zip(facts.size, (x, y), (width, height), strict=True)
    )
    if right <= left or bottom <= top:
        source.fault(line, "has a box outside of its image")
        return
    boxes.append(Box(left, top, right - left, bottom - top, label, is_ignored))
    # Half a pixel over the edge is how tools round.
    if max(left - x, top - y, x + width - right, y + height - bottom) > 0.5:
        source.fault(line, "has a box that was cut at its image's edge", is_left_out=False)


def as_number(value: Any) -> float:
    """Return a number, NaN for what is none."""
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def compare_size(source: Source, line: str, declared: Sequence[Any], facts: ImageFacts) -> None:
    """Note where an annotation's size is not the picture's: its boxes may not fit either."""
    sides = [as_number(side) for side in declared]
    if all(side > 0 for side in sides) and tuple(sides) != facts.size:
        told, found = (f"{w:g} x {h:g}" for w, h in (sides, facts.size))
        why = f"says {told} pixels, but the picture has {found}: its boxes may lie elsewhere"
        source.fault(line, why, is_left_out=False, check="declared-size")
