"""Short trainings of real tasks, sound and with a mistake."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from benchmarks.stories.fault_tasks import Parts, digits, divided, images, layers, many_labels
from benchmarks.stories.more_tasks import mirrored, of_density
from torch import nn
from torch.nn import functional
from torch.utils.data import TensorDataset

from tunebook.checks import learning
from tunebook.checks.check import Ability
from tunebook.checks.examination import examine
from tunebook.checks.experiments import Look
from tunebook.checks.laboratory import Laboratory
from tunebook.records import Configuration
from tunebook.records.finding import Finding, Verdict
from tunebook.training.task import read_task

CHECK = replace(learning.CHECK, after=())


def told(parts) -> Finding:
    laboratory, config = Laboratory(read_task(parts)), Configuration(parts.config)
    done = examine(
        [CHECK],
        {Ability.CAN_LOOK_INSIDE},
        carry_out=laboratory.carry_out,
        config=config,
        length=300,
    )
    return done.findings[0]


def relabelled(change):
    def splits(x, y, split, seed):
        found = divided(x, y, split, seed)
        if split != "train-val":
            return found
        return TensorDataset(found.tensors[0], change(found.tensors[1]))

    return splits


def shuffled(y: torch.Tensor) -> torch.Tensor:
    return y[torch.randperm(len(y), generator=torch.Generator().manual_seed(5))]


def all_shuffled(x, y, split, seed):
    return divided(x, shuffled(y), split, seed)


def normalized(momentum: float) -> nn.Module:
    norm = nn.BatchNorm1d(64, momentum=momentum)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 64), norm, nn.ReLU(), nn.Linear(64, 10))


class Otherwise(nn.Module):
    """Changes the scale of its inputs in evaluation alone."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x if self.training else 1 - x)


def turned(x, y):
    x = torch.rot90(x, int(torch.randint(4, ())), (2, 3))
    return (x.flip(3) if bool(torch.rand(()) < 0.5) else x), y


@pytest.mark.parametrize(
    "parts",
    [
        images("dropout"),
        images("cnn", augment=mirrored),
        Parts("normalized", *digits(), lambda: normalized(0.01)),
        many_labels(),
        of_density(),
    ],
)
def test_sound_training_passes(parts):
    assert told(parts).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        (images("mlp", splits=relabelled(lambda y: (y + 1) % 10)), "class list"),
        (images("cnn", splits=relabelled(shuffled)), "labels of the validation set"),
        (images("cnn", splits=all_shuffled), "labels do not belong"),
        (Parts("frozen", *digits(), lambda: normalized(0.0)), "batch norm"),
        (Parts("otherwise", *digits(), Otherwise), "evaluation mode"),
        (images("cnn", augment=turned), "augmentation destroys"),
    ],
)
def test_mistake_is_the_first_cause(parts, word):
    found = told(parts)
    assert found.verdict is Verdict.PROBLEM
    assert word in found.causes[0]


def test_loss_that_ignores_targets_is_unknown():
    def cost(out, y):
        return functional.mse_loss(out, torch.zeros_like(out))

    found = told(images("mlp", cost=cost))
    assert found.verdict is Verdict.UNKNOWN
    assert "same for shuffled targets" in found.title


@pytest.mark.parametrize("dtype", [torch.float32, torch.long])
def test_s2_9_linear_model_explains_many_targets_that_are_linear(dtype):
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(500, 6, generator=rng)
    y = (100 * x @ torch.randn(6, 3, generator=rng)).to(dtype)
    parts = Parts(
        "many", x, y, lambda: layers(6, 3), lambda o, y: functional.mse_loss(o, y.float())
    )
    found = Laboratory(read_task(parts)).carry_out(Look("baselines", Configuration({})))
    assert found.linear > 0.99
    assert abs(found.trivial) < 0.1
    assert not found.is_accuracy


def test_s2_9_linear_model_and_majority_class_of_digits():
    found = Laboratory(read_task(images())).carry_out(Look("baselines", Configuration({})))
    assert found.linear == pytest.approx(0.933, abs=0.02)
    assert found.trivial < 0.15
    assert found.margin == pytest.approx(4 * (0.933 * 0.067 / 359) ** 0.5, abs=0.01)
