"""Small tasks over images, text and tables, and mistakes to plant in them (E3).

``TASKS`` are healthy; ``FAULTS`` change one. Each fault names the findings and words of causes by
which it counts as found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import TensorDataset

VOCABULARY, LENGTH = 200, 24


@lru_cache
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return torch.tensor(x / 16, dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(y)


@lru_cache
def table(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn import datasets

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    if name == "diabetes":
        return torch.tensor(x, dtype=torch.float32), torch.tensor(
            (y - y.mean()) / y.std(), dtype=torch.float32
        )
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


@lru_cache
def sentences(n_classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token numbers: each class has words of its own among common ones."""
    rng = np.random.default_rng(0)
    labels = rng.integers(n_classes, size=1600)
    own = rng.permutation(VOCABULARY - 1)[: n_classes * 12].reshape(n_classes, 12) + 1
    words = rng.integers(1, VOCABULARY, size=(1600, LENGTH))
    marked = rng.random((1600, LENGTH)) < 0.25
    words = np.where(
        marked, own[labels][np.arange(1600)[:, None], rng.integers(12, size=(1600, LENGTH))], words
    )
    return torch.tensor(words), torch.tensor(labels)


class Lstm(nn.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 24)
        self.lstm = nn.LSTM(24, 32, batch_first=True)
        self.out = nn.Linear(32, n_classes)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.lstm(self.embed(words))[0].mean(1))


class Attention(nn.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 32)
        self.place = nn.Parameter(torch.zeros(LENGTH, 32))
        self.layer = nn.TransformerEncoderLayer(32, 2, 64, dropout=0.1, batch_first=True)
        self.out = nn.Linear(32, n_classes)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.layer(self.embed(words) + self.place).mean(1))


class Bag(nn.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.embed = nn.EmbeddingBag(VOCABULARY, 32)
        self.out = nn.Linear(32, n_classes)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.embed(words))


def convolutions(n_classes: int = 10, *, norm: bool = True) -> nn.Module:
    extra = [nn.BatchNorm2d(16)] if norm else []
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), *extra, nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, n_classes),
    )  # fmt: skip


def layers(n_in: int, n_out: int, *, dropout: float = 0.0) -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(n_in, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, n_out)
    )


