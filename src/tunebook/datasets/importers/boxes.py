"""Boxes as importers find them: cut at the image's edges, and refused when nothing is left."""

from __future__ import annotations

import math

from tunebook.datasets.records import Box, Fault


def usable_box(
    corner: tuple[float, float],
    extent: tuple[float, float],
    label: int,
    *,
    size: tuple[int, int],
    source: str,
) -> tuple[Box | None, Fault | None]:
    """Return the box within the image, and what was wrong with it, if anything."""
    (x, y), (width, height) = corner, extent
    if not all(map(math.isfinite, (x, y, width, height))):
        return None, Fault(source, "has a box that is no box of numbers")
    if width <= 0 or height <= 0:
        return None, Fault(source, f"has a box without area: {width:g} x {height:g}")
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(float(size[0]), x + width), min(float(size[1]), y + height)
    if right <= left or bottom <= top:
        return None, Fault(source, "has a box outside of its image")
    box = Box(left, top, right - left, bottom - top, label)
    # Half a pixel over the edge is how tools round.
    over = max(left - x, top - y, x + width - right, y + height - bottom)
    if over > 0.5:
        return box, Fault(source, "has a box that was cut at its image's edge", is_left_out=False)
    return box, None
