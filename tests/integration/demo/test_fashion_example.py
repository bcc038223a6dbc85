"""The demo: one copy of it, short, and a training function that learns and survives a pause."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import tunebook
from trial_doubles import RecordingChannel, sample_handle
from tunebook.engine.commands import Launch
from tunebook.storage.checkpoints import CheckpointStore
from tunebook.testing.training import sample_launch
from tunebook.training import seed_everything

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples/fashion.py"
SGD = {"lr": 0.05, "optimizer": "sgd", "momentum": 0.9, "batch_size": 64, "width": 8}
ADAM = {"lr": 0.01, "optimizer": "adam", "beta1": 0.9, "batch_size": 64, "width": 8}

needs_public_names = pytest.mark.skipif(
    not hasattr(tunebook, "tune"), reason="tunebook.tune is not there yet"
)


def train(
    recipe: ModuleType,
    channel: RecordingChannel,
    launch: Launch,
    store: CheckpointStore | None = None,
) -> None:
    handle = sample_handle(channel, launch=launch, checkpoints=store)
    seed_everything(handle.seed)
    recipe.train(handle)
    handle.close()


@pytest.fixture
def recipe() -> ModuleType:
    return importlib.import_module("tunebook.recipes.fashion")


def test_example_and_packaged_demo_are_the_same_file() -> None:
    spec = importlib.util.find_spec("tunebook.recipes.fashion")
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).read_bytes() == EXAMPLE.read_bytes()


def test_example_has_fewer_than_60_lines() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 60


@needs_public_names
@pytest.mark.parametrize("config", [SGD, ADAM], ids=["sgd", "adam"])
def test_paused_training_learns_and_goes_on_as_if_undisturbed(
    recipe: ModuleType, config: dict[str, object], tmp_path: Path
) -> None:
    undisturbed = RecordingChannel()
    launch = sample_launch(config=recipe.SPACE.check(config), max_steps=2, until_step=None)
    train(recipe, undisturbed, launch)

    store = CheckpointStore.of_study(tmp_path, "fashion")
    paused = RecordingChannel()
    train(recipe, paused, replace(launch, until_step=1), store)
    saved = tuple(paused.heard("checkpointed"))
    train(recipe, paused, replace(launch, checkpoints=saved), store)

    assert paused.heard("began") == [0, 1]
    assert paused.curves["val_accuracy"].values[-1] > 0.5
    for metric in ("val_accuracy", "train_loss"):
        assert list(paused.curves[metric].values) == list(undisturbed.curves[metric].values)
