"""Boxes as tensors, one a row of left, top, right, bottom: how they overlap, which are repeats."""

from __future__ import annotations

import torch

SAME = 0.45
"""Boxes of a class that overlap by more are taken for one object (S0.6)."""

MOST_CANDIDATES = 1000
"""So many of the best scores of an image are looked at; the others cannot be among the kept."""


def ignored_as(label: int) -> int:
    """Return the class of a box to ignore, from that of an object, and back: -2 for 0 and so on."""
    return -2 - label


def covered(boxes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return the largest share of each box that lies in one of the others (COCO's crowds)."""
    return (_common_areas(boxes, others) / _areas(boxes)[:, None].clamp(min=1e-9)).amax(1)


def overlaps(boxes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return the intersection over union of each box with each other one: 0 to 1 (S0.23)."""
    common = _common_areas(boxes, others)
    union = _areas(boxes)[:, None] + _areas(others)[None] - common
    return common / union.clamp(min=1e-9)


def size_overlaps(sizes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return the intersection over union of widths and heights, as if boxes shared a corner."""
    common = torch.minimum(sizes[:, None], others[None]).prod(-1)
    union = sizes.prod(-1)[:, None] + others.prod(-1)[None] - common
    return common / union.clamp(min=1e-9)


def _common_areas(boxes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    low = torch.maximum(boxes[:, None, :2], others[None, :, :2])
    high = torch.minimum(boxes[:, None, 2:4], others[None, :, 2:4])
    return (high - low).clamp(min=0).prod(-1)


def _areas(boxes: torch.Tensor) -> torch.Tensor:
    return (boxes[:, 2:4] - boxes[:, :2]).clamp(min=0).prod(-1)


def not_repeated(boxes: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
    """Return the positions that non-maximum suppression keeps within classes; best first."""
    clashes = overlaps(boxes, boxes) > SAME
    clashes &= kinds[:, None] == kinds[None]
    rows, is_out = clashes.cpu().numpy(), torch.zeros(len(boxes), dtype=torch.bool).numpy()
    kept: list[int] = []
    for place, row in enumerate(rows):
        if not is_out[place]:
            kept.append(place)
            is_out |= row
    return torch.tensor(kept, dtype=torch.long, device=boxes.device)


def best_detections(
    boxes: torch.Tensor, scores: torch.Tensor, *, least: float, most: int
) -> torch.Tensor:
    """Return left, top, right, bottom, score and class of the best ``most`` boxes, padded by 0."""
    n_classes = scores.shape[1]
    found, place = scores.flatten().topk(min(MOST_CANDIDATES, scores.numel()))
    place = place[found > least]
    found = found[: len(place)]
    box, kinds = place // n_classes, place % n_classes
    kept = not_repeated(boxes[box], kinds)[:most]
    rows = torch.cat([boxes[box][kept], found[kept, None], kinds[kept, None].to(found)], 1)
    padded = rows.new_zeros(most, 6)
    padded[: len(rows)] = rows
    return padded
