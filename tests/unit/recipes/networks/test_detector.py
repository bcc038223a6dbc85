"""Rows of a detector: which stands where, and that evaluation in parts changes nothing."""

from __future__ import annotations

import pytest
import torch

from tunebook.recipes.networks.darknet import darknet
from tunebook.recipes.networks.detector import RARE, Detector, expect_few

HEADS = """
[net]
channels=1
[convolutional]
filters=12
size=3
stride=2
pad=1
activation=linear
[yolo]
classes=1
num=4
mask=2,3
anchors=1,2, 3,4, 5,6, 7,8
scale_x_y=1.5
[maxpool]
stride=2
[yolo]
classes=1
num=4
mask=0,1
anchors=1,2, 3,4, 5,6, 7,8
"""


@torch.no_grad()
def test_rows_tell_cell_stride_and_anchor_of_what_the_maps_say() -> None:
    network = darknet(HEADS)
    images = torch.randn(2, 1, 8, 16, generator=torch.Generator().manual_seed(0))
    maps = network(images)
    rows = Detector(network)(images)
    assert rows.said.shape == (2, 4 * 8 * 2 + 2 * 4 * 2, 6)
    assert rows.size.tolist() == [16, 8]
    # Line 3, column 5, second anchor of the first head; line 1, column 2, first of the second.
    for row, head, (line, column), place in (
        ((3 * 8 + 5) * 2 + 1, 0, (3, 5), [5, 3, 2, 7, 8, 1.5]),
        (64 + (1 * 4 + 2) * 2, 1, (1, 2), [2, 1, 4, 1, 2, 1.0]),
    ):
        anchor = row % 2
        assert rows.places[row].tolist() == place
        said = maps[head][:, 6 * anchor : 6 * anchor + 6, line, column]
        assert torch.equal(rows.said[:, row], said)


@torch.no_grad()
def test_many_images_in_evaluation_say_what_each_says_alone() -> None:
    network = Detector(darknet(HEADS)).eval()
    images = torch.randn(19, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    alone = torch.cat([network(image[None]).said for image in images])
    assert torch.allclose(network(images).said, alone, atol=1e-6)


@torch.no_grad()
def test_a_network_with_random_weights_expects_objects_to_be_rare() -> None:
    network = darknet(HEADS)
    expect_few(network)
    said = Detector(network)(torch.zeros(1, 1, 8, 8)).said[..., 4]
    assert said[:, :32].sigmoid().unique().tolist() == pytest.approx([RARE])
