"""Networks built from Darknet's descriptions (.cfg), layer by layer, as Darknet computes them.

Layers are numbered from 0 behind ``[net]``, each section being one, for ``shortcut`` and ``route``
name them by number. The order of the convolutions is that of the numbers in a .weights file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import final

import torch
from torch import nn

from tunebook.errors import ConfigurationError, nearest
from tunebook.recipes.networks.darknet_cfg import Section, read_sections

ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "leaky": lambda: nn.LeakyReLU(0.1),
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "mish": nn.Mish,
    "swish": nn.SiLU,
    "logistic": nn.Sigmoid,
}
"""What may follow a convolution or a shortcut; leaky has a slope of 0.1 below 0."""

_EPSILON, _MOMENTUM = 1e-6, 0.1


@final
class Convolution(nn.Sequential):
    """A convolution, normalised by the batch or with a bias, and what follows."""

    def __init__(self, section: Section, before: int) -> None:
        super().__init__()
        size, after = section.whole("size", 1, least=1), section.whole("filters", 1, least=1)
        groups = section.whole("groups", 1, least=1)
        if before % groups or after % groups:
            raise section.wrong("groups", f"a divisor of {before} and of {after} channels")
        _require_plain(section, dilation="1", binary="0", xnor="0", antialiasing="0")
        is_normalised = section.whole("batch_normalize", 0) == 1
        padding = size // 2 if section.whole("pad", 0) else section.whole("padding", 0)
        stride = section.whole("stride", 1, least=1)
        self.conv = nn.Conv2d(
            before, after, size, stride, padding, groups=groups, bias=not is_normalised
        )
        self.norm = nn.BatchNorm2d(after, _EPSILON, _MOMENTUM) if is_normalised else None
        self.activation = _activation(section, "logistic")
        nn.init.kaiming_normal_(self.conv.weight, a=0.1, nonlinearity="leaky_relu")
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)


@final
class Route(nn.Module):
    """Maps of earlier layers one above the other, or one of ``n_parts`` of their channels."""

    def __init__(self, sources: Sequence[int], *, part: int, n_parts: int) -> None:
        super().__init__()
        self.sources, self.part, self.n_parts = tuple(sources), part, n_parts

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the maps joined."""
        return torch.cat([m.chunk(self.n_parts, 1)[self.part] for m in maps], 1)


@final
class Shortcut(nn.Module):
    """The sum of maps of earlier layers, the one right before among them."""

    def __init__(self, sources: Sequence[int], activation: nn.Module) -> None:
        super().__init__()
        self.sources, self.activation = tuple(sources), activation

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the sum."""
        total: torch.Tensor = self.activation(reduce(torch.add, maps))
        return total


@final
class Head(nn.Identity):
    """A ``yolo`` section: the anchors, in pixels, whose boxes the maps before it describe."""

    def __init__(self, section: Section, before: int) -> None:
        super().__init__()
        self.n_classes = section.whole("classes", 20, least=1)
        sides = section.numbers("anchors")
        n = section.whole("num", len(sides) // 2, least=1)
        if len(sides) != 2 * n or any(side <= 0 for side in sides):
            raise section.wrong("anchors", f"width and height above 0 of {n} anchors ('num')")
        mask = section.wholes("mask", tuple(range(n)))
        if not mask or any(not 0 <= place < n for place in mask):
            raise section.wrong("mask", f"numbers of anchors from 0 to {n - 1}")
        _require_plain(section, new_coords="0")
        if before != len(mask) * (5 + self.n_classes):
            raise ConfigurationError(
                f"[yolo] of line {section.line} does not fit the layer before it",
                got=f"{before} filters",
                expected=f"{len(mask)} x (5 + {self.n_classes}) filters: "
                "a box, an objectness and the classes for each anchor",
            )
        self.scale_x_y = section.number("scale_x_y", 1.0)
        self.register_buffer("anchors", torch.tensor(sides).view(n, 2)[mask], persistent=False)

    anchors: torch.Tensor


@final
class Darknet(nn.Module):
    """Turns images (B, C, H, W) into the maps of each ``yolo`` section, or into the last maps."""

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        net = sections[0] if sections else Section("nothing", 1)
        if net.kind not in {"net", "network"} or len(sections) < 2:
            raise ConfigurationError(
                "A Darknet configuration begins with [net], and layers follow", got=f"[{net.kind}]"
            )
        self.size = (net.whole("height", 416, least=1), net.whole("width", 416, least=1))
        channels = [net.whole("channels", 3, least=1)]
        layers: list[nn.Module] = []
        for section in sections[1:]:
            layer, after = _built(section, channels)
            layers.append(layer)
            channels.append(after)
        self.layers = nn.ModuleList(layers)
        joined = [layer for layer in layers if isinstance(layer, Route | Shortcut)]
        self._kept = frozenset(place for layer in joined for place in layer.sources)

    @property
    def heads(self) -> list[Head]:
        """The ``yolo`` sections, in order."""
        return [layer for layer in self.layers if isinstance(layer, Head)]

    @property
    def before_heads(self) -> list[tuple[Convolution, Head]]:
        """Each ``yolo`` section with the convolution right before it, if one is there."""
        return [
            (before, head)
            for before, head in pairwise(self.layers)
            if isinstance(before, Convolution) and isinstance(head, Head)
        ]

    @property
    def convolutions(self) -> Iterator[Convolution]:
        """The convolutions, in order."""
        return (layer for layer in self.layers if isinstance(layer, Convolution))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the maps of each head, or the last ones alone where there is none."""
        kept: dict[int, torch.Tensor] = {}
        found: list[torch.Tensor] = []
        for place, layer in enumerate(self.layers):
            if isinstance(layer, Route | Shortcut):
                x = layer([kept[i] for i in layer.sources])
            else:
                x = layer(x)
            if place in self._kept:
                kept[place] = x
            if isinstance(layer, Head):
                found.append(x)
        return found or [x]


