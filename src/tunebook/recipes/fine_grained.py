"""The recipe for classes that differ in a small detail: which features occur together (S3.2).

The task is that of image classification; its maps are joined by compact bilinear pooling, and the
images are larger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.datasets.library import Stored
from tunebook.datasets.records import Kind as DataKind
from tunebook.recipes import image_classification
from tunebook.recipes.registry import Recipe
from tunebook.space import Choice, Float, Kind, Space

RESOLUTION = 128
"""Pixels on a side: what tells such classes apart is small."""


def arguments_of(stored: Stored, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels, and how images become inputs, by the training images alone (S2.5)."""
    return image_classification.arguments_of(stored, {"resolution": RESOLUTION, **given})


RECIPE = Recipe(
    name="fine-grained-classification",
    kind=DataKind.IMAGE_CLASSES,
    maker="tunebook.recipes.image_classification:ImageClassificationTask",
    arguments=arguments_of,
    defaults={
        **image_classification.RECIPE.defaults,
        "network": "resnet",
        "pooling": "compact-bilinear",
        "features": 1024,
    },
    space=Space(
        lr=Float(1e-4, 2e-2, log=True, kind=Kind.OPTIMIZATION),
        weight_decay=Float(1e-4, 1.0, log=True, kind=Kind.REGULARIZATION),
        features=Choice(512, 1024, 2048, 4096, ordered=True, kind=Kind.STRUCTURE),
    ),
    max_steps=10,
    network="residual network with compact bilinear pooling, from scratch",
    options={"resolution": RESOLUTION},
    acts_with=image_classification.ACTS_WITH,
)
"""The source's grid has 1,024 to 8,192 features; fewer serve here as well."""
