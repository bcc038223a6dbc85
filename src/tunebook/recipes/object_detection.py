"""The recipe for objects in images: a small network of centre points, from scratch, for a CPU.

Cells of eight pixels say whether the centre of an object lies in them, and where its edges are
(Zhou et al. 2019, Objects as Points). Larger networks are variants: ``yolo_detection.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, final

import numpy as np
import torch
from torch import nn

from tunebook.datasets.library import Stored
from tunebook.datasets.records import Kind as DataKind
from tunebook.recipes import yolo_detection
from tunebook.recipes.boxes import ignored_as
from tunebook.recipes.detections import KEPT
from tunebook.recipes.images import Images, arguments_of_images
from tunebook.recipes.networks.convolutional import convolution
from tunebook.recipes.pictures import DetectionTask, pictured
from tunebook.recipes.registry import Recipe
from tunebook.records import Configuration
from tunebook.space import Choice, Float, Kind, Space

RESOLUTION, CELL = 160, 8
"""Pixels on a side, and of a cell."""

_RARE = -4.0
_convolution = partial(convolution, most_groups=4)


@final
class ObjectDetectionTask(DetectionTask):
    """Finds the centres of objects on cells, and their edges from there."""

    def __init__(self, data: str, home: str, *, labels: Sequence[str], **images: Any) -> None:
        super().__init__(Images(data, home, **images), labels)
        side = self._images.resolution // CELL
        self.describe = partial(cells_of, side=side, n_classes=len(labels))

    def network(self, config: Configuration) -> nn.Module:
        """Build three stages down to the cells, one further and back, and a head."""
        width = int(config["width"])  # type: ignore[arg-type]  # the recipe's is a number
        layers: list[nn.Module] = []
        before = 3
        for stage in range(3):
            after = width * 2**stage
            layers += [*_convolution(before, after, stride=2), *_convolution(after, after)]
            before = after
        layers += [_Context(before), *_convolution(before, before)]
        head = nn.Conv2d(before, len(self.labels) + 4, 1)
        nn.init.constant_(head.bias[: len(self.labels)], _RARE)  # type: ignore[index]  # it has one
        return nn.Sequential(*layers, head)

    def loss(self, outputs: torch.Tensor, targets: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the focal loss of the centres and the distance of their edges, per object."""
        heat, edges = outputs[:, : len(self.labels)], outputs[:, len(self.labels) :]
        wanted, is_centre = targets["heat"], targets["is_centre"]
        n = is_centre.sum().clamp(min=1)
        likely = heat.sigmoid().clamp(1e-4, 1 - 1e-4)
        hit = (wanted == 1).float()
        found = hit * (1 - likely) ** 2 * likely.log()
        missed = (1 - hit) * (1 - wanted) ** 4 * likely**2 * (1 - likely).log()
        off = ((edges - targets["edges"]).abs() * is_centre).sum()
        return (off - (found + missed).sum()) / n

    def predict(self, outputs: torch.Tensor) -> torch.Tensor:
        """Return of each image its best detections: left, top, right, bottom, score, class."""
        n, k = len(outputs), len(self.labels)
        heat = outputs[:, :k].sigmoid()
        peaks = heat * (nn.functional.max_pool2d(heat, 3, 1, 1) == heat)
        side = heat.shape[-1]
        score, place = peaks.flatten(1).topk(min(KEPT, k * side * side))
        kind, cell = place // side**2, place % side**2
        edges = outputs[:, k:].flatten(2).gather(2, cell[:, None].expand(n, 4, -1))
        x, y = (edges[:, 0] + cell % side) * CELL, (edges[:, 1] + cell // side) * CELL
        half = edges[:, 2:].clamp(-4, 4).exp() * CELL / 2
        sides = [x - half[:, 0], y - half[:, 1], x + half[:, 0], y + half[:, 1]]
        return torch.stack([*sides, score, kind.float()], -1)


@final
class _Context(nn.Module):
    """Adds what is seen at half the resolution: objects may be larger than a few cells."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down = nn.Sequential(
            *_convolution(channels, channels, stride=2), *_convolution(channels, channels)
        )

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        size = inputs.shape[-2:]
        return inputs + nn.functional.interpolate(self.down(inputs), size=size, mode="nearest")


def cells_of(boxes: torch.Tensor, side: int, n_classes: int) -> dict[str, torch.Tensor]:
    """Return what ``side`` x ``side`` cells should say of boxes, one a row; some to ignore."""
    heat = torch.zeros(n_classes, side, side)
    edges, is_centre = torch.zeros(4, side, side), torch.zeros(1, side, side)
    line = torch.arange(side)
    for left, top, right, bottom, kind in boxes.tolist():
        if kind < -1:
            # So near to 1 a cell loses nothing, whatever is found there.
            lines, columns = (
                slice(int(low / CELL), math.ceil(high / CELL))
                for low, high in ((top, bottom), (left, right))
            )
            heat[ignored_as(int(kind)), lines, columns].clamp_(min=0.99)
            continue
        x, y = (left + right) / 2 / CELL, (top + bottom) / 2 / CELL
        i, j = min(int(y), side - 1), min(int(x), side - 1)
        size = [max(right - left, 1.0) / CELL, max(bottom - top, 1.0) / CELL]
        # Cells near a centre are half right: a sixth of the object's size is the deviation.
        spread = max(min(size) / 6, 0.4)
        away = (line[:, None] - i) ** 2 + (line[None] - j) ** 2
        place = int(kind)
        heat[place] = torch.maximum(heat[place], torch.exp(-away / (2 * spread**2)))
        edges[:, i, j] = torch.tensor([x - j, y - i, *np.log(size)])
        is_centre[0, i, j] = 1.0
    return {"heat": heat, "edges": edges, "is_centre": is_centre}


def arguments_of(stored: Stored, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels, and how images become inputs, by the training images alone (S2.5)."""
    return arguments_of_images(stored, pictured(stored, "train"), given["resolution"])


RECIPE = Recipe(
    name="object-detection",
    kind=DataKind.DETECTION,
    maker="tunebook.recipes.object_detection:ObjectDetectionTask",
    arguments=arguments_of,
    defaults=dict(
        optimizer="adamw", lr=2e-3, weight_decay=1e-2, batch_size=16, width=16, schedule="cosine"
    ),
    space=Space(
        lr=Float(2e-4, 1e-2, log=True, kind=Kind.OPTIMIZATION),
        weight_decay=Float(1e-4, 1.0, log=True, kind=Kind.REGULARIZATION),
        batch_size=Choice(8, 16, 32, ordered=True, kind=Kind.OPTIMIZATION),
    ),
    max_steps=10,
    network="centre points on cells of 8 pixels, from scratch",
    epochs_per_step=3,
    options={"network": "small", "resolution": RESOLUTION},
    metric_name="COCO mAP, IoU 0.50:0.95, at most 100 detections",
    is_share=True,
    variants={"yolov3": yolo_detection.RECIPE},
)
"""Adam with decoupled decay and a cosine: a rule of ours, for want of a source."""