def darknet(text: str) -> Darknet:
    """Return the network that a .cfg describes, with random weights (S1.8)."""
    return Darknet(read_sections(text))


def _built(section: Section, channels: Sequence[int]) -> tuple[nn.Module, int]:
    """Return a section's layer and its channels; ``channels`` are those of the layers before."""
    before = channels[-1]
    match section.kind:
        case "convolutional" | "conv":
            layer = Convolution(section, before)
            return layer, layer.conv.out_channels
        case "shortcut":
            return _shortcut(section, channels)
        case "route":
            return _route(section, channels)
        case "maxpool" | "max":
            stride = section.whole("stride", 1, least=1)
            size = section.whole("size", stride, least=1)
            padding = section.whole("padding", size - 1)
            # Darknet pads by size - 1 in all, the larger part at the right and below.
            around = (padding // 2, padding - padding // 2) * 2
            pad = nn.ConstantPad2d(around, -torch.inf)
            return nn.Sequential(pad, nn.MaxPool2d(size, stride)), before
        case "upsample":
            _require_plain(section, scale="1")
            factor = section.whole("stride", 2, least=1)
            return nn.Upsample(scale_factor=factor, mode="nearest"), before
        case "dropout":
            _require_plain(section, dropblock="0")
            share = section.number("probability", 0.5)
            if not 0 <= share < 1:
                raise section.wrong("probability", "a share from 0 to below 1")
            return nn.Dropout(share), before
        case "yolo":
            return Head(section, before), before
        case _:
            raise ConfigurationError(
                f"Line {section.line}: there is no such section",
                got=f"[{section.kind}]",
                expected=", ".join(_SECTIONS),
                do=nearest(section.kind, _SECTIONS),
            )


_SECTIONS = ("convolutional", "shortcut", "route", "maxpool", "upsample", "dropout", "yolo")


def _shortcut(section: Section, channels: Sequence[int]) -> tuple[nn.Module, int]:
    _require_plain(section, weights_type="none")
    sources = [len(channels) - 2, *_places(section, "from", channels)]
    if len({channels[place + 1] for place in sources}) > 1:
        found = ", ".join(str(channels[place + 1]) for place in sources)
        raise section.wrong("from", f"layers of as many channels (they have {found})")
    return Shortcut(sources, _activation(section, "linear")), channels[-1]


def _route(section: Section, channels: Sequence[int]) -> tuple[nn.Module, int]:
    sources = _places(section, "layers", channels)
    n_parts = section.whole("groups", 1, least=1)
    place = section.whole("group_id", 0)
    if place >= n_parts:
        raise section.wrong("group_id", f"a number below the {n_parts} 'groups'")
    if any(channels[source + 1] % n_parts for source in sources):
        raise section.wrong("groups", "a divisor of the channels of its layers")
    n_channels = sum(channels[source + 1] // n_parts for source in sources)
    return Route(sources, part=place, n_parts=n_parts), n_channels


def _places(section: Section, name: str, channels: Sequence[int]) -> list[int]:
    """Return numbers of earlier layers; those below 0 count back from this one."""
    here = len(channels) - 1
    found = [place if place >= 0 else here + place for place in section.wholes(name)]
    if not found or any(not 0 <= place < here for place in found):
        raise section.wrong(name, f"layers before this one, which is layer {here}")
    return found


def _activation(section: Section, usual: str) -> nn.Module:
    name = section.text("activation", usual)
    if name not in ACTIVATIONS:
        raise section.wrong("activation", ", ".join(ACTIVATIONS))
    return ACTIVATIONS[name]()


def _require_plain(section: Section, **usual: str) -> None:
    """Refuse what changes the computation and is not built here."""
    for name, value in usual.items():
        if section.text(name, value) != value:
            raise section.wrong(name, f"{value}, the only value that is supported here")
