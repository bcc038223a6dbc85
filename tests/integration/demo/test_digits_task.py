"""The task that end-to-end tests train: it learns, repeats itself, and survives a pause."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from trial_doubles import RecordingChannel, sample_handle
from tunebook.records import Configuration, Series
from tunebook.storage.checkpoints import CheckpointStore
from tunebook.testing.training import sample_launch

GOOD = {"lr": 0.1, "momentum": 0.9, "width": 32}


def curves(
    task: ModuleType, *, lr: float = 0.1, seed: int = 7, **launch: object
) -> dict[str, Series]:
    channel = RecordingChannel()
    config = Configuration(GOOD | {"lr": lr})
    handle = sample_handle(channel, launch=sample_launch(config=config, **launch), seed=seed)
    task.train(handle)
    handle.close()
    return channel.curves


def test_good_configuration_learns_the_digits(digits_task: ModuleType) -> None:
    assert max(curves(digits_task)["val_accuracy"].values) > 0.9


@pytest.mark.parametrize("lr", [1e-4, 10.0])
def test_both_ends_of_the_learning_rate_are_plainly_bad(digits_task: ModuleType, lr: float) -> None:
    found = curves(digits_task, lr=lr)
    assert max(found["val_accuracy"].values) < 0.7


def test_equal_seeds_give_equal_curves_and_others_do_not(digits_task: ModuleType) -> None:
    first, again = (curves(digits_task, max_steps=2) for _ in range(2))
    other = curves(digits_task, seed=8, max_steps=2)
    assert first == again
    assert list(first["train_loss"].values) != list(other["train_loss"].values)


def test_paused_training_goes_on_from_its_file_as_if_undisturbed(
    digits_task: ModuleType, tmp_path: Path
) -> None:
    undisturbed = curves(digits_task, max_steps=4)
    store = CheckpointStore.of_study(tmp_path, "digits")
    channel = RecordingChannel()
    config = Configuration(GOOD)
    first = sample_launch(config=config, max_steps=4, until_step=2)
    digits_task.train(sample_handle(channel, launch=first, checkpoints=store))
    saved = tuple(channel.heard("checkpointed"))
    second = sample_launch(config=config, max_steps=4, until_step=None, checkpoints=saved)
    handle = sample_handle(channel, launch=second, checkpoints=store)
    digits_task.train(handle)
    handle.close()
    assert channel.heard("began") == [0, 2]
    for metric, series in undisturbed.items():
        assert list(channel.curves[metric].values) == list(series.values)
