"""YOLOv3 in the detection recipe: trained, taken away, begun from Darknet's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from darknet_files import save_weights
from tunebook.datasets.library import ImportOptions, import_dataset
from tunebook.errors import ConfigurationError
from tunebook.presets.described import open_recipe
from tunebook.presets.model import write_best_model
from tunebook.recipes.loop import Training
from tunebook.recipes.models import load_model
from tunebook.recipes.networks.darknet import darknet
from tunebook.recipes.networks.yolov3 import darknet53_cfg
from tunebook.recipes.presets import read_preset
from tunebook.records import Configuration
from tunebook.study.study_file import checked_file
from tunebook.training.task import Split, load_task

SIDE, N = 64, 24
SMALL = """
[net]
[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky
[maxpool]
size=4
stride=4
[convolutional]
batch_normalize=1
filters=16
size=3
pad=1
activation=leaky
[convolutional]
filters=255
size=1
activation=linear
[yolo]
mask=0,1,2
anchors=8,8, 16,16, 24,24
num=3
classes=80
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with images of a dark and of a bright square on grey."""
    folder = tmp_path_factory.mktemp("squares")
    (folder / "squares" / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(N):
        pixels = np.full((SIDE, SIDE, 3), 128, np.uint8)
        for kind, level in ((1, 20), (2, 235)):
            size = int(rng.integers(14, 22))
            x, y = (int(v) for v in rng.integers(0, SIDE - size, 2))
            # Dark ones lie to the left, bright ones to the right: none hides another.
            x = min(x // 2, SIDE // 2 - size) + (kind - 1) * SIDE // 2
            pixels[y : y + size, x : x + size] = level
            box = {"bbox": [x, y, size, size], "area": size * size, "iscrowd": 0}
            annotations.append(
                {"id": len(annotations) + 1, "image_id": i, "category_id": kind, **box}
            )
        Image.fromarray(pixels).save(folder / "squares" / "images" / f"{i}.png")
        images.append({"id": i, "file_name": f"{i}.png", "width": SIDE, "height": SIDE})
    names = [{"id": 1, "name": "dark"}, {"id": 2, "name": "bright"}]
    told = {"images": images, "annotations": annotations, "categories": names}
    (folder / "squares" / "instances.json").write_text(json.dumps(told))
    shares = {"train": 0.7, "train-val": 0.3}
    import_dataset(folder / "squares", "squares", folder / "home", ImportOptions(None, shares))
    return folder / "home"


def given(**values: Any) -> dict[str, Any]:
    small = {"resolution": SIDE, "width": 2, "batch_size": 4, "accumulate": 1}
    return {"network": "yolov3", **small, **values}


def made(home: Path, **values: Any) -> Any:
    """The network of these values."""
    preset = read_preset("object-detection", data="squares", home=str(home), given=values)
    return preset.task.network(Configuration({**preset.defaults, **values}))


def test_s0_6_the_default_recipe_has_the_values_of_its_source(home: Path) -> None:
    preset = read_preset(
        "object-detection", data="squares", home=str(home), given={"network": "yolov3"}
    )
    said = preset.defaults
    assert said["batch_size"] * said["accumulate"] == 64
    assert (said["lr"], said["momentum"], said["weight_decay"]) == (1e-3, 0.9, 5e-4)
    assert said["resolution"] == 608
    one_by_one = {"network": "yolov3", "batch_size": 1, "accumulate": 1}
    preset = read_preset("object-detection", data="squares", home=str(home), given=one_by_one)
    assert preset.max_steps * preset.updates_per_step == 270 * len(
        preset.task.examples(Split.TRAIN)
    )
    small = read_preset("object-detection", data="squares", home=str(home), given={})
    assert (small.defaults["network"], small.defaults["width"]) == ("small", 16)
    with pytest.raises(ConfigurationError, match="Did you mean 'yolov3'"):
        read_preset("object-detection", data="squares", home=str(home), given={"network": "yolo3"})


def test_a_darknet_configuration_learns_and_its_model_needs_neither_file(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "small.cfg").write_text(SMALL)
    save_weights(darknet(SMALL), tmp_path / "small.weights")
    files = {"cfg": str(tmp_path / "small.cfg"), "weights": str(tmp_path / "small.weights")}
    plain = {"augment": False, "multi_scale": False, "mix_up": False}
    values = given(**files, **plain, optimizer="adamw", lr=0.01)
    body = {"recipe": "object-detection", "data": "squares", "set": values}
    study, _ = open_recipe(
        checked_file({**body, "max_steps": 2, "updates_per_step": 60}), home=home
    )
    study.run(workers=0, progress=False)
    assert study.best.value > 0.15
    write_best_model(study, tmp_path / "model")
    for name in files.values():
        Path(name).unlink()
    model = load_model(tmp_path / "model")
    image = next((home / "datasets" / "squares").rglob("images/0.png"))
    assert {label for label, _, _ in model.answer(str(image))} <= {"dark", "bright"}


def test_s0_12_anchors_are_scaled_and_a_backbone_is_taken_over(home: Path, tmp_path: Path) -> None:
    backbone = darknet(darknet53_cfg(width=2))
    save_weights(backbone, tmp_path / "backbone.weights")
    values = given(weights=str(tmp_path / "backbone.weights"), anchor_scale=0.5, anchor_ratio=4.0)
    network = made(home, **values)
    pairs = zip(backbone.convolutions, network.darknet.convolutions, strict=False)
    assert all(torch.equal(a.conv.weight, b.conv.weight) for a, b in pairs)
    assert network.darknet.heads[-1].anchors[0].tolist() == [10, 13 / 4]
    wrongs = {"anchor_scale": 0, "resolution": 100, "weights": str(tmp_path), "cfg": "none.cfg"}
    for name, wrong in wrongs.items():
        with pytest.raises(ConfigurationError, match=r"cannot be (this|read)|no images of this"):
            made(home, **{**values, name: wrong})


def test_s0_6_a_recipe_read_again_trains_to_the_same_losses(home: Path, tmp_path: Path) -> None:
    (tmp_path / "small.cfg").write_text(SMALL)
    values = given(cfg=str(tmp_path / "small.cfg"), resolution=2 * SIDE)
    preset = read_preset("object-detection", data="squares", home=str(home), given=values)
    config = {**preset.defaults, **values}
    kept = json.dumps([preset.task.reference, preset.task.arguments, config])
    reference, arguments, again = json.loads(kept)
    losses = []
    for task, said in ((preset.task, config), (load_task(reference, arguments), again)):
        training = Training(task, said, n_updates=50, seed=3)
        losses.append(torch.stack([training.update() for _ in range(50)]))
    assert (losses[0] - losses[1]).abs().max() <= 1e-6
