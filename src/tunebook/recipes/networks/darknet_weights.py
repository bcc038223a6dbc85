"""Darknet's files of weights (.weights): a header, then numbers of four bytes, layer by layer.

Of each convolution come the biases, the scales, means and variances where it is normalised, and
its weights. The file names nothing: that its numbers are neither too few nor too many is all that
tells whether it is that of a network.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch

from tunebook.errors import ConfigurationError
from tunebook.recipes.networks.darknet import Convolution, Darknet

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_VERSION = struct.Struct("<3i")


def read_weights(path: Path) -> Numbers:
    """Return the numbers of a .weights file; ``ConfigurationError`` if it is none."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            "The Darknet weights cannot be read", got=str(path), do=str(error)
        ) from None
    if len(raw) >= _VERSION.size:
        major, minor, _ = _VERSION.unpack_from(raw)
        # Since version 0.2 the count of images has eight bytes, before it four.
        start = _VERSION.size + (8 if major * 10 + minor >= 2 else 4)
        is_known = 0 <= major < 1000 and 0 <= minor < 1000
        if is_known and len(raw) >= start and (len(raw) - start) % 4 == 0:
            return np.frombuffer(raw, dtype="<f4", offset=start)
    raise ConfigurationError(
        "This is no file of Darknet weights",
        got=f"{path}, {len(raw):,} bytes",
        expected="a header of 16 or 20 bytes, then numbers of four bytes each",
    )


def n_numbers(network: Darknet) -> int:
    """Return how many numbers a file of its weights holds, means and variances among them."""
    return sum(_n_of(convolution) for convolution in network.convolutions)


def load_pretrained(network: Darknet, path: Path) -> None:
    """Put what fits of a file into a network.

    It fits where the file is of the same network, of the same with other classes (the layers
    before its heads stay as they are), or of its first layers alone, such as a backbone's.
    ``ConfigurationError`` otherwise.
    """
    numbers = read_weights(path)
    convolutions = list(network.convolutions)
    ends = np.cumsum([_n_of(convolution) for convolution in convolutions]).tolist()
    if len(numbers) in ends:
        _fill(convolutions[: ends.index(len(numbers)) + 1], numbers)
        return
    # How many numbers an output of all anchors takes, by the convolution before a head.
    heads = {
        before: len(head.anchors) * (before.conv.weight[0].numel() + 1)
        for before, head in network.before_heads
    }
    others = sum(_n_of(c) for c in convolutions if c not in heads)
    # An anchor has five outputs and one for each class.
    n_outputs, rest = divmod(len(numbers) - others, sum(heads.values()) or 1)
    if not heads or n_outputs <= 5 or rest:
        expected = n_numbers(network)
        left = len(numbers) - expected
        told = f"{left:,} are left" if left > 0 else f"{-left:,} are lacking"
        raise ConfigurationError(
            f"The weights are not those of the network: {told}",
            got=f"{path}, {len(numbers):,} numbers",
            expected=f"{expected:,} numbers",
        )
    start = 0
    for convolution in convolutions:
        if convolution in heads:
            start += heads[convolution] * n_outputs
        else:
            start += _fill([convolution], numbers[start:])


def _tensors(convolution: Convolution) -> Iterator[torch.Tensor]:
    """Yield the tensors of a convolution in the order of the file."""
    norm, conv = convolution.norm, convolution.conv
    if norm is None:
        yield conv.bias  # type: ignore[misc]  # without normalisation it has one
    else:
        yield from (norm.bias, norm.weight)
        yield from (norm.running_mean, norm.running_var)  # type: ignore[misc]  # it tracks them
    yield conv.weight


def _n_of(convolution: Convolution) -> int:
    return sum(tensor.numel() for tensor in _tensors(convolution))


@torch.no_grad()
def _fill(convolutions: Sequence[Convolution], numbers: Numbers) -> int:
    """Put numbers into convolutions, and return how many that took."""
    start = 0
    for convolution in convolutions:
        for tensor in _tensors(convolution):
            part = numbers[start : start + tensor.numel()].copy()
            tensor.copy_(torch.from_numpy(part).view_as(tensor))
            start += tensor.numel()
    return start
