"""COCO's metrics of detections, by the reference evaluator (S0.23)."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import torch

from tunebook.recipes.boxes import ignored_as

KEPT = 100
"""The detections of an image that the metric counts."""


def mean_average_precision(
    found: torch.Tensor, boxes: torch.Tensor, n_classes: int
) -> dict[str, float]:
    """Return ``map`` over overlaps of 0.50 to 0.95, and ``ap50``; 0 where nothing is found.

    ``found`` are for each image left, top, right, bottom, score and class; ``boxes`` left, top,
    right, bottom and class, padded by rows of -1. Classes without any box are left out. In a box
    to ignore a detection counts neither for nor against, as in COCO's crowds.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth: Any = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": i} for i in range(len(boxes))],
        "categories": [{"id": k} for k in range(n_classes)],
        "annotations": _annotations(boxes),
    }
    told = _detections(found)
    if not len(told) or not truth.dataset["annotations"]:
        return {"map": 0.0, "ap50": 0.0}
    # The reference implementation prints as it works.
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation: Any = COCOeval(truth, truth.loadRes(told), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return {
        "map": max(0.0, float(evaluation.stats[0])),
        "ap50": max(0.0, float(evaluation.stats[1])),
    }


def _annotations(boxes: torch.Tensor) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for image, rows in enumerate(boxes.tolist()):
        for left, top, right, bottom, kind in rows:
            is_ignored = kind < -1
            if kind >= 0 or is_ignored:
                width, height = right - left, bottom - top
                told.append(
                    {
                        "id": len(told) + 1,
                        "image_id": image,
                        "category_id": ignored_as(int(kind)) if is_ignored else int(kind),
                        "bbox": [left, top, width, height],
                        "area": width * height,
                        "iscrowd": int(is_ignored),
                    }
                )
    return told


def _detections(found: torch.Tensor) -> np.ndarray[Any, Any]:
    """Return rows of image, left, top, width, height, score and class."""
    rows = found.double().flatten(0, 1)
    images = torch.arange(len(found)).repeat_interleave(found.shape[1])[:, None].to(rows)
    told = torch.cat([images, rows[:, :2], rows[:, 2:4] - rows[:, :2], rows[:, 4:]], 1)
    return told[told[:, 5] > 0].cpu().numpy()
