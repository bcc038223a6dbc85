"""Photos in classes for the stories of transfer: imported once, trained by recipe, seed by seed."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from tunebook.datasets.library import import_dataset
from tunebook.execution.process_settings import keep_freed_memory
from tunebook.recipes.loop import Training
from tunebook.recipes.presets import read_preset
from tunebook.training.task import Split

RECIPE = "transfer-classification"
T_OF_TWO = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
"""Student's t for 95 % by the number of pairs."""


@dataclass(frozen=True)
class Outcome:
    """Accuracies of one training: on the training, the validation and the test set."""

    train: float
    val: float
    test: float
    frozen_alike: bool


def imported(source: Path, home: Path, classes: Sequence[str] = ()) -> str:
    """Import a folder of splits and classes, perhaps of some classes alone; return its name."""
    folder = source
    if classes:
        folder = home / "chosen"
        for split in sorted(path for path in source.iterdir() if path.is_dir()):
            for name in classes:
                shutil.copytree(split / name, folder / split.name / name)
    import_dataset(folder, "photos", home)
    return "photos"


def train(home: Path, data: str, n_epochs: int, seed: int, values: Mapping[str, Any]) -> Outcome:
    """Train the recipe with some values set by hand, and look at every set once."""
    torch.set_num_threads(1)
    keep_freed_memory()
    preset = read_preset(RECIPE, data=data, home=str(home), given=values)
    config = {**preset.defaults, **values}
    n_examples = len(preset.task.examples(Split.TRAIN))
    n_updates = n_epochs * (n_examples // config["batch_size"])
    training = Training(preset.task, config, n_updates=n_updates, seed=seed)
    before = {name: t.clone() for name, t in training.network.body.state_dict().items()}
    for _ in range(n_updates):
        training.update()
    after = training.network.body.state_dict()
    alike = all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    found = {
        split: training.evaluate(split) for split in (Split.TRAIN, Split.TRAIN_VAL, Split.TEST)
    }
    return Outcome(
        found[Split.TRAIN]["train_accuracy"],
        found[Split.TRAIN_VAL]["val_accuracy"],
        found[Split.TEST]["test_accuracy"],
        alike,
    )


def train_all(
    home: Path, data: str, n_epochs: int, runs: Sequence[tuple[int, Mapping[str, Any]]]
) -> list[Outcome]:
    """Train several configurations, each with its seed, two at a time."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(train, home, data, n_epochs, seed, values) for seed, values in runs]
        return [future.result() for future in futures]


def difference(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Return the mean of the paired differences and half of its 95 % interval."""
    pairs = [a - b for a, b in zip(first, second, strict=True)]
    half = T_OF_TWO[len(pairs)] * statistics.stdev(pairs) / len(pairs) ** 0.5
    return statistics.fmean(pairs), half
