"""Transfer in the loop (S3.3 to S3.5): what is held stays as it is, what is released learns."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.errors import ConfigurationError
from tunebook.recipes.loop import Training
from tunebook.recipes.networks.transferred import (
    TransferMode,
    Transferred,
    fingerprint,
    transferred,
)
from tunebook.recipes.sampling import sampled
from tunebook.records import Configuration
from tunebook.training.task import Split, read_task

N_UPDATES = 20


class Shapes:
    """Which of three columns of an image is lit; the body has statistics that drift in training."""

    maximize = "accuracy"

    def data(self, split: str) -> TensorDataset | None:
        n = {"train": 60, "train-val": 30, "test": 31}.get(split)
        if n is None:
            return None
        generator = torch.Generator().manual_seed(n)
        labels = torch.arange(n) % 3
        images = torch.randn(n, 1, 3, 3, generator=generator)
        images[torch.arange(n), 0, :, labels] += 2.0
        return TensorDataset(images, labels)

    def network(self, config: Configuration) -> nn.Module:
        generator = torch.Generator().manual_seed(7)
        body = nn.Sequential(nn.Conv2d(1, 6, 2), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten())
        with torch.no_grad():
            body[0].weight.normal_(generator=generator)
        return transferred(body, nn.Linear(24, 3), config)

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


class Remembered(Shapes):
    """The same, with what its body says of the images computed once."""

    asked: list[str]

    def __init__(self) -> None:
        self.asked = []

    @torch.no_grad()
    def features(self, split: str, body: nn.Module) -> TensorDataset:
        self.asked.append(split)
        found = self.data(split)
        assert found is not None
        assert not body.training
        return TensorDataset(body(found.tensors[0]), found.tensors[1])


def training(task: Any = Shapes, **config: Any) -> Training:
    values = {"optimizer": "momentum", "lr": 0.05, "weight_decay": 1e-2, "batch_size": 8}
    return Training(read_task(task), values | config, n_updates=N_UPDATES)


def body_of(training: Training) -> str:
    assert isinstance(training.network, Transferred)
    return fingerprint(training.network.body)


def run(training: Training, n: int) -> Training:
    for _ in range(n):
        training.update()
    return training


@pytest.mark.parametrize("task", [Shapes, Remembered])
def test_s3_3_held_tensors_are_identical_to_the_bit(task):
    held = training(task, transfer="last-layer")
    before = body_of(held)
    assert body_of(run(held, N_UPDATES)) == before
    assert held.evaluate(Split.TRAIN_VAL)["val_accuracy"] > 0.8


@pytest.mark.parametrize("mode", list(TransferMode))
def test_s3_5_each_mode_trains_the_body_from_its_update_on(mode):
    found = training(transfer=mode.value, release=0.5)
    start = body_of(found)
    middle = body_of(run(found, N_UPDATES // 2))
    end = body_of(run(found, N_UPDATES // 2))
    is_moved = (middle != start, end != middle)
    assert (
        is_moved
        == {
            TransferMode.FROM_SCRATCH: (True, True),
            TransferMode.LAST_LAYER: (False, False),
            TransferMode.ALL_AT_ONCE: (True, True),
            TransferMode.LAST_THEN_ALL: (False, True),
        }[mode]
    )


def test_s3_5_body_takes_smaller_steps_than_the_head():
    found = training(transfer="all-at-once", body_factor=0.25)
    found.update()
    assert [group["lr"] for group in found.optimizer.param_groups] == [0.05, 0.0125]
    scratch = training(transfer="from-scratch", body_factor=0.25)
    scratch.update()
    assert [group["lr"] for group in scratch.optimizer.param_groups] == [0.05, 0.05]


@pytest.mark.parametrize("mode", ["last-layer", "last-then-all"])
@pytest.mark.parametrize("polyak", [None, 0.9])
def test_s3_3_training_on_features_is_training_on_images(mode, polyak):
    found = [run(training(t, transfer=mode, polyak=polyak), 12) for t in (Shapes, Remembered)]
    measured = [one.evaluate(Split.TRAIN_VAL) for one in found]
    assert measured[0] == pytest.approx(measured[1], abs=1e-5)
    heads = [one.network.state_dict()["head.weight"] for one in found]
    assert torch.allclose(*heads, atol=1e-5)


def test_i2_features_are_asked_for_once_for_each_split_that_is_used_and_never_for_test():
    task = Remembered()
    found = training(task, transfer="last-layer")
    for _ in range(3):
        run(found, 2)
        found.evaluate(Split.TRAIN_VAL)
        found.evaluate(Split.TRAIN)
    assert sorted(task.asked) == ["train", "train-val"]


@pytest.mark.parametrize("stop", [4, 10, 13])
def test_interrupted_transfer_goes_on_as_if_it_had_not_been(stop):
    whole = run(training(Remembered, transfer="last-then-all"), N_UPDATES)
    first = run(training(Remembered, transfer="last-then-all"), stop)
    second = training(Remembered, transfer="last-then-all")
    second.load_state_dict(first.state_dict())
    assert second.evaluate(Split.TRAIN_VAL) == first.evaluate(Split.TRAIN_VAL)
    run(second, N_UPDATES - stop)
    assert fingerprint(second.network) == fingerprint(whole.network)


def test_batch_given_by_hand_goes_through_the_whole_network():
    found = training(Remembered, transfer="last-layer")
    batch = found.batches[0]
    assert batch[0].shape == (8, 1, 3, 3)
    assert torch.allclose(found.update(batch), training(transfer="last-layer").update(batch))


def test_share_of_the_data_is_the_same_in_features():
    task = sampled(read_task(Remembered()), 0.5)
    body = task.network(Configuration({})).body.eval()
    images, features = task.examples(Split.TRAIN), task.features("train", body)
    assert len(features) == len(images) == 30
    assert torch.allclose(body(images.tensors[0]), features.tensors[0])
    assert len(task.features("train-val", body)) == 30


def test_bodies_are_told_apart_by_weights_statistics_and_shape():
    body = nn.Sequential(nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2))
    first = fingerprint(body)
    assert fingerprint(body) == first
    body.train()(torch.randn(4, 1, 4, 4))
    assert fingerprint(body) != first
    assert fingerprint(nn.Sequential(*body, nn.ReLU())) != fingerprint(body)


@pytest.mark.parametrize(
    ("config", "told"),
    [({"transfer": "last-layr"}, "last-layer"), ({"release": 1.5}, "0 to 1")],
)
def test_unknown_mode_and_a_release_beyond_the_end_are_refused(config, told):
    with pytest.raises(ConfigurationError, match=told):
        transferred(nn.Flatten(), nn.Linear(2, 2), config)
