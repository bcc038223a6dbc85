"""Images with boxes, as the networks of object detection are shown them.

Images become squares: that changes no overlap of boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

import torch
from torch.utils.data import Dataset

from tunebook.datasets.library import Stored
from tunebook.datasets.quality import MAX_BOXES
from tunebook.datasets.records import Item
from tunebook.datasets.splitting import rarest_of
from tunebook.recipes.boxes import ignored_as


@final
class Pictures(Dataset[Any]):
    """Images of a split, each with its boxes and with what ``describe`` makes of those.

    Bytes become values of 0 to 1 when they are asked for.
    """

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
