"""More healthy projects and mistakes of the fault hunt (E3): other networks, losses, optimizers.

``MORE_CLEAN`` and ``MORE_FAULTS`` go on where ``fault_tasks`` and ``faults`` end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from benchmarks.stories.fault_tasks import (
    VOCABULARY,
    Parts,
    convolutions,
    digits,
    divided,
    images,
    layers,
    many_labels,
    numbers,
    regression,
    sentences,
    table,
    texts,
)
from benchmarks.stories.faults import Fault
from torch import nn
from torch.nn import functional
from torch.utils.data import Dataset, TensorDataset


class Residual(nn.Module):
    """A residual block whose branch begins at zero, between two convolutions' worth of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.branch = nn.Sequential(
            nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16),
        )  # fmt: skip
        nn.init.zeros_(self.branch[-1].weight)
        self.out = nn.Linear(16 * 16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = functional.relu(self.first(x))
        h = functional.relu(h + self.branch(h))
        return self.out(functional.adaptive_avg_pool2d(h, 4).flatten(1))


class Recurrent(nn.Module):
    """Words read one after the other; without ``batch_first`` it reads across the batch."""

    def __init__(self, kind: type[nn.Module] = nn.GRU, *, batch_first: bool = True) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 24)
        self.layer = kind(24, 32, batch_first=batch_first)
        self.out = nn.Linear(32, 4)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.layer(self.embed(words))[0].mean(1))


class Rows(nn.Module):
    """Reads an image row by row."""

    def __init__(self, *, batch_first: bool = True) -> None:
        super().__init__()
        self.layer = nn.GRU(8, 32, batch_first=batch_first)
        self.out = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.layer(x.squeeze(1))[0].mean(1))


class WordConvolutions(nn.Module):
    """Convolutions along a sentence, and the largest answer of each."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 24)
        self.layer = nn.Conv1d(24, 32, 3, padding=1)
        self.out = nn.Linear(32, 4)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(functional.relu(self.layer(self.embed(words).transpose(1, 2))).amax(2))


class Named(Dataset[Any]):
    """Examples whose inputs are a dict of two parts."""

    def __init__(self, inner: TensorDataset) -> None:
        self.inner = inner

    def __len__(self) -> int:
        return len(self.inner)

    def __getitem__(self, index: int) -> Any:
        x, y = self.inner[index]
        return {"first": x[:15], "second": x[15:]}, y


class OfTwoParts(nn.Module):
    """Takes a dict of two parts."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(15, 16), nn.Linear(15, 16)
        self.out = nn.Linear(32, 2)

    def forward(self, parts: dict[str, torch.Tensor]) -> torch.Tensor:
        h = torch.cat([self.first(parts["first"]), self.second(parts["second"])], 1)
        return self.out(functional.relu(h))


