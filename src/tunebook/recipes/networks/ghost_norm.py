"""Batch normalisation over small parts of a batch: its size then does not matter (S4.10)."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import nn

GHOST_SIZE = 64
"""Examples whose statistics are taken together: about 64 often works better than more (S4.10)."""


@final
class GhostBatchNorm2d(nn.BatchNorm2d):
    """Normalises each ``ghost_size`` examples by themselves in training.

    The running statistics that evaluation uses are those of the parts, one after the other. A
    batch that is no multiple of it has a smaller last part.
    """

    def __init__(self, n_channels: int, *, ghost_size: int = GHOST_SIZE, **options: Any) -> None:
        super().__init__(n_channels, **options)
        self.ghost_size = ghost_size

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the normalised maps (B, C, H, W)."""
        if not self.training or len(maps) <= self.ghost_size:
            return super().forward(maps)
        parts = [super(GhostBatchNorm2d, self).forward(p) for p in maps.split(self.ghost_size)]
        return torch.cat(parts)
