"""Images with boxes, as squares, and what all tasks of object detection share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, final

import torch
from torch import nn
from torch.utils.data import Dataset

from tunebook.datasets.library import Stored
from tunebook.datasets.quality import MAX_BOXES
from tunebook.datasets.records import Item
from tunebook.datasets.splitting import rarest_of
from tunebook.recipes.answers import SHOWN_SCORE, Found
from tunebook.recipes.boxes import ignored_as
from tunebook.recipes.detections import mean_average_precision
from tunebook.recipes.images import Images


@final
class Pictures(Dataset[Any]):
    """Images of a split (bytes become 0 to 1) with boxes and what ``describe`` makes of them."""

    def __init__(
        self,
        inputs: torch.Tensor,
        boxes: torch.Tensor,
        describe: Callable[[torch.Tensor], Mapping[str, torch.Tensor]] | None = None,
    ) -> None:
        self._inputs, self._boxes, self._describe = inputs, boxes, describe

    def __len__(self) -> int:
        return len(self._inputs)

    @property
    def targets(self) -> list[int]:
        """The rarest class in each image, -1 without any: a sample keeps their shares (S0.11)."""
        classes = [{int(k) for k in boxes[:, 4].tolist() if k >= 0} for boxes in self._boxes]
        return [-1 if kind is None else kind for kind in rarest_of(classes)]

    def __getitem__(self, index: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return an image and its targets: its ``boxes``, and what is made of them."""
        boxes = self._boxes[index]
        made = {} if self._describe is None else self._describe(boxes[boxes[:, 4] != -1])
        image = self._inputs[index]
        image = image.float() / 255 if image.dtype is torch.uint8 else image
        return image, {**made, "boxes": boxes}


def boxes_of(item: Item, resolution: int) -> torch.Tensor:
    """Return left, top, right, bottom and class of an item's boxes in the square, padded by -1.

    A box to ignore has ``ignored_as(class)``, below -1, and comes after the others. Boxes beyond
    the limit that the quality report names are left out.
    """
    width, height = item.size or (1, 1)
    sx, sy = resolution / width, resolution / height
    padded = torch.full((MAX_BOXES, 5), -1.0)
    boxes = sorted(item.boxes, key=lambda box: box.is_ignored)
    for place, box in enumerate(boxes[:MAX_BOXES]):
        right, bottom = (box.x + box.width) * sx, (box.y + box.height) * sy
        label = ignored_as(box.label) if box.is_ignored else box.label
        padded[place] = torch.tensor([box.x * sx, box.y * sy, right, bottom, label])
    return padded


def pictured(stored: Stored, split: str) -> list[Item]:
    """Return the items of a split that have an image of known size, those without boxes too."""
    return [item for item in stored.dataset.of_split(split) if item.file and item.size]


class DetectionTask:
    """Finds objects: their classes and their boxes. ``describe`` makes more targets of boxes."""

    name = "object-detection"
    maximize = "map"

    def __init__(self, images: Images, labels: Sequence[str]) -> None:
        self._images, self.labels = images, list(labels)
        self.metrics = partial(mean_average_precision, labels=self.labels)
        self.describe: Callable[[torch.Tensor], Mapping[str, torch.Tensor]] | None = None

    def data(self, split: str) -> Pictures | None:
        """Return the images of a split; those without objects are kept."""
        items = pictured(self._images.open(), split)
        if not items:
            return None
        boxes = torch.stack([boxes_of(item, self._images.resolution) for item in items])
        return Pictures(self.inputs_of(items, split), boxes, self.describe)

    def inputs_of(self, items: Sequence[Item], split: str) -> torch.Tensor:
        """Return the images of a split's items."""
        return self._images.inputs_of(items, split)

    def predict(self, outputs: Any) -> torch.Tensor:
        """Return of each image its best detections: left, top, right, bottom, score, class."""
        raise NotImplementedError

    def answer(self, network: nn.Module, raw: str, *, threshold: float = SHOWN_SCORE) -> Found:
        """Return the objects of an image file: class, score, box as shares of width and height."""
        found = self.predict(network(self._images.input_of(raw)))[0]
        return [
            (self.labels[int(kind)], score, [side / self._images.resolution for side in sides])
            for *sides, score, kind in found.tolist()
            if score >= max(threshold, 1e-9)
        ]
