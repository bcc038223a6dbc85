"""The recipes for photos in classes: a convolutional network from scratch, or a pretrained one.

Labels and the normalisation of images lie in the task's arguments: a trained network needs no data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, final

import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.datasets.library import Stored
from tunebook.datasets.records import Kind as DataKind
from tunebook.errors import ConfigurationError
from tunebook.recipes.answers import Likeliest, likeliest
from tunebook.recipes.images import Images, arguments_of_images
from tunebook.recipes.networks.backbones import backbone_named
from tunebook.recipes.networks.bilinear import POOLINGS, pooling
from tunebook.recipes.networks.convolutional import STEMS, Shrink
from tunebook.recipes.networks.transferred import (
    BODY_FACTOR,
    PRETRAINED,
    RELEASE,
    TransferMode,
    mode_of,
    transferred,
)
from tunebook.recipes.registry import Recipe
from tunebook.recipes.scores import class_scores
from tunebook.recipes.settings import require_known
from tunebook.records import Configuration
from tunebook.space import Choice, Float, Kind, Space

DEFAULTS = {"network": "stages", "pooling": "mean", "features": 1024, "size": None}
"""The network of the baseline: four stages of convolutions and the mean of their maps."""


@final
class ImageClassificationTask:
    """Tells the class of an image."""

    name = "image-classification"
    maximize = "accuracy"
    loss = staticmethod(nn.functional.cross_entropy)

    def __init__(self, data: str, home: str, *, labels: Sequence[str], **images: Any) -> None:
        self._images = Images(data, home, **images)
        self.labels = list(labels)
        self.metrics = partial(class_scores, labels=self.labels)

    def data(self, split: str) -> TensorDataset | None:
        """Return the labelled images of a split, normalised."""
        items = self._images.open().dataset.labelled(split)
        if not items:
            return None
        labels = torch.tensor([int(item.label or 0) for item in items])
        return TensorDataset(self._images.inputs_of(items, split), labels)

    def answer(self, network: nn.Module, raw: str, *, top: int | None = None) -> Likeliest:
        """Return the class of an image file with its share of certainty, or the ``top`` ones."""
        return likeliest(self.labels, network(self._images.input_of(raw))[0], top)

    def features(self, split: str, body: nn.Module) -> TensorDataset:
        """Return what a body says of the images of a split: computed once for each version."""
        items = self._images.open().dataset.labelled(split)
        labels = torch.tensor([int(item.label or 0) for item in items])
        return TensorDataset(self._images.features_of(items, split, body), labels)

    def network(self, config: Configuration) -> nn.Module:
        """Build the network that ``network`` names, of ``width`` channels at first.

        It sees images of ``size`` pixels, at most those of ``resolution`` (S3.6). ``pooling`` joins
        its maps; ``features`` is the size of compact bilinear ones (S3.2). A pretrained network is
        trained as ``transfer`` says (S3.5).
        """
        name = str(config.get("network", DEFAULTS["network"]))
        backbone = backbone_named(name)
        if backbone is not None:
            wants = mode_of(config) is not TransferMode.FROM_SCRATCH
            is_pretrained = wants and config.get(PRETRAINED) is not False
            stem, n_channels = backbone.build(is_pretrained)
        else:
            stem_of = STEMS[require_known("network", name, STEMS)]
            stem, n_channels = stem_of(int(str(config["width"])))
        kind = require_known("pooling", str(config.get("pooling", DEFAULTS["pooling"])), POOLINGS)
        pool, n_features = pooling(kind, n_channels, int(str(config.get("features", 1024))))
        dropout = nn.Dropout(float(str(config["dropout"])))
        classifier = nn.Linear(n_features, len(self.labels))
        body = nn.Sequential(*self._shrink(config), stem, pool)
        head = nn.Sequential(dropout, classifier)
        return transferred(body, head, config) if backbone else nn.Sequential(*body, *head)

    def _shrink(self, config: Configuration) -> list[nn.Module]:
        size, largest = config.get("size"), self._images.resolution
        if size is None or size == largest:
            return []
        if not isinstance(size, int) or not 1 <= size < largest:
            raise ConfigurationError(
                "The network cannot see images of this size",
                got=size,
                expected=f"1 to {largest} pixels, the images' resolution",
                do="Decode them larger: --set resolution=...",
            )
        return [Shrink(size)]

    def augment(
        self, inputs: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Move each batch by up to an eighth of the image: it has no up, down, left or right."""
        reach = self._images.resolution // 8
        moves = torch.randint(-reach, reach + 1, (2,)).tolist()
        return torch.roll(inputs, moves, dims=(2, 3)), targets


