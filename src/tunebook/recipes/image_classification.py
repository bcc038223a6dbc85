"""The recipe for photos in classes: a small convolutional network, from scratch, at one resolution.

Labels and the normalisation of images lie in the task's arguments: a trained network needs no data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.datasets.library import Stored
from tunebook.datasets.records import Item
from tunebook.datasets.records import Kind as DataKind
from tunebook.recipes.images import Images, arguments_of_images
from tunebook.recipes.registry import Recipe
from tunebook.records import Configuration
from tunebook.space import Choice, Float, Kind, Space

RESOLUTION = 64
"""Pixels on a side: small at first (C19)."""

_GROUPS = 4


@final
class ImageClassificationTask:
    """Tells the class of an image."""

    name = "image-classification"
    maximize = "accuracy"

    def __init__(self, data: str, home: str, *, labels: Sequence[str], **images: Any) -> None:
        self._images = Images(data, home, **images)
        self.labels = list(labels)

    def data(self, split: str) -> TensorDataset | None:
        """Return the labelled images of a split, normalised."""
        items = _labelled(self._images.open(), split)
        if not items:
            return None
        labels = torch.tensor([int(item.label or 0) for item in items])
        return TensorDataset(self._images.inputs_of(items, split), labels)

    def answer(self, network: nn.Module, raw: str) -> tuple[str, float]:
        """Return the class of an image file, and its share of certainty."""
        shares = network(self._images.input_of(raw))[0].softmax(0)
        return self.labels[int(shares.argmax())], float(shares.max())

    def network(self, config: Configuration) -> nn.Module:
        """Build four stages of convolutions, each of half the size and twice the channels."""
        width, dropout = int(config["width"]), float(config["dropout"])  # type: ignore[arg-type]  # the recipe's are numbers
        layers: list[nn.Module] = []
        before = 3
        for stage in range(4):
            after = width * 2**stage
            layers += [
                nn.Conv2d(before, after, 3, padding=1, bias=False),
                nn.GroupNorm(_GROUPS, after),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
            before = after
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
        return nn.Sequential(*layers, *head, nn.Linear(before, len(self.labels)))

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the cross entropy."""
        return nn.functional.cross_entropy(outputs, targets)

    def augment(
        self, inputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Move each batch by up to an eighth of the image: it has no up, down, left or right."""
        reach = self._images.resolution // 8
        moves = torch.randint(-reach, reach + 1, (2,)).tolist()
        return torch.roll(inputs, moves, dims=(2, 3)), targets

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the accuracy."""
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


def arguments_of(stored: Stored, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels, and how images become inputs, by the training images alone (S2.5)."""
    resolution = given.get("resolution", RESOLUTION)
    return arguments_of_images(stored, _labelled(stored, "train"), resolution)


def _labelled(stored: Stored, split: str) -> list[Item]:
    return [i for i in stored.dataset.of_split(split) if i.label is not None and i.file]


RECIPE = Recipe(
    name="image-classification",
    kind=DataKind.IMAGE_CLASSES,
    maker="tunebook.recipes.image_classification:ImageClassificationTask",
    arguments=arguments_of,
    defaults={
        "optimizer": "adamw",
        "lr": 2e-3,
        "weight_decay": 1e-2,
        "batch_size": 64,
        "width": 16,
        "dropout": 0.0,
    },
    space=Space(
        lr=Float(1e-4, 2e-2, log=True, kind=Kind.OPTIMIZATION),
        weight_decay=Float(1e-4, 1.0, log=True, kind=Kind.REGULARIZATION),
        width=Choice(8, 16, 32, ordered=True, kind=Kind.STRUCTURE),
        dropout=Float(0.0, 0.5, kind=Kind.REGULARIZATION),
    ),
    max_steps=10,
    network="four convolutions with group normalisation, from scratch",
    options={"resolution": RESOLUTION},
)
"""Adam with decoupled decay: a rule of ours, for want of a source."""
