"""Mistakes planted in healthy tasks, each with the words by which it counts as found (E3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from benchmarks.stories.fault_tasks import (
    Bag,
    Lstm,
    Parts,
    binary,
    convolutions,
    digits,
    divided,
    images,
    layers,
    numbers,
    regression,
    sentences,
    texts,
)
from torch import nn
from torch.nn import functional
from torch.utils.data import TensorDataset


@dataclass(frozen=True)
class Fault:
    """A task with a mistake. It is found if one of ``words`` is in the top two causes named.

    Those are the titles of problems, and the first two causes of each.
    """

    name: str
    make: Callable[[], Parts]
    words: tuple[str, ...]


def shifted(images_: torch.Tensor, labels: torch.Tensor, split: str, seed: int) -> Any:
    """Labels read in another order than their inputs."""
    rng = torch.Generator().manual_seed(seed + 1)
    return divided(images_, labels[torch.randperm(len(labels), generator=rng)], split, seed)


def without(split_without: str) -> Callable[..., Any]:
    def splits(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
        return None if split == split_without else divided(x, y, split, seed)

    return splits


def emptied(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    found = divided(x, y, split, seed)
    return TensorDataset(x[:0], y[:0]) if split == "train-val" else found


def validated_on_training(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    return divided(x, y, "train" if split == "train-val" else split, seed)


def tested_on_validation(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    return divided(x, y, "train-val" if split == "test" else split, seed)


class Read(torch.utils.data.Dataset[Any]):
    """Reads one example after the other, so that the third batch can fail."""

    def __init__(self, inner: TensorDataset) -> None:
        self.inner = inner

    def __len__(self) -> int:
        return len(self.inner)

    def __getitem__(self, index: int) -> Any:
        if index == 150:
            raise OSError("truncated image 150.png")
        return self.inner[index]


def breaking(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    found = divided(x, y, split, seed)
    return Read(found) if split == "train" and found is not None else found


class Detached(nn.Module):
    """The graph is cut between its halves."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(64, 64), nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.relu(self.first(x.flatten(1))).detach())


class Unregistered(nn.Module):
    """Its layers are in a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [nn.Linear(64, 10)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.parts[0](x.flatten(1))


class Unused(nn.Module):
    """One of its layers is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(torch.relu(self.first(x.flatten(1))))


class AcrossBatch(nn.Module):
    """Attention of each example over the others of its batch."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(64, 64), nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(self.first(x.flatten(1)))
        return self.out(torch.softmax(h @ h.T, 1) @ h)


class AlwaysDropping(nn.Module):
    """Drops units in evaluation as well."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(64, 64), nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = functional.dropout(torch.relu(self.first(x.flatten(1))), 0.5, training=True)
        return self.out(h)


class NeverTraining(nn.Module):
    """Stays in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers(64, 10, dropout=0.5)

    def train(self, mode: bool = True) -> NeverTraining:
        return super().train(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


class Overflowing(nn.Module):
    """Takes the exponential of what may be large."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = torch.exp(self.out(60 * x.flatten(1)) * 4)
        return torch.log(scores / scores.sum(1, keepdim=True))


