"""A detector: Darknet's heads as rows of one table, one for each anchor of each cell."""

from __future__ import annotations

import math
from typing import NamedTuple, final

import torch
from torch import nn

from tunebook.recipes.networks.darknet import Darknet, Head

RARE = 0.01
"""The share of rows with an object, as the network first says it (Lin et al. 2017, section 3.3)."""


class Rows(NamedTuple):
    """What the heads say: ``said`` (B, N, 5 + classes), raw, of ``places`` (N, 6).

    ``said`` has x, y, width, height, objectness and classes; a place its cell's column and row, its
    stride, its anchor's width and height in pixels, and how far a centre may leave the cell.
    """

    said: torch.Tensor
    places: torch.Tensor

    @property
    def size(self) -> torch.Tensor:
        """Width and height of the images, in pixels: where the last cells end."""
        return ((self.places[:, :2] + 1) * self.places[:, 2:3]).amax(0)

    @property
    def boxes(self) -> torch.Tensor:
        """Left, top, right and bottom in pixels, of each row (B, N, 4)."""
        cell, stride, anchor = self.places[:, :2], self.places[:, 2:3], self.places[:, 3:5]
        reach = self.places[:, 5:6]
        inside = self.said[..., :2].sigmoid() * reach - (reach - 1) / 2
        centre = (inside + cell) * stride
        # Beyond e**10 anchors nothing is a box; it keeps untrained rows finite.
        half = self.said[..., 2:4].clamp(max=10).exp() * anchor / 2
        return torch.cat([centre - half, centre + half], -1)


@final
class Detector(nn.Module):
    """Turns images (B, 3, H, W) with values of 0 to 1 into ``Rows``. Sides are multiples of 32."""

    def __init__(self, network: Darknet) -> None:
        super().__init__()
        self.darknet = network

    def forward(self, images: torch.Tensor) -> Rows:
        """Return the rows."""
        found = [
            _of_head(maps, head, images.shape[-2])
            for maps, head in zip(self.darknet(images), self.darknet.heads, strict=True)
        ]
        said, places = ([rows[part] for rows in found] for part in (0, 1))
        return Rows(torch.cat(said, 1), torch.cat(places))


def _of_head(maps: torch.Tensor, head: Head, height: int) -> Rows:
    n, n_rows, n_columns = len(maps), *maps.shape[2:]
    n_anchors = len(head.anchors)
    said = maps.view(n, n_anchors, -1, n_rows, n_columns).permute(0, 3, 4, 1, 2)
    line, column = torch.meshgrid(
        torch.arange(n_rows, device=maps.device),
        torch.arange(n_columns, device=maps.device),
        indexing="ij",
    )
    places = torch.empty(n_rows, n_columns, n_anchors, 6, device=maps.device)
    places[..., 0], places[..., 1] = column[..., None], line[..., None]
    places[..., 2], places[..., 5] = height / n_rows, head.scale_x_y
    places[..., 3:5] = head.anchors
    # Half the precision is too little for pixels and their exponents.
    return Rows(said.reshape(n, -1, said.shape[-1]).float(), places.view(-1, 6))


@torch.no_grad()
def expect_few(network: Darknet) -> None:
    """Let a network with random weights say of almost every row that no object is there."""
    for before, head in network.before_heads:
        if before.conv.bias is not None:
            biases = before.conv.bias.view(len(head.anchors), -1)
            biases[:, 4] = math.log(RARE / (1 - RARE))
