"""COCO's metrics of detections, by the reference evaluator (S0.23)."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from tunebook.recipes.boxes import ignored_as
from tunebook.records.measurement import CLASS

KEPT = 100
"""The detections of an image that the metric counts."""

_STATISTICS = ("map", "ap50", "ap75", "map_small", "map_medium", "map_large")
"""COCO's names for the evaluator's first figures."""


def mean_average_precision(
    found: torch.Tensor, targets: Mapping[str, torch.Tensor], labels: Sequence[str]
) -> dict[str, float]:
    """Return ``map`` over overlaps of 0.50 to 0.95, per size and class too, ``ap50``, ``ap75``.

    ``found`` are for each image left, top, right, bottom, score and class (S0.23); the ``boxes`` of
    ``targets`` left, top, right, bottom and class, padded by rows of -1. Classes and sizes without
    any box are left out; small is below 32 x 32 pixels of these boxes, large above 96 x 96. In a
    box to ignore a detection counts neither for nor against, as in COCO's crowds.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    boxes = targets["boxes"]
    truth: Any = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": i} for i in range(len(boxes))],
        "categories": [{"id": k} for k in range(len(labels))],
        "annotations": _annotations(boxes),
    }
    # The reference implementation prints as it works.
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        told = _detections(found)
        # It refuses an empty list of detections.
        results = truth.loadRes(told) if len(told) else COCO()
        evaluation: Any = COCOeval(truth, results, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    values = dict(zip(_STATISTICS, evaluation.stats.tolist(), strict=False))
    # Overlaps, recalls, classes, sizes, numbers of detections: all sizes and the last number.
    of_classes = evaluation.eval["precision"][:, :, :, 0, -1].mean((0, 1)).tolist()
    values |= {f"map{CLASS}{label}": ap for label, ap in zip(labels, of_classes, strict=True)}
    # The evaluator's value for what has no box.
    return {name: value for name, value in values.items() if value > -1}


def _annotations(boxes: torch.Tensor) -> list[dict[str, Any]]:
    rows = [(image, *row) for image, of in enumerate(boxes.tolist()) for row in of if row[4] != -1]
    return [
        {
            "id": number,
            "image_id": image,
            "category_id": ignored_as(int(kind)) if kind < -1 else int(kind),
            "bbox": [left, top, right - left, bottom - top],
            "area": (right - left) * (bottom - top),
            "iscrowd": int(kind < -1),
        }
        for number, (image, left, top, right, bottom, kind) in enumerate(rows, 1)
    ]


def _detections(found: torch.Tensor) -> np.ndarray[Any, Any]:
    """Return rows of image, left, top, width, height, score and class."""
    rows = found.double().flatten(0, 1)
    images = torch.arange(len(found)).repeat_interleave(found.shape[1])[:, None].to(rows)
    told = torch.cat([images, rows[:, :2], rows[:, 2:4] - rows[:, :2], rows[:, 4:]], 1)
    return told[told[:, 5] > 0].cpu().numpy()
