"""Objects in images by YOLOv3 on DarkNet-53, or by a Darknet configuration of one's own (S0.6).

The network of the platform's story: much larger than the recipe's own, and meant for a GPU. A small
configuration such as Yolo-Fastest trains on a processor. Pixels lie between 0 and 1, as in Darknet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, final

import torch

from tunebook.datasets.library import Stored
from tunebook.datasets.records import Item
from tunebook.datasets.records import Kind as DataKind
from tunebook.errors import ConfigurationError
from tunebook.recipes.box_augmentation import STEP, augmented, sides_up_to
from tunebook.recipes.boxes import best_detections
from tunebook.recipes.detections import KEPT
from tunebook.recipes.images import Images, pixels_of
from tunebook.recipes.networks.darknet import Darknet, darknet
from tunebook.recipes.networks.darknet_cfg import Section, read_sections
from tunebook.recipes.networks.darknet_weights import load_pretrained, read_weights
from tunebook.recipes.networks.detector import Detector, Rows, expect_few
from tunebook.recipes.networks.transferred import PRETRAINED
from tunebook.recipes.networks.yolov3 import WIDTH, scaled_anchors, yolov3_cfg
from tunebook.recipes.pictures import DetectionTask
from tunebook.recipes.registry import Recipe
from tunebook.recipes.yolo_loss import yolo_loss
from tunebook.records import Configuration
from tunebook.space import Choice, Float, Kind, Space

RESOLUTION = 608
"""Pixels on a side in evaluation; training has smaller ones too."""

LEAST_OBJECTNESS, LEAST_SCORE = 0.005, 0.01
"""Rows and detections that are less sure are left out before repeats are."""

OPTIONS = {
    "network": "yolov3",
    "resolution": RESOLUTION,
    "cfg": None,
    "weights": None,
    "multi_scale": True,
    "augment": True,
    "mix_up": True,
}
"""``cfg`` and ``weights`` are paths of Darknet files, for another network and for a good start.

