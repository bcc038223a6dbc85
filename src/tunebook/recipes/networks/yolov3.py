"""YOLOv3 on DarkNet-53 as a Darknet configuration: three scales with three anchors each (S0.6).

Written as text, so that a file of weights, a .cfg of one's own and this network share one builder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH = 32
"""Channels of the first convolution, as published."""

ANCHORS = (
    *((10, 13), (16, 30), (33, 23)),
    *((30, 61), (62, 45), (59, 119)),
    *((116, 90), (156, 198), (373, 326)),
)
"""Widths and heights in pixels, small to large: three for each of the strides 8, 16 and 32."""

_BLOCKS = (1, 2, 8, 8, 4)
_SIZE = 416


def scaled_anchors(*, scale: float = 1.0, ratio: float = 1.0) -> list[tuple[float, float]]:
    """Return the anchors, sides times ``scale``, width : height times ``ratio`` (S0.12)."""
    wider = math.sqrt(ratio)
    return [(w * scale * wider, h * scale / wider) for w, h in ANCHORS]


def darknet53_cfg(*, width: int = WIDTH) -> str:
    """Return DarkNet-53 without its classifier: 52 convolutions, a 32nd of the image at the end."""
    parts = [_section("net", height=_SIZE, width=_SIZE, channels=3), _convolution(width, 3)]
    for stage, n in enumerate(_BLOCKS):
        inner = width * 2**stage
        parts.append(_convolution(2 * inner, 3, stride=2))
        block = [_convolution(inner, 1), _convolution(2 * inner, 3)]
        parts += n * [*block, _section("shortcut", **{"from": "-3"}, activation="linear")]
    return "\n".join(parts)


def yolov3_cfg(
    n_classes: int, *, width: int = WIDTH, anchors: Sequence[tuple[float, float]] = ANCHORS
) -> str:
    """Return YOLOv3 for so many classes; of the nine anchors the large ones come first."""
    parts = [darknet53_cfg(width=width)]
    for scale in range(3):
        channels = width * 16 // 2**scale
        if scale:
            # Back to before the last 3x3 convolution, then beside a stage of the backbone.
            stage = sum(1 + 3 * n for n in _BLOCKS[: 5 - scale])
            parts += [_section("route", layers="-4"), _convolution(channels, 1)]
            parts += [_section("upsample", stride=2), _section("route", layers=f"-1,{stage}")]
        for _ in range(3):
            parts += [_convolution(channels, 1), _convolution(2 * channels, 3)]
        parts += [
            _section("convolutional", filters=3 * (5 + n_classes), size=1, activation="linear"),
            _section(
                "yolo",
                mask=",".join(str(3 * (2 - scale) + i) for i in range(3)),
                anchors=", ".join(f"{w:g},{h:g}" for w, h in anchors),
                classes=n_classes,
                num=len(anchors),
            ),
        ]
    return "\n".join(parts)


def _convolution(filters: int, size: int, *, stride: int = 1) -> str:
    values = {"filters": filters, "size": size, "stride": stride, "pad": 1}
    return _section("convolutional", batch_normalize=1, **values, activation="leaky")


def _section(kind: str, **values: object) -> str:
    lines = [f"[{kind}]", *(f"{name}={value}" for name, value in values.items())]
    return "\n".join(lines) + "\n"
