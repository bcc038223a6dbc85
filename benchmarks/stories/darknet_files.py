"""Darknet's files: a network built from a .cfg, with the weights of a file, finds COCO's objects.

    .venv/bin/python -m benchmarks.stories.darknet_files --darknet FOLDER --coco FOLDER [--full]

FOLDER of ``--darknet`` has a .cfg and a .weights beside it for COCO's 80 classes (Yolo-Fastest, for
instance); that of ``--coco`` has ``instances.json`` and ``images/``. With ``--full`` YOLOv3 itself
is built and trained for some steps on two of those images: 2.4 GB of memory, two minutes.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.stories.pass_marks import PassMarks

from tunebook.recipes.images import read_pixels
from tunebook.recipes.networks.darknet import Darknet, darknet
from tunebook.recipes.networks.darknet_weights import load_pretrained, n_numbers, read_weights
from tunebook.recipes.networks.detector import Detector, expect_few
from tunebook.recipes.networks.yolov3 import darknet53_cfg, yolov3_cfg
from tunebook.recipes.yolo_detection import YoloDetectionTask

YOLOV3_BYTES, DARKNET53_BYTES, HEADER = 248_007_048, 162_482_580, 20
"""Sizes of the published files yolov3.weights and darknet53.conv.74."""

N_STEPS, BATCH, SIDE, SURE = 6, 2, 416, 0.3


@dataclass
class Photos:
    """COCO's images as squares, with their boxes in pixels and classes in COCO's order."""

    inputs: torch.Tensor
    boxes: torch.Tensor
    names: list[str]


def photos_of(folder: Path, side: int) -> Photos:
    told: dict[str, Any] = json.loads((folder / "instances.json").read_text())
    kinds = sorted(told["categories"], key=lambda kind: kind["id"])
    number = {kind["id"]: place for place, kind in enumerate(kinds)}
    images = told["images"]
    pixels = [read_pixels(folder / "images" / image["file_name"], side) for image in images]
    boxes = torch.full((len(images), 100, 5), -1.0)
    for place, image in enumerate(images):
        x, y = side / image["width"], side / image["height"]
        own = [a for a in told["annotations"] if a["image_id"] == image["id"]]
        for row, annotation in enumerate(own[:100]):
            left, top, width, height = annotation["bbox"]
            sides = [left * x, top * y, (left + width) * x, (top + height) * y]
            boxes[place, row] = torch.tensor([*sides, number[annotation["category_id"]]])
    inputs = torch.from_numpy(np.stack(pixels)).float() / 255
    return Photos(inputs, boxes, [kind["name"] for kind in kinds])


@torch.no_grad()
def judged(network: Darknet, task: YoloDetectionTask, photos: Photos) -> dict[str, float]:
    """Return the metrics, and in which share of images with people a person is found."""
    found = task.predict(Detector(network).eval()(photos.inputs))
    person = photos.names.index("person")
    has_person = (photos.boxes[..., 4] == person).any(1)
    sees_person = ((found[..., 5] == person) & (found[..., 4] >= SURE)).any(1)
    persons = float((has_person & sees_person).sum() / has_person.sum())
    return {**task.metrics(found, {"boxes": photos.boxes}), "persons": persons}


def loads(marks: PassMarks, folder: Path, coco: Path) -> None:
    (cfg,), (weights,) = sorted(folder.glob("*.cfg")), sorted(folder.glob("*.weights"))
    network, fresh = (darknet(cfg.read_text(encoding="utf-8")) for _ in range(2))
    photos = photos_of(coco, network.size[0])
    task = YoloDetectionTask("", "", labels=photos.names, resolution=network.size[0])
    # Means and variances of its own, lest it says nothing at all.
    fresh.train()(photos.inputs[:16])
    expect_few(fresh)
    load_pretrained(network, weights)
    n = len(read_weights(weights))
    marks.check(n == n_numbers(network), f"{cfg.name}: all {n:,} numbers are placed, none is left")
    start = time.perf_counter()
    known, unknown = judged(network, task, photos), judged(fresh, task, photos)
    marks.tell(f"{time.perf_counter() - start:.1f} s for {2 * len(photos.inputs)} images")
    marks.check(
        known["ap50"] >= 0.3 > 0.02 > unknown["ap50"],
        f"AP50 {known['ap50']:.3f}, mAP {known['map']:.3f} of {len(photos.inputs)} images; "
        f"with random weights AP50 {unknown['ap50']:.3f}",
    )
    marks.check(
        known["persons"] >= 0.7,
        f"a person is found in {known['persons']:.0%} of the images with people",
    )


def sizes(marks: PassMarks) -> None:
    with torch.device("meta"):
        whole, backbone = darknet(yolov3_cfg(80)), darknet(darknet53_cfg())
    for network, n_bytes, name in (
        (whole, YOLOV3_BYTES, "YOLOv3"),
        (backbone, DARKNET53_BYTES, "DarkNet-53"),
    ):
        n = n_numbers(network)
        marks.check(HEADER + 4 * n == n_bytes, f"{name} has the {n:,} numbers of its file")


def trains(marks: PassMarks, coco: Path) -> None:
    torch.manual_seed(0)
    photos = photos_of(coco, SIDE)
    network = Detector(darknet(yolov3_cfg(len(photos.names))))
    expect_few(network.darknet)
    task = YoloDetectionTask("", "", labels=photos.names, resolution=SIDE)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)
    inputs, boxes = photos.inputs[:BATCH], {"boxes": photos.boxes[:BATCH]}
    losses, start = [], time.perf_counter()
    for _ in range(N_STEPS):
        optimizer.zero_grad()
        loss = task.loss(network(inputs), boxes)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    seconds = (time.perf_counter() - start) / N_STEPS
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = ", ".join(f"{loss:.1f}" for loss in losses)
    marks.check(losses[-1] < losses[0] / 2, f"YOLOv3 learns {BATCH} images: loss {told}")
    marks.tell(
        f"{seconds:.1f} s a step of {BATCH} images of {SIDE} pixels, {memory:.1f} GB at most"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--darknet", type=Path, required=True)
    parser.add_argument("--coco", type=Path, required=True)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    marks = PassMarks("Darknet's files: built, filled, used")
    sizes(marks)
    loads(marks, options.darknet, options.coco)
    if options.full:
        trains(marks, options.coco)
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
