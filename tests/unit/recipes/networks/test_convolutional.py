"""Convolutional stems: shapes, scales of signals, and gradients in every tensor."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tunebook.recipes.networks.convolutional import STEMS, initialised


@pytest.mark.parametrize("name", STEMS)
def test_stem_makes_maps_of_the_channels_it_tells(name):
    torch.manual_seed(0)
    stem, n_channels = STEMS[name](8)
    maps = stem(torch.randn(4, 3, 32, 32))
    assert maps.shape[:2] == (4, n_channels)
    assert 0.05 < float(maps.detach().std()) < 20


def test_s1_8_signals_keep_their_scale_through_many_layers():
    torch.manual_seed(0)
    parts = [module for _ in range(10) for module in (nn.Conv2d(256, 256, 1), nn.ReLU())]
    outputs = initialised(nn.Sequential(*parts))(torch.randn(64, 256, 1, 1))
    assert 0.1 < float(outputs.detach().square().mean().sqrt()) < 3.0
