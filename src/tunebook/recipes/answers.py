"""What trained networks answer to people: the likeliest classes, or the objects of an image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import torch

from tunebook.datasets.opener import upright

SHOWN_SCORE = 0.3
"""Whoever asks for the objects of an image is shown those that are as sure, by default (ours)."""

Found: TypeAlias = list[tuple[str, float, list[float]]]
"""Detections: class, score, and left, top, right and bottom as shares of width and height."""


def write_picture(path: Path, found: Found, into: Path) -> tuple[int, int]:
    """Write an image with the boxes of its detections drawn, and return its width and height."""
    from PIL import ImageDraw

    image = upright(path)
    pen = ImageDraw.Draw(image)
    for label, score, box in found:
        corners = [share * side for share, side in zip(box, image.size * 2, strict=True)]
        pen.rectangle(corners, outline=(230, 159, 0), width=max(2, max(image.size) // 300))
        pen.text((corners[0] + 4, corners[1] + 4), f"{label} {score:.2f}", fill=(230, 159, 0))
    image.save(into)
    width, height = image.size
    return width, height


Likeliest: TypeAlias = tuple[str, float] | list[tuple[str, float]]
"""A class and its share of certainty, or a list of them, the likeliest first."""


def likeliest(labels: Sequence[str], outputs: torch.Tensor, top: int | None) -> Likeliest:
    """Return the likeliest class with its share of certainty, or a list of the ``top`` ones."""
    shares, places = outputs.softmax(0).topk(min(max(top or 1, 1), len(labels)))
    pairs = zip(places.tolist(), shares.tolist(), strict=True)
    ranked = [(labels[place], share) for place, share in pairs]
    return ranked[0] if top is None else ranked
