"""What the rows of a YOLOv3 should say of an image's boxes, and how wrong they are (S0.6).

As PaddleDetection has it: each box is learnt by one row alone, that of its cell and of the anchor
most like it; rows that see a box well enough without being its own are not told to be empty.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from tunebook.recipes.boxes import covered, overlaps, size_overlaps
from tunebook.recipes.networks.detector import Rows

IGNORED_ABOVE = 0.7
"""A row whose box overlaps an object's by more is no example of an empty one."""


def assigned_rows(rows: Rows, boxes: torch.Tensor) -> torch.Tensor:
    """Return for each box its row: of its centre's cell, and of the anchor most like it in size."""
    cell, stride = rows.places[:, :2], rows.places[:, 2]
    centre = ((boxes[:, :2] + boxes[:, 2:4]) / 2).clamp(min=0).minimum(rows.size - 1e-3)
    is_there = ((centre[:, None] / stride[None, :, None]).floor() == cell[None]).all(-1)
    alike = size_overlaps(boxes[:, 2:4] - boxes[:, :2], rows.places[:, 3:5])
    return torch.where(is_there, alike, -1.0).argmax(1)


def yolo_loss(
    rows: Rows, boxes: torch.Tensor, shares: torch.Tensor, *, ignored_above: float = IGNORED_ABOVE
) -> torch.Tensor:
    """Return the loss of boxes, objectness and classes, summed over rows, a mean over images.

    ``boxes`` (B, T, 5) have left, top, right, bottom and class, padded by -1; ``shares`` (B, T) is
    what each counts: 1, or less where images are mixed. Rows in a box to ignore are not told to be
    empty.
    """
    seen = Rows(rows.said.detach(), rows.places).boxes
    total = rows.said.new_zeros(())
    for image, said in enumerate(rows.said):
        is_box = boxes[image, :, 4] >= 0
        own, share = boxes[image][is_box], shares[image][is_box]
        is_empty = torch.ones_like(said[:, 4], dtype=torch.bool)
        crowds = boxes[image][boxes[image, :, 4] < -1]
        if len(crowds):
            is_empty &= covered(seen[image], crowds) <= ignored_above
        if len(own):
            chosen = assigned_rows(rows, own)
            is_empty &= overlaps(seen[image], own).amax(1) <= ignored_above
            is_empty[chosen] = False
            per_box = _of_boxes(rows, image, chosen, own) + _of_objects(said[chosen], chosen, own)
            total = total + (per_box * share).sum()
        total = total + _wrong(said[:, 4], torch.zeros_like(said[:, 4]))[is_empty].sum()
    return total / len(rows.said)


def _of_boxes(rows: Rows, image: int, chosen: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Return how far each box's row is off; small boxes count more, by 2 - w * h as shares."""
    said, places = rows.said[image, chosen], rows.places[chosen]
    cell, stride, anchor, reach = places[:, :2], places[:, 2:3], places[:, 3:5], places[:, 5:6]
    size = (boxes[:, 2:4] - boxes[:, :2]).clamp(min=1.0)
    inside = (boxes[:, :2] + boxes[:, 2:4]) / 2 / stride - cell
    inside = ((inside + (reach - 1) / 2) / reach).clamp(0, 1)
    extent = (said[:, 2:4] - (size / anchor).log()).abs()
    weight = 2 - (size / rows.size).prod(1)
    # Without the entropy of where the centre lies, a row that is right loses nothing.
    entropy = -torch.xlogy(inside, inside) - torch.xlogy(1 - inside, 1 - inside)
    return (_wrong(said[:, :2], inside) - entropy + extent).sum(1) * weight


def _of_objects(said: torch.Tensor, chosen: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Return how wrong objectness and classes of each box's row are."""
    # Boxes that share a row ask for the classes of all of them.
    is_same = (chosen[:, None] == chosen[None]).to(said.dtype)
    kinds = functional.one_hot(boxes[:, 4].long(), said.shape[1] - 5).to(said.dtype)
    wanted = (is_same @ kinds).clamp(max=1)
    present = _wrong(said[:, 4], torch.ones_like(said[:, 4]))
    return present + _wrong(said[:, 5:], wanted).sum(1)


def _wrong(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(said, wanted, reduction="none")