@dataclass
class Parts:
    """A task in parts, each of which a fault may replace."""

    name: str
    x: torch.Tensor
    y: torch.Tensor
    build: Callable[[], nn.Module]
    cost: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = functional.cross_entropy
    is_regression: bool = False
    maximize: str | None = "accuracy"
    minimize: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    augment: Callable[..., Any] | None = None
    optimizer: Callable[..., Any] | None = None
    splits: Callable[[torch.Tensor, torch.Tensor, str, int], Any] | None = None
    score: Callable[[torch.Tensor, torch.Tensor], Mapping[str, Any]] | None = None
    seed: int = 0

    def data(self, split: str) -> Any:
        if self.splits is not None:
            return self.splits(self.x, self.y, split, self.seed)
        return divided(self.x, self.y, split, self.seed)

    def network(self, config: Any) -> nn.Module:
        return self.build()

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return self.cost(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
        if self.score is not None:
            return self.score(outputs, targets)
        if self.is_regression:
            return {"mse": functional.mse_loss(outputs.flatten(), targets.flatten().float())}
        guess = (
            outputs.argmax(1)
            if outputs.dim() > 1 and outputs.shape[1] > 1
            else outputs.flatten() > 0
        )
        return {"accuracy": (guess == targets).float().mean()}


def divided(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> TensorDataset | None:
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    a, b = int(0.6 * len(y)), int(0.8 * len(y))
    chosen = {"train": order[:a], "train-val": order[a:b], "test": order[b:]}.get(split)
    return None if chosen is None else TensorDataset(x[chosen], y[chosen])


def images(network: str = "cnn", **changes: Any) -> Parts:
    builds = {
        "cnn": convolutions,
        "plain cnn": lambda: convolutions(norm=False),
        "mlp": lambda: layers(64, 10),
        "dropout": lambda: layers(64, 10, dropout=0.3),
        "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 10)),
    }
    return Parts(f"digits, {network}", *digits(), builds[network], **changes)


def texts(network: str = "bag", **changes: Any) -> Parts:
    builds = {"bag": lambda: Bag(4), "lstm": lambda: Lstm(4), "attention": lambda: Attention(4)}
    return Parts(f"text, {network}", *sentences(), builds[network], **changes)


def numbers(name: str = "breast_cancer", network: str = "mlp", **changes: Any) -> Parts:
    x, y = table(name)
    n_out = int(y.max()) + 1
    dropout = 0.2 if network == "dropout" else 0.0
    return Parts(
        f"{name}, {network}", x, y, lambda: layers(x.shape[1], n_out, dropout=dropout), **changes
    )


def regression(**changes: Any) -> Parts:
    x, y = table("diabetes")
    options = {
        "cost": functional.mse_loss,
        "is_regression": True,
        "maximize": None,
        "minimize": "mse",
    }
    return Parts("diabetes, mlp", x, y.unsqueeze(1), lambda: layers(10, 1), **(options | changes))


def binary(**changes: Any) -> Parts:
    x, y = table("breast_cancer")
    options = {"cost": functional.binary_cross_entropy_with_logits}
    score = lambda out, y: {"accuracy": ((out > 0) == (y > 0.5)).float().mean()}  # noqa: E731
    return Parts(
        "breast_cancer, one output", x, y.float().unsqueeze(1), lambda: layers(30, 1),
        **({"score": score} | options | changes),
    )  # fmt: skip


def many_labels(**changes: Any) -> Parts:
    x, y = digits()
    labels = torch.stack([y % 2 == 0, y > 4, y % 3 == 0], 1).float()
    score = lambda out, y: {"accuracy": ((out > 0) == (y > 0.5)).float().mean()}  # noqa: E731
    cost = functional.binary_cross_entropy_with_logits
    return Parts(
        "digits, three labels",
        x,
        labels,
        lambda: layers(64, 3),
        cost,
        **({"score": score} | changes),
    )


CLEAN: tuple[Callable[[], Parts], ...] = (
    *(lambda n=n: images(n) for n in ("cnn", "plain cnn", "mlp", "dropout", "linear")),
    *(lambda n=n: texts(n) for n in ("bag", "lstm", "attention")),
    *(lambda n=n: numbers(n) for n in ("breast_cancer", "wine", "iris")),
    lambda: numbers("breast_cancer", "dropout"),
    regression,
    binary,
    many_labels,
    *(
        lambda o=o, lr=lr: images("mlp", config={"optimizer": o, "lr": lr})
        for o, lr in (("sgd", 0.1), ("momentum", 0.05), ("adamw", 1e-3), ("rmsprop", 1e-3))
    ),
    lambda: images("cnn", config={"optimizer": "nesterov", "lr": 0.02, "weight_decay": 1e-4}),
    lambda: images("mlp", cost=lambda o, y: functional.cross_entropy(o, y, label_smoothing=0.1)),
    lambda: images("cnn", augment=lambda x, y: (x + 0.02 * torch.randn_like(x), y)),
    lambda: texts("lstm", config={"clip_norm": 1.0, "lr": 2e-3}),
    lambda: numbers("wine", config={"batch_size": 16}),
    lambda: regression(cost=functional.smooth_l1_loss),
    lambda: images("mlp", cost=lambda o, y: functional.nll_loss(functional.log_softmax(o, 1), y)),
    lambda: Parts(
        "digits, log-probabilities",
        *digits(),
        lambda: nn.Sequential(layers(64, 10), nn.LogSoftmax(1)),
        functional.nll_loss,
    ),
    lambda: texts("bag", config={"batch_size": 128}),
    lambda: numbers("iris", config={"optimizer": "sgd", "lr": 0.1}),
    lambda: texts("attention", config={"lr": 1e-3, "warmup": 0.1}),
)
"""Healthy projects."""