def arguments_of(stored: Stored, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return labels and scale: of the training images (S2.5), or a pretrained network's own."""
    backbone = backbone_named(str(given["network"]))
    scale = None if backbone is None else backbone.scale
    return arguments_of_images(stored, stored.dataset.labelled("train"), given["resolution"], scale)


_RATE = Float(1e-4, 2e-2, log=True, kind=Kind.OPTIMIZATION)
_DECAY = Float(1e-4, 1.0, log=True, kind=Kind.REGULARIZATION)
_DROPOUT = Float(0.0, 0.5, kind=Kind.REGULARIZATION)

RECIPE = Recipe(
    name="image-classification",
    kind=DataKind.IMAGE_CLASSES,
    maker="tunebook.recipes.image_classification:ImageClassificationTask",
    arguments=arguments_of,
    defaults=dict(
        optimizer="adamw", lr=2e-3, weight_decay=1e-2, batch_size=64, width=16, dropout=0.0
    )
    | DEFAULTS,
    space=Space(
        lr=_RATE,
        weight_decay=_DECAY,
        width=Choice(8, 16, 32, ordered=True, kind=Kind.STRUCTURE),
        dropout=_DROPOUT,
    ),
    max_steps=10,
    network="four convolutions with group normalisation, from scratch",
    options={"resolution": 64},
    acts_with={
        "width": {"network": tuple(STEMS)},
        "features": {"pooling": ("compact-bilinear",)},
    },
)
"""Adam with decoupled decay: our rule. Small images at first (C19)."""

FINE_GRAINED = replace(
    RECIPE,
    name="fine-grained-classification",
    defaults={**RECIPE.defaults, "network": "resnet", "pooling": "compact-bilinear"},
    space=Space(
        lr=_RATE,
        weight_decay=_DECAY,
        features=Choice(512, 1024, 2048, 4096, ordered=True, kind=Kind.STRUCTURE),
    ),
    network="residual network with compact bilinear pooling, from scratch",
    options={"resolution": 128},
)
"""For classes that differ in a small detail: which features occur together (S3.2).

The source's grid has 1,024 to 8,192 features; fewer serve here as well.
"""

_LAST_LAYER, _LAST_THEN_ALL = TransferMode.LAST_LAYER.value, TransferMode.LAST_THEN_ALL.value

TRANSFER = replace(
    RECIPE,
    name="transfer-classification",
    defaults={
        **{k: v for k, v in RECIPE.defaults.items() if k != "width"},
        "network": "efficientnet-lite0",
        "transfer": _LAST_THEN_ALL,
        "lr": 3e-3,
        "schedule": "cosine",
        "release": RELEASE,
        "body_factor": BODY_FACTOR,
        "dropout": 0.2,
    },
    space=Space(
        lr=_RATE,
        weight_decay=_DECAY,
        transfer=Choice(_LAST_LAYER, _LAST_THEN_ALL, kind=Kind.STRUCTURE),
        body_factor=Float(0.01, 1.0, log=True, kind=Kind.OPTIMIZATION),
        dropout=_DROPOUT,
    ),
    max_steps=8,
    network="EfficientNet-Lite0 with ImageNet weights: its last layer first, then all layers",
    options={"resolution": 96},
    acts_with={
        **RECIPE.acts_with,
        "release": {"transfer": (_LAST_THEN_ALL,)},
        "body_factor": {"transfer": (_LAST_THEN_ALL, TransferMode.ALL_AT_ONCE.value)},
    },
)
"""For photos of which few are labelled: a pretrained network (S3.3, S3.4).

Rate and body factor are the best of three tried on photos of clothes.
"""