class PartlyListed(nn.Module):
    """Hidden layers in a plain list, and an output layer that is registered."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = [nn.Linear(64, 32), nn.Linear(32, 32)]
        self.out = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x.flatten(1)
        for layer in self.hidden:
            h = functional.relu(layer(h))
        return self.out(h)


def named(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    found = divided(x, y, split, seed)
    return None if found is None else Named(found)


def one_class(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    found = divided(x, y, split, seed)
    if split != "train" or found is None:
        return found
    kept = found.tensors[1] == 0
    return TensorDataset(found.tensors[0][kept], found.tensors[1][kept])


def without_a_class(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    found = divided(x, y, split, seed)
    if split != "train" or found is None:
        return found
    kept = found.tensors[1] != 2
    return TensorDataset(found.tensors[0][kept], found.tensors[1][kept])


def shuffled_labels(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    rng = torch.Generator().manual_seed(seed + 7)
    return divided(x, y[torch.randperm(len(y), generator=rng)], split, seed)


def unscaled_validation(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    return divided(x * 16 if split == "train-val" else x, y, split, seed)


def stack(n_hidden: int, act: type[nn.Module], **options: Any) -> nn.Module:
    hidden = [m for _ in range(n_hidden) for m in (nn.Linear(48, 48), act())]
    extra = [nn.BatchNorm1d(48)] if options.get("norm") else []
    drop = [nn.Dropout(options["dropout"])] if "dropout" in options else []
    first = [nn.Flatten(), nn.Linear(64, 48), *extra, act(), *drop]
    return nn.Sequential(*first, *hidden, nn.Linear(48, 10))


def frozen_start() -> nn.Module:
    network = convolutions()
    for parameter in network[0].parameters():
        parameter.requires_grad_(False)
    return network


def focal(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    cost = functional.cross_entropy(outputs, targets, reduction="none")
    return ((1 - torch.exp(-cost)) ** 2 * cost).mean()


def weighted(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs, targets, weight=torch.tensor([0.2, 1.8]))


def density(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.gaussian_nll_loss(
        outputs[:, :1], targets, functional.softplus(outputs[:, 1:]) + 1e-3
    )


def of_density() -> Parts:
    score = lambda out, y: {"mse": functional.mse_loss(out[:, :1], y)}  # noqa: E731
    x, y = table("diabetes")
    options = {"cost": density, "maximize": None, "minimize": "mse", "score": score}
    return Parts("diabetes, density", x, y.unsqueeze(1), lambda: layers(10, 2), **options)


def copying() -> Parts:
    x, _ = digits()
    build = lambda: nn.Sequential(  # noqa: E731
        nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 64), nn.Unflatten(1, (1, 8, 8))
    )
    options = {"is_regression": True, "maximize": None, "minimize": "mse"}
    return Parts("digits, autoencoder", x, x, build, functional.mse_loss, **options)


def is_three() -> Parts:
    x, y = digits()
    return Parts("digits, is it a 3", x, (y == 3).long(), lambda: layers(64, 2), weighted)


def built(name: str, build: Callable[[], nn.Module], **changes: Any) -> Parts:
    return Parts(f"digits, {name}", *digits(), build, **changes)


def read(name: str, build: Callable[[], nn.Module], **changes: Any) -> Parts:
    return Parts(f"text, {name}", *sentences(), build, **changes)


def mirrored(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return (x.flip(3) if bool(torch.rand(()) < 0.5) else x), y


def exchanged(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x[torch.randperm(len(x))], y


def momentum(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)


def last_layer_alone(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(list(network.parameters())[-2:], lr=1e-3)


def of_another(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(layers(13, 3).parameters(), lr=1e-3)


def uphill(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=0.1, maximize=True)


MORE_CLEAN: tuple[Callable[[], Parts], ...] = (
    lambda: built("residual", Residual),
    lambda: built("rows", Rows),
    lambda: built("tanh", lambda: stack(1, nn.Tanh), config={"lr": 2e-3}),
    lambda: built("normalized", lambda: stack(1, nn.ReLU, norm=True), config={"optimizer": "sgd"}),
    lambda: built("half dropped", lambda: stack(1, nn.ReLU, dropout=0.5)),
    lambda: built("small rate", lambda: stack(1, nn.GELU), config={"lr": 1e-4}),
    lambda: built("frozen start", frozen_start),
    lambda: built("own optimizer", lambda: stack(1, nn.ReLU), optimizer=momentum),
    lambda: images("plain cnn", augment=mirrored),
    lambda: images("mlp", cost=focal),
    lambda: read("gru", Recurrent),
    lambda: read("plain recurrent", lambda: Recurrent(nn.RNN)),
    lambda: read("convolutions", WordConvolutions),
    lambda: texts("attention", config={"optimizer": "adamw", "lr": 1e-3, "schedule": "cosine"}),
    lambda: Parts("breast_cancer, dict", *table("breast_cancer"), OfTwoParts, splits=named),
    lambda: numbers("wine", config={"optimizer": "nadam", "lr": 2e-3}),
    lambda: regression(cost=functional.l1_loss),
    lambda: many_labels(config={"optimizer": "adamw", "weight_decay": 0.01, "lr": 1e-3}),
    of_density,
    copying,
    is_three,
)
"""More healthy projects."""

MORE_FAULTS: tuple[Fault, ...] = (
    Fault("optimizer maximizes", lambda: images("mlp", optimizer=uphill), ("sign",)),
    Fault("sign of a squared error", lambda: regression(cost=lambda o, y: -((o - y) ** 2).mean()),
          ("sign",)),
    Fault("some layers in a list", lambda: built("partly listed", PartlyListed), ("plain list",)),
    Fault("optimizer of the last layer", lambda: images("mlp", optimizer=last_layer_alone),
          ("not given to the optimizer", "optimizer lacks")),
    Fault("optimizer of another network", lambda: numbers("wine", optimizer=of_another),
          ("not given to the optimizer", "optimizer lacks")),
    Fault("gradient vanishes", lambda: built("deep sigmoid", lambda: stack(18, nn.Sigmoid)),
          ("gradient",)),
    Fault("words read across the batch", lambda: read("gru", lambda: Recurrent(batch_first=False)),
          ("wrong dimension", "depends on the other")),
    Fault("rows read across the batch", lambda: built("rows", lambda: Rows(batch_first=False)),
          ("wrong dimension", "depends on the other")),
    Fault("augmentation exchanges inputs", lambda: images("cnn", augment=exchanged),
          ("augmentation",)),
    Fault("augmentation blanks inputs", lambda: images("mlp", augment=lambda x, y: (x * 0, y)),
          ("augmentation",)),
    Fault("nearly all dropped", lambda: built("dropped", lambda: stack(1, nn.ReLU, dropout=0.99)),
          ("regularization", "dropout")),
    Fault("one class to train on", lambda: numbers("wine", splits=one_class), ("one class",)),
    Fault("class missing in training", lambda: texts("bag", splits=without_a_class),
          ("class",)),
    Fault("table's labels in another order", lambda: numbers(splits=shuffled_labels),
          ("belong", "mix-up")),
    Fault("validation is not normalized", lambda: images("cnn", splits=unscaled_validation),
          ("preprocessed differently", "scaled differently")),
    Fault("metric is NaN", lambda: numbers("wine", score=lambda o, y: {"accuracy": torch.nan}),
          ("metric",)),
)  # fmt: skip
"""More mistakes."""
