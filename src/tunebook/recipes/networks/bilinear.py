"""Bilinear pooling: how often features occur together, full or as a compact sketch (S3.2).

The sketch draws its hashes once, with a fixed seed: nothing of it is learned, and the same
configuration has the same one everywhere.
"""

from __future__ import annotations

from typing import Any, final

import torch
from torch import nn

ROOT_SOFTENING, NORM_SOFTENING = 0.03, 1e-7
"""What keeps the root's gradient and the norm finite at 0 (S3.2)."""


@final
class SignedRoot(torch.autograd.Function):
    """sign(y) * sqrt(abs(y)), with a gradient of g / 2 / (sqrt(abs(y)) + 0.03) (S3.2)."""

    @staticmethod
    def forward(ctx: Any, y: torch.Tensor) -> torch.Tensor:
        """Return the signed root."""
        root = y.abs().sqrt()
        ctx.save_for_backward(root)
        return y.sign() * root

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        """Return the softened gradient."""
        (root,) = ctx.saved_tensors
        softened: torch.Tensor = 0.5 * gradients[0] / (root + ROOT_SOFTENING)
        return softened


def normalised(y: torch.Tensor) -> torch.Tensor:
    """Return the signed root of each row, divided by its length: y / sqrt(sum y^2 + 1e-7)."""
    rooted: torch.Tensor = SignedRoot.apply(y)  # type: ignore[no-untyped-call]  # PyTorch's own
    return rooted / (rooted.square().sum(1, keepdim=True) + NORM_SOFTENING).sqrt()


@final
class CompactBilinear(nn.Module):
    """The tensor sketch of the outer product of features with themselves, summed over positions.

    Takes maps (B, C, H, W), returns (B, ``n_out``). The product of two sketches is on average that
    of the outer products, with a deviation that falls as 1 / sqrt(n_out).
    """

    hashes: torch.Tensor
    signs: torch.Tensor

    def __init__(self, n_in: int, n_out: int, *, seed: int = 1) -> None:
        super().__init__()
        self.n_out = n_out
        generator = torch.Generator().manual_seed(seed)
        hashes = torch.randint(n_out, (2, n_in), generator=generator)
        signs = 2.0 * torch.randint(2, (2, n_in), generator=generator) - 1.0
        self.register_buffer("hashes", hashes)
        self.register_buffer("signs", signs)

    def extra_repr(self) -> str:
        """Return the size of a sketch, which is part of what tells two of them apart."""
        return f"n_out={self.n_out}"

    def sketches(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the sketch of every position: (B, C, P) to (B, P, n_out)."""
        features = maps.flatten(2).transpose(1, 2)
        spectra = [torch.fft.rfft(self._count(features, k)) for k in (0, 1)]
        found: torch.Tensor = torch.fft.irfft(spectra[0] * spectra[1], n=self.n_out)
        return found

    def _count(self, features: torch.Tensor, k: int) -> torch.Tensor:
        counted = features.new_zeros(*features.shape[:2], self.n_out)
        return counted.index_add(2, self.hashes[k], features * self.signs[k])

    def of_products(self, maps: torch.Tensor) -> torch.Tensor:
        """Return their sum by the outer product: channels a and b are at h1(a) + h2(b)."""
        places = (self.hashes[0][:, None] + self.hashes[1]).flatten() % self.n_out
        signs = (self.signs[0][:, None] * self.signs[1]).flatten()
        products = _outer_product(maps) * signs
        return products.new_zeros(len(maps), self.n_out).index_add(1, places, products)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the pooled, rooted and normalised sketch."""
        # A float of 16 bits would not do for sums over all positions.
        maps = maps.float()
        n_channels, n_positions = maps.shape[1], maps[0, 0].numel()
        # Measured: one sketch by Fourier transform costs as much as four times its products.
        if n_channels**2 <= 4 * n_positions * self.n_out:
            return normalised(self.of_products(maps))
        return normalised(self.sketches(maps).sum(1))


def _outer_product(maps: torch.Tensor) -> torch.Tensor:
    """Return the outer product of the channels, summed over positions: (B, C * C)."""
    features = maps.flatten(2)
    return (features @ features.transpose(1, 2)).flatten(1)


@final
class Bilinear(nn.Module):
    """The whole outer product, summed over positions: (B, C, H, W) to (B, C * C)."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the pooled, rooted and normalised product."""
        return normalised(_outer_product(maps.float()))


def pooling(kind: str, n_in: int, n_out: int) -> tuple[nn.Module, int]:
    """Return a pooling of maps with the size of what it returns: mean, bilinear or compact."""
    if kind == "bilinear":
        return Bilinear(), n_in * n_in
    if kind == "compact-bilinear":
        return CompactBilinear(n_in, n_out), n_out
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), n_in


POOLINGS = ("mean", "bilinear", "compact-bilinear")
