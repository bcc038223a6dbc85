"""Networks from Darknet's descriptions: their layers by hand, their sizes as published."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from tunebook.errors import ConfigurationError
from tunebook.recipes.networks.darknet import darknet
from tunebook.recipes.networks.darknet_weights import n_numbers
from tunebook.recipes.networks.yolov3 import ANCHORS, darknet53_cfg, scaled_anchors, yolov3_cfg

NET = "[net]\nheight=8\nwidth=8\nchannels=2\n"
PLAIN = "[convolutional]\nfilters=4\nsize=3\npad=1\nactivation=linear\n"


def maps(cfg: str, image: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return darknet(NET + cfg).eval()(image)[-1]


@pytest.fixture
def image() -> torch.Tensor:
    return torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(0))


def test_s0_6_yolov3_has_as_many_numbers_as_its_published_file() -> None:
    with torch.device("meta"):
        network, backbone = darknet(yolov3_cfg(80)), darknet(darknet53_cfg())
    # yolov3.weights has 248,007,048 bytes, darknet53.conv.74 has 162,482,580: 20 are the header.
    assert n_numbers(network) == (248_007_048 - 20) // 4 == 62_001_757
    assert n_numbers(backbone) == (162_482_580 - 20) // 4
    assert sum(p.numel() for p in backbone.parameters()) == 40_584_928
    assert (len(network.layers), len(list(backbone.convolutions))) == (107, 52)


def test_s0_6_three_heads_of_three_anchors_lie_on_strides_32_16_and_8() -> None:
    network = darknet(yolov3_cfg(2, width=4))
    with torch.no_grad():
        found = network.eval()(torch.zeros(1, 3, 64, 96))
    assert [tuple(m.shape) for m in found] == [(1, 21, 64 // s, 96 // s) for s in (32, 16, 8)]
    told = [tuple(a) for head in reversed(network.heads) for a in head.anchors.tolist()]
    assert told == [tuple(map(float, anchor)) for anchor in ANCHORS]


def test_s0_12_anchor_ratio_keeps_areas_and_anchor_scale_multiplies_sides() -> None:
    for (w, h), (wide, high) in zip(ANCHORS, scaled_anchors(scale=0.5, ratio=4.0), strict=True):
        assert wide * high == pytest.approx(w * h / 4)
        assert wide / high == pytest.approx(4 * w / h)


def test_a_route_stacks_layers_or_takes_a_part_of_their_channels(image: torch.Tensor) -> None:
    cfg = "[maxpool]\nsize=1\n[route]\nlayers=0\ngroups=2\ngroup_id=1\n[route]\nlayers=-1, 0\n"
    assert torch.equal(maps(cfg, image), torch.cat([image[:, 1:], image], 1))


def test_a_shortcut_adds_a_layer_to_the_one_before(image: torch.Tensor) -> None:
    cfg = "[upsample]\nstride=2\n[maxpool]\nsize=1\n[shortcut]\nfrom=-2\nactivation=leaky\n"
    twice = 2 * image.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.allclose(maps(cfg, image), functional.leaky_relu(twice, 0.1))


def test_the_largest_are_taken_with_darknets_padding() -> None:
    line = torch.arange(8.0).expand(1, 2, 8, 8)
    # A window of two at stride 1 looks right and below; the last one sees itself alone.
    assert maps("[maxpool]\nsize=2\nstride=1\n", line)[0, 0, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 7]
    assert maps("[maxpool]\nsize=2\nstride=2\n", line)[0, 0, 0].tolist() == [1, 3, 5, 7]
    assert maps("[maxpool]\nsize=5\nstride=1\n", line)[0, 0, 0].tolist() == [2, 3, 4, 5, 6, 7, 7, 7]


def test_a_convolution_of_groups_is_normalised_and_leaks(image: torch.Tensor) -> None:
    cfg = "[convolutional]\nbatch_normalize=1\ngroups=2\nfilters=4\nsize=5\npad=1\nstride=2\n"
    network = darknet(NET + cfg + "activation=leaky\n")
    (layer,) = network.convolutions
    assert layer.conv.weight.shape == (4, 1, 5, 5)
    assert layer.conv.bias is None
    with torch.no_grad():
        raw = functional.conv2d(image, layer.conv.weight, stride=2, padding=2, groups=2)
        deviation = raw.std((2, 3), correction=0, keepdim=True)
        expected = functional.leaky_relu((raw - raw.mean((2, 3), keepdim=True)) / deviation, 0.1)
        assert torch.allclose(network.train()(image)[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("cfg", "says"),
    [
        ("[convolutoinal]\n", r"Line 5: there is no such section.*Did you mean 'convolutional'"),
        ("[convolutional]\nfilters=many\n", r"line 5, 'filters' cannot be this.*'many'"),
        ("[convolutional]\nfilters=0\n", "whole number of at least 1"),
        ("[convolutional]\nfilters=4\ngroups=3\n", "divisor of 2 and of 4"),
        ("[convolutional]\nfilters=4\nactivation=loud\n", "'activation' cannot be this.*leaky"),
        ("[convolutional]\nfilters=4\ndilation=2\n", "only value that is supported"),
        (PLAIN + "[shortcut]\nfrom=-2\n", "layers before this one, which is layer 1"),
        ("[maxpool]\n" + PLAIN + "[shortcut]\nfrom=-2\n", r"as many channels \(they have 4, 2\)"),
        ("[route]\nlayers=\n", "'layers' cannot be this"),
        ("[dropout]\nprobability=1\n", "share from 0 to below 1"),
        (PLAIN + "[yolo]\nclasses=2\nanchors=1,2\n", "4 filters.*1 x .5 . 2. filters"),
        (PLAIN + "[yolo]\nclasses=2\nanchors=1,2,3\nnum=2\n", "of 2 anchors"),
        (PLAIN + "[yolo]\nclasses=2\nanchors=1,2\nmask=1\n", "numbers of anchors from 0 to 0"),
        ("size 3\n", "Line 5 is no part"),
        ("", "layers follow"),
    ],
)
def test_what_a_configuration_cannot_be_is_told_with_its_line(cfg: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        darknet(NET + cfg)


def test_comments_and_settings_of_darknets_own_training_are_read_past() -> None:
    cfg = "# a comment\n; another\n\n" + NET + "burn_in = 4000\npolicy=steps\n" + PLAIN
    assert darknet(cfg).size == (8, 8)
