"""Writes files as Darknet does: the product only reads them."""

from __future__ import annotations

import struct
from pathlib import Path

from tunebook.recipes.networks.darknet import Darknet


def save_weights(network: Darknet, path: Path) -> None:
    """Write a network's weights, version 0.2.0."""
    parts = [struct.pack("<3iQ", 0, 2, 0, 0)]
    for layer in network.convolutions:
        norm = layer.norm
        tensors = [layer.conv.bias]
        if norm is not None:
            tensors = [norm.bias, norm.weight, norm.running_mean, norm.running_var]
        for tensor in (*tensors, layer.conv.weight):
            parts.append(tensor.detach().numpy().astype("<f4").tobytes())
    path.write_bytes(b"".join(parts))
