"""Every setting of every recipe changes a training, exactly where it declares that it does."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from darknet_files import save_weights
from tunebook.datasets.library import ImportOptions, import_dataset
from tunebook.recipes.loop import Training
from tunebook.recipes.networks.darknet import darknet
from tunebook.recipes.networks.transferred import PRETRAINED
from tunebook.recipes.presets import read_preset
from tunebook.recipes.settings import ACTS_WITH, OPTIMIZERS, SCHEDULES
from tunebook.training.preset import Preset
from tunebook.training.task import Split

N_UPDATES = 6
SHARES = {"train": 0.6, "train-val": 0.4}
DETECTOR = """
[net]
[convolutional]
batch_normalize=1
filters=4
size=3
stride=2
pad=1
activation=leaky
[maxpool]
size=4
stride=4
[convolutional]
filters=21
size=1
activation=linear
[yolo]
mask=0,1,2
anchors=8,8, 16,16, 24,24
num=3
classes=2
"""

VALUES: Mapping[str, tuple[Any, ...]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "lr": (1e-3, 1e-2),
    "momentum": (0.5, 0.9),
    "beta1": (0.5, 0.9),
    "beta2": (0.9, 0.999),
    "epsilon": (1e-8, 1e-2),
    "weight_decay": (0.0, 0.1),
    "batch_size": (4, 6),
    "accumulate": (1, 2),
    "clip_norm": (None, 1e-3),
    "polyak": (None, 0.5),
    "warmup": (0.0, 0.5),
    "decay_start": (0.0, 0.5),
    "decay_interval": (0.2, 0.4),
    "decay_factor": (0.5, 0.1),
    "end_factor": (0.0, 0.5),
    "label_smoothing": (0.0, 0.2),
    "patience": (1, 3),
    "precision": ("full", "mixed"),
    "deterministic": (False, True),
    "width": (8, 16),
    "depth": (1, 2),
    "dropout": (0.0, 0.5),
    "network": ("stages", "resnet", "lenet"),
    "pooling": ("mean", "bilinear", "compact-bilinear"),
    "features": (16, 32),
    "size": (None, 8),
    "resolution": (16, 32),
    "transfer": ("from-scratch", "last-layer", "all-at-once", "last-then-all"),
    "release": (0.2, 0.8),
    "body_factor": (0.1, 1.0),
    "anchor_scale": (1.0, 2.0),
    "anchor_ratio": (1.0, 2.0),
    "multi_scale": (False, True),
    "augment": (False, True),
    "mix_up": (False, True),
}
"""Values of every setting; each two of them must give different trainings."""

CASES: Mapping[str, tuple[str, str, Mapping[str, Any], Mapping[str, tuple[Any, ...]]]] = {
    # recipe, data, values that make it small, values in place of those above
    "tabular": ("tabular", "kinds", {"width": 8}, {}),
    "tabular numbers": ("tabular", "prices", {"width": 8}, {}),
    "text": ("text-classification", "mails", {}, {"network": ("bag", "lstm", "attention")}),
    "images": ("image-classification", "squares", {"resolution": 32}, {"size": (None, 16)}),
    "fine-grained": (
        "fine-grained-classification",
        "squares",
        {"resolution": 16, "width": 8, "features": 16},
        {},
    ),
    "transfer": (
        "transfer-classification",
        "squares",
        {"resolution": 32, "schedule": "constant"},
        {
            "network": ("efficientnet-lite0",),
            "resolution": (32, 64),
            "size": (None, 16),
            # The loop is the same as that of photos: all of them are seen there.
            "optimizer": ("momentum", "adamw"),
            "schedule": ("constant", "cosine"),
        },
    ),
    "detection": (
        "object-detection",
        "boxes",
        {"resolution": 32, "width": 4},
        {"network": ("small",), "resolution": (32, 64), "width": (4, 8)},
    ),
    "yolo": (
        "object-detection",
        "boxes",
        {"network": "yolov3", "resolution": 64, "accumulate": 1},
        {"network": ("yolov3",), "resolution": (32, 64), "width": (2, 4)},
    ),
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a table of classes, one of numbers, mails, photos and boxes; all small."""
    folder = tmp_path_factory.mktemp("data")
    dice, rng = random.Random(0), np.random.default_rng(0)
    rows = [[dice.gauss(0, 3), dice.choice(["red", "blue"])] for _ in range(40)]
    targets = {"kinds": ["high" if r[0] > 0 else "low" for r in rows]}
    targets["prices"] = [f"{100 + 10 * r[0]:.3f}" for r in rows]
    for name, column in targets.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            told = [[*row, target] for row, target in zip(rows, column, strict=True)]
            csv.writer(file).writerows([["a", "colour", "target"], *told])
    for kind, words in (("spam", "win prize cash"), ("ham", "report lunch team")):
        (folder / "mails" / kind).mkdir(parents=True)
        for i in range(12):
            text = " ".join(dice.choices([*words.split(), "the", "of"], k=8))
            (folder / "mails" / kind / f"{i}.txt").write_text(f"{i} {text}")
    images, annotations = [], []
    (folder / "boxes" / "images").mkdir(parents=True)
    for i in range(12):
        for kind, level in (("dark", 40), ("light", 210)):
            (folder / "squares" / kind).mkdir(parents=True, exist_ok=True)
            pixels = rng.normal(level, 20, (32, 32, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "squares" / kind / f"{i}.png")
        pixels = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "boxes" / "images" / f"{i}.png")
        images.append({"id": i, "file_name": f"{i}.png", "width": 64, "height": 64})
        box = {"bbox": [i, 8, 20, 24], "area": 480, "iscrowd": 0}
        annotations.append({"id": i, "image_id": i, "category_id": 1 + i % 2, **box})
    names = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    told = {"images": images, "annotations": annotations, "categories": names}
    (folder / "boxes" / "instances.json").write_text(json.dumps(told))
    for name in ("kinds.csv", "prices.csv", "mails", "squares", "boxes"):
        options = ImportOptions(None, SHARES)
        import_dataset(folder / name, name.split(".")[0], folder / "home", options)
    (folder / "small.cfg").write_text(DETECTOR)
    torch.manual_seed(5)
    save_weights(darknet(DETECTOR), folder / "small.weights")
    return folder / "home"