def naive_softmax(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    shares = torch.exp(40 * outputs) / torch.exp(40 * outputs).sum(1, keepdim=True)
    return -torch.log(shares[torch.arange(len(targets)), targets]).mean()


def frozen() -> nn.Module:
    network = layers(64, 10)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network


def half_frozen_by_optimizer(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(list(network.parameters())[2:], lr=1e-3)


def with_label(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.cat([x.flatten(1), y.float().unsqueeze(1)], 1)


def sums_up(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs, targets, reduction="sum")


def leaking_table() -> Parts:
    x, y = digits()
    return Parts("digits with their label", with_label(x, y), y, lambda: layers(65, 10))


def with_nan() -> Parts:
    x, y = digits()
    x = x.clone()
    x[::7, 0, 3, 3] = torch.nan
    return Parts("digits with holes", x, y, convolutions)


def scaled(factor: float, name: str) -> Parts:
    x, y = digits()
    return Parts(name, x * factor, y, lambda: layers(64, 10))


def contradicting() -> Parts:
    x, y = digits()
    x = x[:900].repeat(2, 1, 1, 1)
    labels = torch.cat([y[:900], (y[:900] + 1) % 10])

    def splits(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
        parts = {"train": slice(0, 2), "train-val": slice(2, 3), "test": slice(3, 4)}
        chosen = parts.get(split)
        if chosen is None:
            return None
        rows = [
            i for k in range(225) for i in (4 * k + j for j in range(chosen.start, chosen.stop))
        ]
        both = [r for i in rows for r in (i, i + 900)] if split == "train" else rows
        return TensorDataset(x[both], y[both])

    return Parts("digits, each with two labels", x, labels, lambda: layers(64, 10), splits=splits)


def noisy_labels(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs, targets[torch.randperm(len(targets))])


def wrong_view() -> Parts:
    x, y = digits()

    class Mixing(nn.Module):
        """Turns examples and features about: every prediction sees the whole batch."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = layers(64, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x.flatten(1).T.reshape(len(x), 64))

    return Parts("digits, mixed", x, y, Mixing)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "sign of the loss",
        lambda: images("mlp", cost=lambda o, y: -functional.cross_entropy(o, y)),
        ("sign",),
    ),
    Fault(
        "rate x1000",
        lambda: images("mlp", config={"optimizer": "sgd", "lr": 300.0}),
        ("rate is too high",),
    ),
    Fault(
        "rate /10000",
        lambda: images("mlp", config={"optimizer": "sgd", "lr": 1e-5}),
        ("rate is too low",),
    ),
    Fault(
        "labels shuffled at every step",
        lambda: images("mlp", cost=noisy_labels),
        ("corrupted", "shuffled"),
    ),
    Fault(
        "everything frozen",
        lambda: Parts("digits, frozen", *digits(), frozen),
        ("frozen", "no trainable"),
    ),
    Fault("zero inputs", lambda: scaled(0.0, "digits, black"), ("zeroed", "the same", "corrupted")),
    Fault("contradicting labels", contradicting, ("corrupted", "contradict")),
    Fault(
        "softmax before the loss",
        lambda: Parts(
            "digits, softmax", *digits(), lambda: nn.Sequential(layers(64, 10), nn.Softmax(1))
        ),
        ("softmax", "probabilities"),
    ),
    Fault(
        "softmax twice in the loss",
        lambda: images("mlp", cost=lambda o, y: functional.cross_entropy(o.softmax(1), y)),
        ("softmax", "probabilities"),
    ),
    Fault("sigmoid before the loss", lambda: _binary_sigmoid(), ("softmax", "probabilities")),
    Fault(
        "softmax over the batch",
        lambda: images("mlp", cost=lambda o, y: functional.nll_loss(o.log_softmax(0), y)),
        ("dimension", "over the batch"),
    ),
    Fault(
        "hidden layer cut off",
        lambda: Parts("digits, detached", *digits(), Detached),
        ("no gradient", "detach"),
    ),
    Fault(
        "layers in a list",
        lambda: Parts("digits, list", *digits(), Unregistered),
        ("no trainable", "plain list"),
    ),
    Fault(
        "layer never used",
        lambda: Parts("digits, unused", *digits(), Unused),
        ("no gradient", "never used"),
    ),
    Fault(
        "attention over the batch",
        lambda: Parts("digits, batch attention", *digits(), AcrossBatch),
        ("depends on the other", "wrong dimension"),
    ),
    Fault("view mixes the batch", wrong_view, ("depends on the other", "wrong dimension")),
    Fault(
        "dropout in evaluation",
        lambda: Parts("digits, dropping", *digits(), AlwaysDropping),
        ("training mode", "different predictions"),
    ),
    Fault(
        "never in training mode",
        lambda: Parts("digits, still", *digits(), NeverTraining),
        ("evaluation mode",),
    ),
    Fault(
        "naive softmax overflows",
        lambda: Parts(
            "digits, overflow",
            *digits(),
            lambda: layers(64, 10),
            naive_softmax,
            config={"optimizer": "sgd", "lr": 0.1},
        ),
        ("numerical", "NaN", "exp"),
    ),
    Fault(
        "exp in the network",
        lambda: Parts("digits, exp", *digits(), Overflowing, functional.nll_loss),
        ("numerical", "NaN", "exp"),
    ),
    Fault("pixels from 0 to 255", lambda: scaled(255.0, "digits, bytes"), ("not normalized",)),
    Fault("scaled by 255 twice", lambda: scaled(1 / 255, "digits, dark"), ("twice",)),
    Fault("NaN in the inputs", with_nan, ("NaN", "missing values")),
    Fault(
        "float64 inputs",
        lambda: Parts(
            "digits, double", digits()[0].double(), digits()[1], lambda: layers(64, 10).double()
        ),
        ("types", "float32"),
    ),
    Fault(
        "double inputs, float network",
        lambda: Parts(
            "digits, two types", digits()[0].double(), digits()[1], lambda: layers(64, 10)
        ),
        ("raised", "types", "float32"),
    ),
    Fault("regression broadcasts", lambda: _broadcast(), ("same shape", "broadcast")),
    Fault(
        "loss is a vector",
        lambda: images("mlp", cost=lambda o, y: functional.cross_entropy(o, y, reduction="none")),
        ("not one number", "not averaged"),
    ),
    Fault(
        "labels begin at 1",
        lambda: Parts("digits, from 1", digits()[0], digits()[1] + 1, lambda: layers(64, 10)),
        ("labels begin at 1", "outside the classes"),
    ),
    Fault("label among the inputs", leaking_table, ("tells the label", "part of the inputs")),
    Fault("labels in another order", lambda: images("cnn", splits=shifted), ("belong", "mix-up")),
    Fault(
        "text labels in another order", lambda: texts("bag", splits=shifted), ("belong", "mix-up")
    ),
    Fault(
        "validated on training data",
        lambda: images("cnn", splits=validated_on_training),
        ("leakage", "same examples"),
    ),
    Fault(
        "tested on validation data",
        lambda: numbers(splits=tested_on_validation),
        ("leakage", "same examples"),
    ),
    Fault("empty validation set", lambda: numbers(splits=emptied), ("empty",)),
    Fault("no validation set", lambda: texts("bag", splits=without("train-val")), ("missing",)),
    Fault("loader raises in the 3rd batch", lambda: images("mlp", splits=breaking), ("Batch 3",)),
    Fault("metric never reported", lambda: images("mlp", maximize="f1"), ("never reported",)),
    Fault(
        "rate too low for text",
        lambda: texts("lstm", config={"optimizer": "sgd", "lr": 1e-5}),
        ("rate is too low",),
    ),
    Fault(
        "embedding cut off",
        lambda: Parts("text, detached", *sentences(), lambda: _detached_text()),
        ("no gradient", "detach"),
    ),
    Fault(
        "token outside of the vocabulary",
        lambda: Parts("text, large tokens", sentences()[0] + 50, sentences()[1], lambda: Bag(4)),
        ("raised",),
    ),
)
"""Mistakes of S2.7, S2.8 and of data that a task shows."""


def _binary_sigmoid() -> Parts:
    made = binary()
    made.build = lambda: nn.Sequential(layers(30, 1), nn.Sigmoid())
    return made


def _broadcast() -> Parts:
    made = regression()
    made.y = made.y.flatten()
    return made


class _DetachedText(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Lstm(4)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        embedded = self.inner.embed(words).detach()
        return self.inner.out(self.inner.lstm(embedded)[0].mean(1))


def _detached_text() -> nn.Module:
    return _DetachedText()
