"""Pieces of the later mistakes: flawed readings, splits, augmentations, losses, optimizers.

Written on 30 November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import torch
from benchmarks.stories import later_data as made
from benchmarks.stories import later_networks as nets
from benchmarks.stories import later_tasks as healthy
from benchmarks.stories.fault_tasks import table
from benchmarks.stories.later_data import PAD, Records, chosen, floats, places_of, records
from torch import nn
from torch.nn import functional


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Data as they are read.


def scaled_twice(**changes: Any) -> healthy.Later:
    """Bytes are made shares of one first; then the mean of the bytes is taken from them."""
    x, _ = made.photos()
    return healthy.photos(x=(floats(x).permute(0, 3, 1, 2) / 255 - 102.0) / 51.0, **changes)


def columns_in_another_order(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """The columns of training stand as in the file, the others in the order of their names."""
    found = records(x, y, split, seed)
    if split in {"train-val", "test"}:
        found.x = found.x[:, torch.randperm(x.shape[1], generator=drawn(5))]
    return found


def with_codes_of_missing() -> healthy.Later:
    """What was not measured stands as -999 in three of the columns."""
    x, _ = made.houses()
    numbers = x["numbers"].clone()
    for column in (0, 1, 3):
        numbers[torch.rand(len(numbers), generator=drawn(column)) < 0.12, column] = -999.0
    return healthy.houses(x={**x, "numbers": numbers})


def mostly_unknown() -> healthy.Later:
    """The words were written in another case than the vocabulary: most are the unknown one."""
    words, lengths, _ = made.reviews()
    known = torch.rand(made.N_WORDS, generator=drawn(1)) < 0.12
    found = torch.where(known[words] | (words == PAD), words, torch.ones_like(words))
    return healthy.reviews(x={"words": found, "lengths": lengths})


def blanks_for_unread() -> healthy.Later:
    """A file that cannot be read gives an image of zeros, and keeps its label."""
    x, _ = made.pictures()
    unread = torch.rand(len(x), generator=drawn(2)) < 0.4
    return healthy.photos(x=torch.where(unread[:, None, None, None], 0.0, x))


# Splits.


def copied_first(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """The rare class is repeated to balance the classes, and then all are split."""
    rare = torch.nonzero(y > 0.5).flatten()
    places = torch.cat([torch.arange(len(y)), rare.repeat(10)])
    return records(x[places], y[places], split, seed)


def at_random(x: Any, y: torch.Tensor, split: str, seed: int) -> Any:
    """Records are split, not the patients."""
    return records(x[0], y, split, seed)


def windows_at_random() -> healthy.Later:
    """Windows that share most of what they hold are split one by one."""
    build = partial(nets.dense, 25, 1, 128)
    return healthy.walk(splits=records, build=build, config={"lr": 2e-3})


def encoded_by_target() -> healthy.Later:
    """A street is told by the mean price in it, over all rows, its own among them."""
    x, price = made.houses()
    y = (price.log() - 5.5) / 0.7
    street = torch.randint(2000, (len(y),), generator=drawn(3))
    sums, counts = torch.zeros(2000).index_add(0, street, y), torch.bincount(street, minlength=2000)
    means = (sums / counts.clamp(min=1))[street]
    rows = torch.cat([x["numbers"][:, 4:], x["kinds"][:, 1:].float(), means[:, None]], 1)
    build = lambda: nn.Sequential(nets.dense(4, 1, 32), nn.Flatten(0))  # noqa: E731
    return healthy.houses(x=rows, y=y, build=build)


def as_sorted(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Files come folder by folder, a class each, and the last ones validate."""
    order = torch.argsort(y, stable=True)
    return records(x[order], y[order], split, seed, shuffle=False)


# Targets.