def preset_of(case: str, home: Path, **given: Any) -> Preset:
    recipe, data, small, _ = CASES[case]
    return read_preset(recipe, data=data, home=str(home), given={**small, **given})


def outcome(case: str, home: Path, **given: Any) -> str:
    """Train a few updates with these values, and return a digest of all that can be seen."""
    preset = preset_of(case, home, **given)
    usual = {"batch_size": 4, "lr": 1e-2, "weight_decay": 0.1}
    usual |= {PRETRAINED: False} if case == "transfer" else {}
    config = {**preset.defaults, **usual, **CASES[case][2], **given}
    training = Training(preset.task, config, n_updates=N_UPDATES)
    try:
        is_deterministic = torch.are_deterministic_algorithms_enabled()
        losses = []
        for _ in range(N_UPDATES):
            losses.append(float(training.update()))
            training.note(0.0)
        measured = training.evaluate(Split.TRAIN_VAL)
        weights = [float(p.detach().double().sum()) for p in training.evaluated.parameters()]
    finally:
        torch.use_deterministic_algorithms(False)
    seen = (is_deterministic, *losses, *measured.values(), *weights)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:12]


def acting(preset: Preset, name: str) -> dict[str, Any]:
    """Return values of the other settings with which this one acts."""
    found = {other: wanted[0] for other, wanted in preset.conditions_to_act(name).items()}
    if name == "schedule":
        # So short a training has to be long for each of them.
        found = {"patience": 1, "decay_start": 0.0, "decay_interval": 0.4}
    return {n: v for n, v in found.items() if v is not None}


@pytest.mark.parametrize("case", CASES)
def test_two_values_of_a_setting_give_different_trainings(case: str, home: Path) -> None:
    preset, own = preset_of(case, home), CASES[case][3]
    base = {"cfg": str(home.parent / "small.cfg")} if case == "yolo" else {}
    base["weights"] = str(home.parent / "small.weights") if case == "yolo" else None
    idle = []
    for name in sorted(preset.known - {"cfg", "weights", "record"}):
        values = own.get(name, VALUES[name])
        beside = acting(preset, name)
        if case == "yolo" and name != "width":
            beside = {**base, **beside}
        seen = {value: outcome(case, home, **{**beside, name: value}) for value in values}
        idle += [(name, a, b) for a, b in itertools.combinations(seen, 2) if seen[a] == seen[b]]
    assert idle == []


def test_files_of_darknet_change_a_training(home: Path) -> None:
    files = {name: str(home.parent / f"small.{name}") for name in ("cfg", "weights")}
    small = {"width": 2, "resolution": 32}
    found = [outcome("yolo", home, **small)]
    found.append(outcome("yolo", home, **small, cfg=files["cfg"]))
    found.append(outcome("yolo", home, **small, **files))
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("case", "names"),
    [
        ("tabular", sorted(ACTS_WITH)),
        ("images", ["width", "features"]),
        ("transfer", ["release", "body_factor"]),
    ],
)
def test_a_setting_does_nothing_where_it_declares_so(
    case: str, names: list[str], home: Path
) -> None:
    preset, own = preset_of(case, home), CASES[case][3]
    wrong = []
    for name in names:
        for other, wanted in preset.conditions_to_act(name).items():
            for value in {*own.get(other, VALUES[other])} - {*wanted}:
                beside = {**acting(preset, name), other: value}
                assert preset.idle_because(name, beside) is not None
                a, b = own.get(name, VALUES[name])[:2]
                if outcome(case, home, **beside, **{name: a}) != outcome(
                    case, home, **beside, **{name: b}
                ):
                    wrong.append((name, other, value))
    assert wrong == []


def test_labels_are_smoothed_in_training_alone(home: Path) -> None:
    """The loss of a first update is 0.8 times that of the label plus 0.2 times the mean of all."""
    preset = preset_of("tabular", home)
    plain, smooth = (
        Training(preset.task, {**preset.defaults, "label_smoothing": s}, n_updates=2)
        for s in (0.0, 0.2)
    )
    inputs, targets = plain.batches[0]
    logs = plain.network(inputs).log_softmax(1)
    wanted = -0.8 * logs.gather(1, targets[:, None]).mean() - 0.2 * logs.mean()
    assert float(smooth.loss((inputs, targets)).detach()) == pytest.approx(
        float(wanted.detach()), rel=1e-5
    )
    assert smooth.evaluate(Split.TRAIN_VAL) == plain.evaluate(Split.TRAIN_VAL)