``augment`` is colour, crop, surround and flip; without it and ``mix_up`` images stay as they are.
"""


@final
class YoloDetectionTask(DetectionTask):
    """Finds objects by a Darknet network: ``cfg`` is its text, ``weights`` the path of a file."""

    def __init__(
        self,
        data: str,
        home: str,
        *,
        labels: Sequence[str],
        resolution: int,
        cfg: str | None = None,
        **training: Any,
    ) -> None:
        nothing = {"mean": [0.0] * 3, "deviation": [1.0] * 3}
        super().__init__(Images(data, home, resolution, nothing), labels)
        self._cfg, self._weights = cfg, training.get("weights")
        sides = sides_up_to(resolution) if training.get("multi_scale", True) else [resolution]
        self._augmented = partial(
            augmented,
            sides=sides,
            mix_up=bool(training.get("mix_up", True)),
            is_plain=not training.get("augment", True),
        )

    def inputs_of(self, items: Sequence[Item], split: str) -> torch.Tensor:
        """Return the images of a split's items as bytes."""
        stored, side = self._images.open(), self._images.resolution
        return torch.from_numpy(pixels_of(stored, items, side, split))

    def network(self, config: Configuration) -> Detector:
        """Build the network: ``anchor_scale`` and ``anchor_ratio`` change its anchors (S0.12).

        ``width`` is the first convolution's channels, 32 as published. Weights of a file are for
        whatever of them fits: all, all but the heads, or the first layers.
        """
        scale, ratio = (_above_0(config, name) for name in ("anchor_scale", "anchor_ratio"))
        if self._cfg is None:
            anchors = scaled_anchors(scale=scale, ratio=ratio)
            width = int(str(config.get("width", WIDTH)))
            network = darknet(yolov3_cfg(len(self.labels), width=width, anchors=anchors))
        else:
            network = _fitted(self._cfg, len(self.labels), scale=scale, ratio=ratio)
        expect_few(network)
        if self._weights is not None and config.get(PRETRAINED) is not False:
            load_pretrained(network, Path(self._weights))
        return Detector(network)

    def loss(self, outputs: Rows, targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return YOLOv3's loss of an image."""
        boxes = targets["boxes"]
        shares = targets.get("shares", torch.ones_like(boxes[..., 4]))
        return yolo_loss(outputs, boxes, shares)

    def augment(
        self, inputs: torch.Tensor, targets: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Mix, recolour, crop or surround, flip and resize a training batch."""
        return self._augmented(inputs, targets["boxes"])

    def predict(self, outputs: Rows) -> torch.Tensor:
        """Return of each image its best detections: left, top, right, bottom, score, class."""
        present = outputs.said[..., 4:5].sigmoid()
        scores = present * outputs.said[..., 5:].sigmoid()
        scores = torch.where(present > LEAST_OBJECTNESS, scores, 0.0)
        of_images = zip(outputs.boxes, scores, strict=True)
        return torch.stack(
            [best_detections(b, s, least=LEAST_SCORE, most=KEPT) for b, s in of_images]
        )


def _above_0(config: Configuration, name: str) -> float:
    found = config.get(name, 1.0)
    if isinstance(found, bool | str) or found is None or found <= 0:
        raise ConfigurationError(f"{name!r} cannot be this", got=found, expected="a number above 0")
    return float(found)


def _fitted(cfg: str, n_classes: int, *, scale: float, ratio: float) -> Darknet:
    """Return a configuration's network, made for other classes and with anchors changed."""
    sections = read_sections(cfg)
    for place, section in enumerate(sections):
        if section.kind != "yolo":
            continue
        sides = section.numbers("anchors")
        wide, high = scale * ratio**0.5, scale / ratio**0.5
        told = [side * (high if i % 2 else wide) for i, side in enumerate(sides)]
        n_anchors = len(section.wholes("mask", tuple(range(len(sides) // 2))))
        sections[place] = _with(section, classes=n_classes, anchors=",".join(map(repr, told)))
        before = sections[place - 1]
        sections[place - 1] = _with(before, filters=n_anchors * (5 + n_classes))
    network = Darknet(sections)
    if not network.heads:
        raise ConfigurationError("The Darknet configuration finds no objects: it has no [yolo]")
    return network


def _with(section: Section, **values: object) -> Section:
    told = {name: str(value) for name, value in values.items()}
    return replace(section, values={**section.values, **told})


def arguments_of(stored: Stored, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels and what the network and its images are made by; reads a ``cfg``."""
    values = {name: given[name] for name in OPTIONS if name != "network"}
    resolution = values["resolution"]
    if not isinstance(resolution, int) or resolution <= 0 or resolution % STEP:
        raise ConfigurationError(
            "YOLOv3 takes no images of this resolution",
            got=resolution,
            expected=f"a multiple of {STEP} pixels, its largest stride, such as 416 or 608",
        )
    labels = list(stored.dataset.classes)
    if values["cfg"]:
        values["cfg"] = _text_of(Path(values["cfg"]))
        _fitted(values["cfg"], len(labels), scale=1.0, ratio=1.0)
    if values["weights"]:
        # A file that is none is told now, not in each trial.
        read_weights(Path(values["weights"]))
        values["weights"] = str(Path(values["weights"]).resolve())
    return {"labels": labels, **values}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "The Darknet configuration cannot be read", got=str(path), do=str(error)
        ) from None


RECIPE = Recipe(
    name="object-detection",
    kind=DataKind.DETECTION,
    maker="tunebook.recipes.yolo_detection:YoloDetectionTask",
    arguments=arguments_of,
    defaults={
        "optimizer": "momentum",
        "momentum": 0.9,
        "lr": 1e-3,
        "weight_decay": 5e-4,
        "batch_size": 8,
        "accumulate": 8,
        "schedule": "multistep",
        "warmup": 0.008,
        "decay_start": 0.7,
        "decay_interval": 0.1,
        "decay_factor": 0.1,
        "width": WIDTH,
        "anchor_scale": 1.0,
        "anchor_ratio": 1.0,
    },
    space=Space(
        lr=Float(1e-4, 1e-2, log=True, kind=Kind.OPTIMIZATION),
        weight_decay=Float(5e-5, 5e-3, log=True, kind=Kind.REGULARIZATION),
        anchor_scale=Choice(0.5, 0.75, 1.0, 1.5, 2.0, ordered=True, kind=Kind.STRUCTURE),
        anchor_ratio=Choice(0.5, 1.0, 2.0, ordered=True, kind=Kind.STRUCTURE),
    ),
    max_steps=27,
    network="YOLOv3 on DarkNet-53",
    epochs_per_step=10,
    options=OPTIONS,
    acts_with={"width": {"cfg": (None,)}},
    metric_name="COCO mAP, IoU 0.50:0.95, at most 100 detections",
    is_share=True,
)
"""PaddleDetection's values for batches of 64: 270 epochs, drops at 216 and 243 (S0.6).

Its warm-up of 4,000 steps is the same share of COCO's training. Mixing, which it leaves out in the
last 20 epochs, goes on to the end here.
"""
