"""Files of Darknet weights: every number in its place, none left, none lacking."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from darknet_files import save_weights
from tunebook.errors import ConfigurationError
from tunebook.recipes.networks.darknet import Darknet, darknet
from tunebook.recipes.networks.darknet_weights import (
    load_pretrained,
    n_numbers,
    read_weights,
)


def network(n_classes: int = 1) -> Darknet:
    return darknet(f"""
[net]
channels=1
[convolutional]
batch_normalize=1
filters=2
size=3
pad=1
activation=leaky
[convolutional]
filters={5 + n_classes}
size=1
activation=linear
[yolo]
classes={n_classes}
anchors=10,20
num=1
""")


N = 4 * 2 + 2 * 9 + 6 + 6 * 2
SHORT, LONG = struct.pack("<4i", 0, 1, 0, 7), struct.pack("<3iQ", 0, 2, 5, 2**40)


def written(path: Path, n: int, header: bytes = LONG) -> Path:
    path.write_bytes(header + np.arange(n, dtype="<f4").tobytes())
    return path


@pytest.mark.parametrize("header", [SHORT, LONG])
def test_numbers_are_biases_scales_means_variances_and_weights(
    tmp_path: Path, header: bytes
) -> None:
    made = network()
    assert n_numbers(made) == N
    load_pretrained(made, written(tmp_path / "w", N, header))
    first, last = made.convolutions
    assert first.norm is not None
    norm = (first.norm.bias, first.norm.weight, first.norm.running_mean, first.norm.running_var)
    assert [t.tolist() for t in norm] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert first.conv.weight.flatten().tolist() == list(range(8, 26))
    assert last.conv.bias.tolist() == list(range(26, 32))
    assert last.conv.weight.flatten().tolist() == list(range(32, N))


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    made, other = network(), network()
    save_weights(made, tmp_path / "w")
    load_pretrained(other, tmp_path / "w")
    states = zip(made.state_dict().values(), other.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in states)


@pytest.mark.parametrize(("n", "says"), [(N + 2, "2 are left"), (N - 2, "2 are lacking")])
def test_numbers_left_or_lacking_are_an_error(tmp_path: Path, n: int, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        load_pretrained(network(), written(tmp_path / "w", n))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_weights(tmp_path / "none")
    for content in (b"", b"PK\x03\x04 an archive of something", LONG + b"odd"):
        (tmp_path / "w").write_bytes(content)
        with pytest.raises(ConfigurationError, match="no file of Darknet weights"):
            read_weights(tmp_path / "w")


def test_a_backbone_alone_and_other_classes_leave_the_rest_as_it_is(tmp_path: Path) -> None:
    made = network(n_classes=3)
    _, last = made.convolutions
    before = last.conv.weight.clone()
    for n in (26, N):
        load_pretrained(made, written(tmp_path / "w", n))
        first, last = made.convolutions
        assert first.conv.weight.flatten().tolist() == list(range(8, 26))
        assert torch.equal(last.conv.weight, before)
        torch.nn.init.zeros_(first.conv.weight)
    with pytest.raises(ConfigurationError, match="are lacking"):
        load_pretrained(network(), written(tmp_path / "w", 25))
