"""Convolutional stems: from images (B, 3, H, W) to maps, with their channels (S2.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

import torch
from torch import nn

_Network = TypeVar("_Network", bound=nn.Module)

_GROUPS = 8


class Shrink(nn.Module):
    """Shows images (B, C, H, W) to a network as squares of ``size`` pixels (S3.6)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def extra_repr(self) -> str:
        """Return the size."""
        return f"size={self.size}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return smaller images; every pixel of the large ones counts."""
        return nn.functional.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True)


def initialised(network: _Network) -> _Network:
    """Draw the weights of every convolution by He's rule, for ReLU follows; biases 0 (S1.8)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def lenet(width: int) -> tuple[nn.Module, int]:
    """Return two convolutions of 5x5 with pooling, as LeNet has them: the simple start (S2.3)."""
    stem = nn.Sequential(
        nn.Conv2d(3, width, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )
    return initialised(stem), 2 * width


def convolution(
    before: int, after: int, *, stride: int = 1, most_groups: int = _GROUPS
) -> list[nn.Module]:
    """Return a convolution of 3x3, normalised in groups, and its ReLU."""
    groups = min(most_groups, after)
    conv = nn.Conv2d(before, after, 3, stride, 1, bias=False)
    return [conv, nn.GroupNorm(groups, after), nn.ReLU()]


def stages(width: int) -> tuple[nn.Module, int]:
    """Return four convolutions, each of half the size and twice the channels, normalised."""
    layers: list[nn.Module] = []
    before = 3
    for stage in range(4):
        after = width * 2**stage
        layers += [*convolution(before, after), nn.MaxPool2d(2)]
        before = after
    return initialised(nn.Sequential(*layers)), before


class Residual(nn.Module):
    """Two convolutions beside a shortcut; the last normalisation begins at 0: the block at rest."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm = nn.GroupNorm(min(_GROUPS, after), after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.last_norm = nn.GroupNorm(min(_GROUPS, after), after)
        nn.init.zeros_(self.last_norm.weight)
        is_same = before == after and stride == 1
        self.shortcut = (
            nn.Identity() if is_same else nn.Conv2d(before, after, 1, stride, bias=False)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the maps of the block."""
        inner = self.second(torch.relu(self.norm(self.first(x))))
        return torch.relu(self.last_norm(inner) + self.shortcut(x))


def resnet(width: int) -> tuple[nn.Module, int]:
    """Return four residual blocks, with group in place of batch normalisation (C17)."""
    layers = convolution(3, width)
    before = width
    for stage in range(4):
        after = width * 2**stage
        layers.append(Residual(before, after, 2 if stage else 1))
        before = after
    return initialised(nn.Sequential(*layers)), before


Stem: TypeAlias = Callable[[int], tuple[nn.Module, int]]

STEMS: Mapping[str, Stem] = dict(lenet=lenet, stages=stages, resnet=resnet)
