"""The recipe for photos in classes where labelled ones are few: a pretrained network (S3.3, S3.4).

The task is that of image classification; the network expects pixels as it saw them in its own
training, and is trained as ``transfer`` says.
"""

from __future__ import annotations

from dataclasses import replace

from tunebook.recipes import image_classification
from tunebook.recipes.networks.transferred import BODY_FACTOR, RELEASE, TransferMode
from tunebook.space import Choice, Float, Kind, Space

RESOLUTION = 96
"""Pixels on a side: small at first (C19)."""

NETWORK = "efficientnet-lite0"


RECIPE = replace(
    image_classification.RECIPE,
    name="transfer-classification",
    defaults={
        **{k: v for k, v in image_classification.RECIPE.defaults.items() if k != "width"},
        "network": NETWORK,
        "transfer": TransferMode.LAST_THEN_ALL.value,
        "lr": 3e-3,
        "schedule": "cosine",
        "release": RELEASE,
        "body_factor": BODY_FACTOR,
        "dropout": 0.2,
    },
    space=Space(
        lr=Float(1e-4, 2e-2, log=True, kind=Kind.OPTIMIZATION),
        weight_decay=Float(1e-4, 1.0, log=True, kind=Kind.REGULARIZATION),
        transfer=Choice(
            TransferMode.LAST_LAYER.value, TransferMode.LAST_THEN_ALL.value, kind=Kind.STRUCTURE
        ),
        body_factor=Float(0.01, 1.0, log=True, kind=Kind.OPTIMIZATION),
        dropout=Float(0.0, 0.5, kind=Kind.REGULARIZATION),
    ),
    max_steps=8,
    network="EfficientNet-Lite0 with ImageNet weights: its last layer first, then all layers",
    options={"resolution": RESOLUTION},
    acts_with={
        **image_classification.ACTS_WITH,
        "release": {"transfer": (TransferMode.LAST_THEN_ALL.value,)},
        "body_factor": {
            "transfer": (TransferMode.LAST_THEN_ALL.value, TransferMode.ALL_AT_ONCE.value)
        },
    },
)
"""Values of ours: rate and body factor are the best of three tried on photos of clothes."""
