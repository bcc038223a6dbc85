"""Pretrained networks for images by name; ``timm/NAME`` is any model that timm has."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from tunebook.errors import ConfigurationError, nearest
from tunebook.recipes.networks import efficientnet_lite as lite

TIMM = "timm/"
"""What the name of a model of timm begins with."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """``build`` takes whether it is pretrained, and returns maps and how many channels they have.

    ``scale`` has the ``mean`` and ``deviation`` of each channel, from 0 to 1: those it was trained
    with, not those of the data (S2.5).
    """

    build: Callable[[bool], tuple[nn.Module, int]]
    scale: Mapping[str, list[float]]


def _efficientnet_lite0(is_pretrained: bool) -> tuple[nn.Module, int]:
    return lite.efficientnet_lite0(lite.weights_file() if is_pretrained else None), lite.N_CHANNELS


def backbone_named(name: str) -> Backbone | None:
    """Return the pretrained network of that name, None if it is not one."""
    if name.startswith(TIMM):
        return _of_timm(name.removeprefix(TIMM))
    mean, deviation = ([value / 255] * 3 for value in (lite.PIXEL_MEAN, lite.PIXEL_DEVIATION))
    scale = {"mean": mean, "deviation": deviation}
    return Backbone(_efficientnet_lite0, scale) if name == "efficientnet-lite0" else None


def _of_timm(name: str) -> Backbone:
    try:
        timm: Any = importlib.import_module("timm")
    except ImportError as error:
        raise ConfigurationError(
            "Models of timm need timm, which cannot be imported",
            got=f"{TIMM}{name}: {error}",
            do="pip install 'tunebook[timm]', or use efficientnet-lite0",
        ) from None
    known = timm.list_models(pretrained=True)
    if name.partition(".")[0] not in {model.partition(".")[0] for model in known}:
        raise ConfigurationError(
            "timm has no such pretrained model", got=name, do=nearest(name, known)
        )

    def build(is_pretrained: bool) -> tuple[nn.Module, int]:
        try:
            made: Any = timm.create_model(
                name, pretrained=is_pretrained, num_classes=0, global_pool=""
            )
        except (OSError, RuntimeError) as error:
            raise ConfigurationError(
                "timm cannot get the weights of this model", got=name, do=str(error).split("\n")[0]
            ) from None
        return made, int(made.num_features)

    expected = timm.get_pretrained_cfg(name)
    return Backbone(build, {"mean": list(expected.mean), "deviation": list(expected.std)})
