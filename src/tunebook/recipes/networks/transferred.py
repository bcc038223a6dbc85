"""A pretrained body under a new head: what of it is trained, and from when on (S3.3 to S3.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, final

import torch
from torch import nn

from tunebook.errors import ConfigurationError
from tunebook.recipes.settings import require_known
from tunebook.records import Configuration

RELEASE, BODY_FACTOR = 0.1, 0.3
"""Defaults: the body is released after a tenth of the updates, at a third of the rate (ours)."""


PRETRAINED = "pretrained"
"""A configuration has it as False where all weights are about to be replaced: none are needed."""


class TransferMode(StrEnum):
    """How much of a pretrained network is trained (S3.5)."""

    FROM_SCRATCH = "from-scratch"
    """Nothing is taken over."""
    LAST_LAYER = "last-layer"
    """The head alone (S3.3)."""
    ALL_AT_ONCE = "all-at-once"
    LAST_THEN_ALL = "last-then-all"
    """The head at first, all layers later (S3.4)."""


@final
class Transferred(nn.Module):
    """``head(body(x))``; the body is held for ``held_share`` of all updates, then slower (S3.5)."""

    def __init__(
        self, body: nn.Module, head: nn.Module, *, held_share: float, body_factor: float
    ) -> None:
        super().__init__()
        self.body, self.head = body, head
        self.held_share, self.body_factor = held_share, body_factor
        self.is_held = False

    def hold(self, share_done: float) -> None:
        """Hold or release the body, as is right after that share of the updates."""
        is_held = share_done < self.held_share
        if is_held != self.is_held:
            self.is_held = is_held
            self.body.requires_grad_(not is_held)
            self.train(self.training)

    def train(self, mode: bool = True) -> Transferred:
        """Set the mode; the statistics of a held body stay as they are."""
        super().train(mode)
        if self.is_held:
            self.body.eval()
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the outputs of the head."""
        found: torch.Tensor = self.head(self.body(x))
        return found

    def groups(self) -> list[dict[str, Any]]:
        """Return the parameters as groups of an optimizer, with the factor of their rate."""
        return [
            {"params": list(self.head.parameters()), "lr_factor": 1.0},
            {"params": list(self.body.parameters()), "lr_factor": self.body_factor},
        ]


def mode_of(config: Mapping[str, Any] | Configuration) -> TransferMode:
    """Return the transfer mode of a configuration; ``ConfigurationError`` offers the nearest."""
    name = str(config.get("transfer", TransferMode.LAST_THEN_ALL))
    known = [mode.value for mode in TransferMode]
    return TransferMode(require_known("transfer mode", name, known))


def transferred(
    body: nn.Module, head: nn.Module, config: Mapping[str, Any] | Configuration
) -> Transferred:
    """Return the network with the values of a configuration: its mode, release and body factor."""
    mode = mode_of(config)
    release = float(str(config.get("release", RELEASE)))
    if not 0.0 <= release <= 1.0:
        raise ConfigurationError(
            "The body is released after a share of the updates", got=release, expected="0 to 1"
        )
    held = {TransferMode.LAST_LAYER: 1.0, TransferMode.LAST_THEN_ALL: release}
    is_pretrained = mode is not TransferMode.FROM_SCRATCH
    factor = float(str(config.get("body_factor", BODY_FACTOR))) if is_pretrained else 1.0
    return Transferred(body, head, held_share=held.get(mode, 0.0), body_factor=factor)


def held_body(network: nn.Module) -> nn.Module | None:
    """Return the body of a network if it has one that is held now."""
    return network.body if isinstance(network, Transferred) and network.is_held else None


def head_of(network: nn.Module) -> nn.Module:
    """Return what is trained on features: the head of a network with a body."""
    return network.head if isinstance(network, Transferred) else network


def fingerprint(body: nn.Module) -> str:
    """Return what tells bodies apart by all that they compute: layers, weights, statistics."""
    found = hashlib.sha256(repr(body).encode())
    for name, tensor in body.state_dict().items():
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:16]