def numbered_anew(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Each split numbers the classes that it has; the first one is only in training."""
    places = places_of(len(y), split, seed)
    if places is None or split == "train":
        return None if places is None else Records(x[places], y[places])
    places = places[y[places] > 0]
    return Records(x[places], y[places] - 1)


def log_in_training(x: Any, y: torch.Tensor, split: str, seed: int) -> Any:
    """The training frame alone has the logarithms of the prices."""
    found = records(x, y, split, seed)
    if split == "train":
        found.y = found.y.log1p()
    return found


def zero_for_unknown() -> healthy.Later:
    """Prices that nobody entered count as zero, as do their logarithms."""
    _, price = made.houses()
    unknown = torch.rand(len(price), generator=drawn(4)) < 0.25
    return healthy.houses(y=(price.masked_fill(unknown, 0.0).log1p() - 5.5) / 0.7)


# Augmentation.


def flipped_alone(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    turn = torch.rand(len(x)) < 0.5
    return torch.where(turn[:, None, None, None], x.flip(-1), x), y


def in_bytes_again(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Shift some images, and give all as bytes; those of validation are normalized."""
    moved = torch.rand(len(x)) < 0.5
    x = torch.where(moved[:, None, None, None], x.roll(1, -1), x)
    return 255 * (0.2 * x + 0.4), y


def erased(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cover a square of an image and add noise."""
    top, left = torch.randint(0, 6, (2,)).tolist()
    x = x + 0.4 * torch.randn_like(x)
    x[:, top : top + 5, left : left + 5] = 0.0
    return x, y


def erased_everywhere(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    places = places_of(len(y), split, seed)
    return None if places is None else Records(x[places], y[places], erased)


class Disturbed(Records):
    """Adds noise to an example where it is kept, so that each reading adds to the last."""

    def __getitem__(self, index: int) -> Any:
        x = self.x[index]
        x += 0.15 * torch.randn(x.shape)
        return x, self.y[index]


def disturbed_in_place() -> healthy.Later:
    kept: dict[int, Any] = {}

    def splits(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
        if split != "train":
            return records(x, y, split, seed)
        if seed not in kept:
            places = places_of(len(y), split, seed)
            kept[seed] = Disturbed(chosen(x, places).clone(), chosen(y, places))
        return kept[seed]

    return healthy.signals(splits=splits)


# Networks, losses and metrics.


def much_filling() -> healthy.Later:
    """Texts are filled up to 64 words, and the state after the filling is the answer."""
    words, lengths, _ = made.reviews()
    x = {"words": functional.pad(words, (0, 64 - words.shape[1])), "lengths": lengths}
    return healthy.reviews(x=x, build=partial(nets.Reader, packed=False, kind=nn.RNN))


class Columns(nets.Houses):
    """Its answers are a column, one row an example."""

    def forward(self, x: dict[str, torch.Tensor]) -> torch.Tensor:
        return super().forward(x).unsqueeze(1)


def column_against_row(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs - targets).square().mean()


def likelihood_upside_down(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Multiplies by the variance where it should divide."""
    mean, log_variance = outputs.chunk(2, 1)
    return 0.5 * (log_variance + (targets - mean).square() * log_variance.exp()).mean()


def weighted_inversely(share: float = 0.08) -> Callable[..., torch.Tensor]:
    """The weight of the rare class is how rare it is, not one divided by that."""
    weight = torch.tensor(share / (1 - share))
    return partial(functional.binary_cross_entropy_with_logits, pos_weight=weight)


def without_the_first(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs, targets, ignore_index=0)


def along_time(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": healthy.share(outputs.argmax(-1) == targets)}


def with_filling(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": healthy.share(outputs.argmax(-1) == targets)}


def of_hard_answers(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return healthy.rank_area((outputs > 0).float(), targets)


def all_above_zero(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return healthy.f1(outputs.sigmoid(), targets)


@lru_cache
def progress() -> tuple[torch.Tensor, torch.Tensor]:
    x, y = table("diabetes")
    return x, y.unsqueeze(1)


def explained_progress(**changes: Any) -> healthy.Later:
    options: dict[str, Any] = {"cost": functional.mse_loss, "maximize": "r2"}
    options |= {"score": healthy.explained, "config": {"lr": 1e-3}}
    build = partial(nets.dense, 10, 1, 8)
    return healthy.task("progress of an illness", *progress(), build, **(options | changes))


# Optimizers.


class Falling(torch.optim.Adam):
    """Its schedule counts updates where it was meant to count epochs."""

    def __init__(self, network: nn.Module, _: Any) -> None:
        super().__init__(network.parameters(), lr=2e-3)
        self.schedule = torch.optim.lr_scheduler.StepLR(self, 10, 0.1)

    def step(self, closure: Any = None) -> Any:
        found = super().step(closure)
        self.schedule.step()
        return found


def exchanged_betas(network: nn.Module, _: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.999, 0.9))
