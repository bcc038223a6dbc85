"""Images of a dataset as normalised squares, decoded once for each version and resolution."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, final

import numpy as np
import torch
from torch import nn

from tunebook.datasets.library import Stored, open_dataset
from tunebook.datasets.opener import upright
from tunebook.datasets.records import Item
from tunebook.recipes.networks.transferred import fingerprint

_AT_ONCE = 32
_Number = TypeVar("_Number", bound=np.generic)

Scale: TypeAlias = Mapping[str, Sequence[float]]
"""``mean`` and ``deviation`` of each channel, from 0 to 1."""

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
"""Images as bytes, channels before lines."""


@final
@dataclass(frozen=True, slots=True)
class Images:
    """The images of a version of a dataset, as inputs. ``scale`` is what ``scale_of`` returns."""

    data: str
    home: str
    resolution: int
    scale: Scale

    def open(self) -> Stored:
        """Return the version; ``DatasetError`` where it is not."""
        return open_dataset(self.data, Path(self.home))

    def inputs_of(self, items: Sequence[Item], split: str) -> torch.Tensor:
        """Return the images of a split's items."""
        return self._scaled(pixels_of(self.open(), items, self.resolution, split))

    def features_of(self, items: Sequence[Item], split: str, body: nn.Module) -> torch.Tensor:
        """Return what a body makes of the images of a split, kept beside the version (S3.3)."""
        place = f"{split}-{self.resolution}-{fingerprint(body)}.npy"
        device = next(body.parameters()).device

        @torch.no_grad()
        def shown() -> np.ndarray[Any, Any]:
            inputs = self.inputs_of(items, split).split(_AT_ONCE)
            return torch.cat([body.eval()(part.to(device)).cpu() for part in inputs]).numpy()

        return torch.from_numpy(_kept(self.open().folder / "features" / place, shown))

    def input_of(self, path: str) -> torch.Tensor:
        """Return an image file: a batch of one."""
        return self._scaled(read_pixels(Path(path), self.resolution)[None])

    def _scaled(self, pixels: Pixels) -> torch.Tensor:
        mean, deviation = (
            torch.tensor(self.scale[name])[:, None, None] for name in ("mean", "deviation")
        )
        return (torch.as_tensor(pixels).float() / 255 - mean) / deviation


def arguments_of_images(
    stored: Stored, items: Sequence[Item], resolution: int, scale: Scale | None = None
) -> dict[str, Any]:
    """Return a task's arguments: labels, resolution and a scale, by default that of ``items``."""
    if scale is None:
        scale = scale_of(pixels_of(stored, items, resolution, "train"))
    return {"labels": list(stored.dataset.classes), "resolution": resolution, "scale": scale}


def scale_of(pixels: Pixels) -> dict[str, list[float]]:
    """Return the mean and deviation of each channel, from 0 to 1 (S2.5)."""
    shares = torch.as_tensor(pixels).double() / 255
    deviation = shares.std(dim=(0, 2, 3), correction=0).tolist()
    mean = shares.mean(dim=(0, 2, 3)).tolist()
    return {"mean": mean, "deviation": [value if value > 0 else 1.0 for value in deviation]}


def pixels_of(stored: Stored, items: Sequence[Item], resolution: int, split: str) -> Pixels:
    """Return images as bytes, channels before lines; decoded once, kept beside the version."""

    def decoded() -> Pixels:
        return np.stack([read_pixels(stored.path_of(i.file or ""), resolution) for i in items])

    return _kept(stored.folder / "decoded" / f"{split}-{resolution}.npy", decoded)


def _kept(
    place: Path, make: Callable[[], np.ndarray[Any, np.dtype[_Number]]]
) -> np.ndarray[Any, np.dtype[_Number]]:
    """Return an array of a file; made, and written whole, where there is none yet."""
    if place.is_file():
        found: np.ndarray[Any, np.dtype[_Number]] = np.load(place)
        return found
    made = make()
    place.parent.mkdir(exist_ok=True)
    unfinished = place.with_suffix(f".{os.getpid()}.npy")
    np.save(unfinished, made)
    unfinished.replace(place)
    return made


def read_pixels(path: Path, resolution: int) -> Pixels:
    """Return an image upright, in three colours, resized to a square."""
    from PIL import Image

    small = upright(path).resize((resolution, resolution), Image.Resampling.BILINEAR)
    return np.ascontiguousarray(np.array(small, dtype=np.uint8).transpose(2, 0, 1))
