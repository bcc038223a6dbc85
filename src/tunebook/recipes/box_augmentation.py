"""Images and their boxes, changed together at random: what YOLOv3's training sees (S0.6).

Pixels lie between 0 and 1, boxes are left, top, right, bottom and class in pixels, padded by -1.
All randomness is PyTorch's.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

SIDES = (320, 608)
"""The smallest and the largest side of training images, in pixels."""

STEP = 32
"""Sides are multiples of the largest stride."""

MIX_ALPHA = 1.5
"""Shares of two images that are mixed are drawn from a Beta with this value twice."""

_GREY, _LARGEST_WINDOW, _SMALLEST_WINDOW, _GAIN, _HUE = 0.5, 4.0, 0.3, 0.5, 18.0


def sides_up_to(resolution: int) -> list[int]:
    """Return the sides of multi-scale training: 320 to 608 by 32 for 608, fewer for less."""
    least = round(resolution * SIDES[0] / SIDES[1] / STEP) * STEP
    return list(range(max(STEP, least), resolution + 1, STEP))


def resized(
    images: torch.Tensor, boxes: torch.Tensor, side: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return square images of another side, and their boxes."""
    if side == images.shape[-1]:
        return images, boxes
    scaled = _changed(boxes, boxes[..., :4] * (side / images.shape[-1]))
    size = (side, side)
    return functional.interpolate(
        images, size, mode="bilinear", align_corners=False, antialias=True
    ), scaled


def flipped(
    images: torch.Tensor, boxes: torch.Tensor, chosen: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the chosen images with left and right exchanged; ``chosen`` is one truth each."""
    other = images.shape[-1] - boxes[..., [2, 1, 0, 3]]
    sides = torch.stack([other[..., 0], boxes[..., 1], other[..., 2], boxes[..., 3]], -1)
    there = chosen[:, None, None]
    return (
        torch.where(there[..., None], images.flip(-1), images),
        torch.where(there, _changed(boxes, sides), boxes),
    )


def windowed(
    images: torch.Tensor, boxes: torch.Tensor, windows: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a window of each image shows: crops it, or surrounds it with grey.

    ``windows`` (B, 4) are left, top, width and height as shares of the image. Boxes whose centre is
    outside are dropped, the others clipped.
    """
    corner, size = windows[:, :2], windows[:, 2:]
    middle = 2 * (corner + size / 2) - 1
    view = torch.zeros(len(images), 2, 3).to(images)
    view[:, 0, 0], view[:, 1, 1], view[:, :, 2] = size[:, 0], size[:, 1], middle
    grid = functional.affine_grid(view, list(images.shape), align_corners=False)
    shown = functional.grid_sample(images - _GREY, grid, align_corners=False) + _GREY
    side = images.shape[-1]
    sides = (boxes[..., :4].unflatten(-1, (2, 2)) - side * corner[:, None, None]) / size[
        :, None, None
    ]
    centre = sides.mean(-2)
    is_inside = ((centre > 0) & (centre < side)).all(-1)
    clipped = _changed(boxes, sides.flatten(-2).clamp(0, side))
    return shown, torch.where(is_inside[..., None], clipped, -1.0)


def recoloured(images: torch.Tensor) -> torch.Tensor:
    """Return images of other brightness, contrast, saturation and hue, each one in half of them."""
    gains = 1 + _GAIN * (2 * torch.rand(3, len(images), 1, 1, 1) - 1)
    is_changed = torch.rand(4, len(images), 1, 1, 1) < 0.5
    brighter, steeper, richer = torch.where(is_changed[:3], gains, 1.0).to(images)
    images = images * brighter
    images = (images - _GREY) * steeper + _GREY
    grey = images.mean(1, keepdim=True)
    images = (images - grey) * richer + grey
    angle = torch.deg2rad(_HUE * (2 * torch.rand(len(images)) - 1)) * is_changed[3].flatten()
    return torch.einsum("nij,njhw->nihw", _hue_rotation(angle).to(images), images).clamp(0, 1)


def _hue_rotation(angle: torch.Tensor) -> torch.Tensor:
    """Return the rotations of colours about the axis of greys."""
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    third = torch.full((3, 3), 1 / 3)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    return cos * torch.eye(3) + (1 - cos) * third + sin * cross


def mixed(
    images: torch.Tensor, boxes: torch.Tensor, share: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return each image laid over its neighbour, the boxes of both, and what each box counts."""
    other, shares = images.roll(1, 0), torch.full(boxes.shape[:2], share).to(images)
    return (
        share * images + (1 - share) * other,
        torch.cat([boxes, boxes.roll(1, 0)], 1),
        torch.cat([shares, 1 - shares], 1),
    )


def augmented(
    images: torch.Tensor,
    boxes: torch.Tensor,
    *,
    sides: Sequence[int],
    mix_up: bool,
    is_plain: bool = False,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return a training batch, changed: one of ``sides`` for all, else each image by itself.

    ``mix_up`` lays two images over each other; a plain batch is not recoloured, cropped or flipped.
    """
    shares = torch.ones(boxes.shape[:2]).to(images)
    if mix_up:
        share = float(torch.distributions.Beta(MIX_ALPHA, MIX_ALPHA).sample())
        images, boxes, shares = mixed(images, boxes, share)
    if not is_plain:
        images, boxes = windowed(recoloured(images), boxes, _windows(len(images)).to(images))
        images, boxes = flipped(images, boxes, (torch.rand(len(images)) < 0.5).to(images.device))
    side = sides[int(torch.randint(len(sides), ()))]
    images, boxes = resized(images, boxes, side)
    return images, {"boxes": boxes, "shares": shares}


def _windows(n: int) -> torch.Tensor:
    """Draw windows: half of them larger than the image, up to 4 times, half of them smaller."""
    larger = 1 + (_LARGEST_WINDOW - 1) * torch.rand(n, 1)
    smaller = _SMALLEST_WINDOW + (1 - _SMALLEST_WINDOW) * torch.rand(n, 2)
    size = torch.where(torch.rand(n, 1) < 0.5, larger.expand(n, 2), smaller)
    corner = torch.rand(n, 2) * (1 - size)
    return torch.cat([corner, size], 1)


def _changed(boxes: torch.Tensor, sides: torch.Tensor) -> torch.Tensor:
    """Return boxes with other sides; rows that are none stay so."""
    changed = torch.cat([sides, boxes[..., 4:]], -1)
    return torch.where(boxes[..., 4:] != -1, changed, boxes)
