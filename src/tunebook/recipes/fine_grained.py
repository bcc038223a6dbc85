"""The recipe for classes that differ in a small detail: which features occur together (S3.2).

The task is that of image classification; its maps are joined by compact bilinear pooling, and the
images are larger.
"""

from __future__ import annotations

from dataclasses import replace

from tunebook.recipes import image_classification
from tunebook.space import Choice, Float, Kind, Space

RESOLUTION = 128
"""Pixels on a side: what tells such classes apart is small."""


RECIPE = replace(
    image_classification.RECIPE,
    name="fine-grained-classification",
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
    network="residual network with compact bilinear pooling, from scratch",
    options={"resolution": RESOLUTION},
)
"""The source's grid has 1,024 to 8,192 features; fewer serve here as well."""
