"""Healthy tasks of many shapes, which a hasty checker would accuse, for the fault hunt.

Written on 30 November 2026. ``SILENT_CLEAN`` has them all; the functions that make them are where
``silent_faults`` plants its mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from benchmarks.stories.fault_tasks import Parts, digits, divided, layers, table
from benchmarks.stories.silent_data import (
    Causal,
    Chain,
    Detector,
    Drawn,
    Halves,
    Mixed,
    OnFrozenBody,
    Planned,
    Shaped,
    Siamese,
    Tagger,
    Translator,
    Variational,
    arms,
    boxes,
    chains,
    counts,
    halves,
    leaning,
    listed,
    padded,
    pairs,
    prices,
    rare,
    scenes,
    segmenter,
    tagged,
    translations,
)
from torch import nn
from torch.nn import functional
from torch.utils.data import TensorDataset

FAST: Mapping[str, Any] = {"lr": 3e-3}
ON_ERROR: Mapping[str, Any] = {"maximize": None, "minimize": "mse"}


def flat_cross_entropy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of B x T x V; padding of -100 is left out."""
    return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())


def token_accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """Accuracy of B x T x V over what is no padding."""
    kept = targets != -100
    return {"accuracy": (outputs.argmax(2) == targets)[kept].float().mean()}


def mean_squared(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"mse": (outputs - targets).square().mean()}


def next_token(build: Callable[[], nn.Module] = Chain, **changes: Any) -> Shaped:
    tokens = chains()
    options = {"score": token_accuracy, "config": dict(FAST)}
    made = tokens[:, :-1], tokens[:, 1:], build, changes.pop("cost", flat_cross_entropy)
    return Shaped(changes.pop("name", "next token"), *made, **(options | changes))


def next_token_channels_first() -> Shaped:
    score = lambda o, y: {"accuracy": (o.argmax(1) == y).float().mean()}  # noqa: E731
    return next_token(
        lambda: Causal(channels_first=True), name="next token, channels first", score=score,
        cost=functional.cross_entropy,
    )  # fmt: skip


def mean_iou(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """Intersection over union, averaged over the classes that occur."""
    guess, found = outputs.argmax(1), []
    for k in range(outputs.shape[1]):
        union = ((guess == k) | (targets == k)).sum()
        if union > 0:
            found.append(((guess == k) & (targets == k)).sum() / union)
    return {"iou": torch.stack(found).mean()}


def flipped(x: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirror half of the images together with their masks."""
    chosen = torch.rand(len(x)) < 0.5
    x = torch.where(chosen[:, None, None, None], x.flip(3), x)
    return x, torch.where(chosen[:, None, None], masks.flip(2), masks)


def segmentation(**changes: Any) -> Shaped:
    options = {"score": mean_iou, "maximize": "iou", "augment": flipped, "build": segmenter}
    options |= {"config": {"lr": 3e-3, "batch_size": 32}}
    x, y = scenes()
    return Shaped("pixels", x=x, y=y, **(options | changes))


def box_cost(outputs: Any, targets: Any) -> torch.Tensor:
    place = functional.smooth_l1_loss(outputs["box"], targets["box"], beta=0.1)
    return 5 * place + functional.cross_entropy(outputs["kind"], targets["kind"])


def box_score(outputs: Any, targets: Any) -> Mapping[str, Any]:
    a, b = outputs["box"], targets["box"]
    inner = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    area = lambda box: (box[:, 2:] - box[:, :2]).clamp(min=0).prod(1)  # noqa: E731
    iou = inner.prod(1) / (area(a) + area(b) - inner.prod(1))
    right = (outputs["kind"].argmax(1) == targets["kind"]).float().mean()
    return {"iou": iou.mean(), "kind_accuracy": right}


def detection(**changes: Any) -> Shaped:
    options = {"score": box_score, "maximize": "iou", "splits": listed(boxes())}
    options |= {"cost": box_cost, "config": dict(FAST)}
    made = torch.zeros(1), torch.zeros(1), Detector
    return Shaped("one box", *made, **(options | changes))


def tagging(**changes: Any) -> Shaped:
    options = {"score": token_accuracy, "splits": listed(tagged()), "collate": padded}
    options |= {"cost": flat_cross_entropy, "config": dict(FAST), "build": Tagger}
    return Shaped("tags", x=torch.zeros(1), y=torch.zeros(1), **(options | changes))


def unpadded_cross_entropy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), ignore_index=0)


def unpadded_accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": (outputs.argmax(2) == targets)[targets != 0].float().mean()}


def translation(build: Callable[[], nn.Module] = Translator, **changes: Any) -> Shaped:
    options = {"score": unpadded_accuracy, "splits": listed(translations())}
    options |= {"cost": unpadded_cross_entropy, "config": {"lr": 5e-3}}
    made = torch.zeros(1), torch.zeros(1), build
    return Shaped("translation", *made, **(options | changes))


def margin(distances: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    apart = functional.relu(1 - distances)
    return (same * distances + (1 - same) * apart).float().mean()


def apart(x: Any, y: Any, split: str, seed: int) -> Any:
    return pairs(split)


def same_or_not(**changes: Any) -> Shaped:
    score = lambda d, y: {"accuracy": ((d < 0.5) == (y > 0.5)).float().mean()}  # noqa: E731
    options = {"cost": margin, "score": score, "splits": apart, "config": dict(FAST)}
    return Shaped("same digit", torch.zeros(1), torch.zeros(1), Siamese, **(options | changes))


def in_batch(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Each left half should be nearest to its own right half, among those of the batch."""
    return functional.cross_entropy(
        outputs[:, 0] @ outputs[:, 1].T * 10, torch.arange(len(outputs))
    )


def retrieved(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    best = (outputs[:, 0] @ outputs[:, 1].T).topk(5, 1).indices
    return {"recall": (best == torch.arange(len(outputs))[:, None]).any(1).float().mean()}


def matching() -> Shaped:
    x = halves()
    options = {"score": retrieved, "maximize": "recall", "config": dict(FAST)}
    return Shaped("matching halves", x, torch.arange(len(x)), Halves, in_batch, **options)


def poisson(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.poisson_nll_loss(outputs.squeeze(1), targets.float())


def deviance(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    y, mean = targets.float(), outputs.squeeze(1).exp()
    return {"deviance": 2 * (torch.xlogy(y, y / mean) - y + mean).mean()}


def counting() -> Shaped:
    options = {"score": deviance, "maximize": None, "minimize": "deviance", "config": dict(FAST)}
    return Shaped("counts", *counts(), lambda: layers(6, 1), poisson, **options)


def likelihood(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    mean, spread = outputs[:, :2], outputs[:, 2:].clamp(-8, 4)
    return (0.5 * spread + 0.5 * (targets - mean).square() * torch.exp(-spread)).mean()


def arm(build: Callable[[], nn.Module] = lambda: layers(2, 2), **changes: Any) -> Shaped:
    options = {"score": mean_squared, "cost": functional.mse_loss, "config": dict(FAST)}
    return Shaped(
        changes.pop("name", "arm"), *arms(), build, **(options | dict(ON_ERROR) | changes)
    )


def arm_with_spread() -> Shaped:
    score = lambda o, y: mean_squared(o[:, :2], y)  # noqa: E731
    return arm(lambda: layers(2, 4), name="arm, with spread", cost=likelihood, score=score)


def arm_within_range() -> Shaped:
    x, y = arms()
    made = arm(lambda: nn.Sequential(layers(2, 2), nn.Tanh()), name="arm, within range")
    made.x, made.y = x, (y / 2.2).clamp(-1, 1)
    return made


def pinball(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Three quantiles of one target: B x 3 against B x 1 is meant."""
    levels, gap = torch.tensor([0.1, 0.5, 0.9]), targets - outputs
    return torch.maximum(levels * gap, (levels - 1) * gap).mean()


def quantiles() -> Shaped:
    x, y = table("diabetes")
    score = lambda o, t: {"pinball": pinball(o, t)}  # noqa: E731
    options = {"score": score, "maximize": None, "minimize": "pinball", "config": dict(FAST)}
    return Shaped("quantiles", x, y[:, None], lambda: layers(10, 3), pinball, **options)


def bound(outputs: Any, targets: torch.Tensor) -> torch.Tensor:
    """Squared errors added up over an image, averaged over images, and the cost of a code."""
    error = (outputs["image"] - targets).square().flatten(1).sum(1)
    mean, spread = outputs["mean"], outputs["spread"]
    cost = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1)
    return (error + 0.1 * cost).mean()


def coding() -> Shaped:
    x, _ = digits()
    score = lambda o, y: mean_squared(o["image"], y)  # noqa: E731
    return Shaped("codes", x, x, Variational, bound, score=score, **ON_ERROR, config=dict(FAST))


def denoising() -> Shaped:
    x, _ = digits()
    build = lambda: nn.Sequential(layers(64, 64), nn.Unflatten(1, (1, 8, 8)))  # noqa: E731
    noise = lambda x, y: (x + 0.2 * torch.randn_like(x), y)  # noqa: E731
    options = dict(ON_ERROR) | {"score": mean_squared, "augment": noise, "config": dict(FAST)}
    return Shaped("denoising", x, x, build, functional.mse_loss, **options)


def other_digits() -> Shaped:
    x, y = digits()
    only_head = lambda net, config: torch.optim.Adam(net.head.parameters(), lr=3e-3)  # noqa: E731
    return Shaped("digits 5 to 9", x[y > 4], y[y > 4] - 5, OnFrozenBody, optimizer=only_head)


def digit(name: str, build: Callable[[], nn.Module], **changes: Any) -> Shaped:
    return Shaped(f"digits, {name}", *digits(), build, **({"config": dict(FAST)} | changes))


def dropping() -> nn.Module:
    return nn.Sequential(
        nn.Dropout2d(0.1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(64, 96), nn.ReLU(),
        nn.Dropout(0.3), nn.Linear(96, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10),
    )  # fmt: skip


def with_norm(norm: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(64, 48), norm(), nn.ReLU(), nn.Linear(48, 10)
    )


def grouped() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.GroupNorm(4, 16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 16, 3, padding=1), nn.GroupNorm(4, 16), nn.ReLU(), nn.Flatten(),
        nn.Linear(256, 10),
    )  # fmt: skip


def mixed_up(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mix each example with another one of its batch, and their labels alike."""
    order, soft = torch.randperm(len(y)), functional.one_hot(y, 10).float()
    share = float(torch.distributions.Beta(0.4, 0.4).sample())
    return share * x + (1 - share) * x[order], share * soft + (1 - share) * soft[order]


def often_mislabelled() -> Shaped:
    _, y = digits()
    rng = torch.Generator().manual_seed(3)
    wrong = torch.rand(len(y), generator=rng) < 0.2
    made = digit("a fifth mislabelled", lambda: layers(64, 10, dropout=0.3))
    made.y = torch.where(wrong, torch.randint(10, y.shape, generator=rng), y)
    return made


def balanced(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    guess = outputs.argmax(1)
    found = [(guess[targets == k] == k).float().mean() for k in targets.unique()]
    return {"balanced_accuracy": torch.stack(found).mean()}


def seldom(**changes: Any) -> Shaped:
    weigh = lambda o, y: functional.cross_entropy(o, y, torch.tensor([0.53, 8.0]))  # noqa: E731
    options = {"cost": weigh, "score": balanced, "maximize": "balanced_accuracy"}
    options |= {"build": lambda: layers(10, 2)}
    x, y = rare()
    return Shaped(changes.pop("name", "seldom ill"), x=x, y=y, **(options | changes))


def oversampled(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Show the ill ten times as often in training, and nowhere else."""
    found = divided(x, y, split, seed)
    if split != "train" or found is None:
        return found
    x, y = found.tensors
    return TensorDataset(
        torch.cat([x, x[y == 1].repeat(9, 1)]), torch.cat([y, y[y == 1].repeat(9)])
    )


def seldom_shown_often() -> Shaped:
    cost = functional.cross_entropy
    return seldom(name="seldom ill, shown often", splits=oversampled, cost=cost)


def tiny() -> Shaped:
    x, y = table("iris")
    return Shaped("90 flowers", x[::2], y[::2], lambda: layers(4, 3), config={"batch_size": 16})


def raw_table(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn import datasets

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


def by_training_statistics(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    base, found = divided(x, y, "train", seed).tensors[0], divided(x, y, split, seed)
    if found is None:
        return None
    return TensorDataset((found.tensors[0] - base.mean(0)) / base.std(0), found.tensors[1])


def priced(**changes: Any) -> Shaped:
    options = {"score": mean_squared, "splits": listed(prices()), "cost": functional.mse_loss}
    options |= {"config": dict(FAST)} | dict(ON_ERROR)
    return Shaped("prices", torch.zeros(1), torch.zeros(1), Mixed, **(options | changes))


def in_time(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Split by time, with a gap as long as a window."""
    a, b, n = int(0.6 * len(y)), int(0.8 * len(y)), len(y)
    chosen = {"train": slice(0, a - 28), "train-val": slice(a, b - 28), "test": slice(b, n)}
    return TensorDataset(x[chosen[split]], y[chosen[split]]) if split in chosen else None


def forecast() -> Shaped:
    t, rng = np.arange(1200), np.random.default_rng(0)
    series = np.sin(t / 4) + 0.5 * np.sin(t / 11) + rng.normal(0, 0.15, len(t))
    windows = torch.tensor(series, dtype=torch.float32).unfold(0, 28, 1)
    options = {"score": mean_squared, "splits": in_time, "config": dict(FAST)} | dict(ON_ERROR)
    made = windows[:, :24], windows[:, 24:], lambda: layers(24, 4), functional.mse_loss
    return Shaped("forecast", *made, **options)


def years() -> Shaped:
    x, y = raw_table("diabetes")
    cost = lambda o, t: functional.l1_loss(o.squeeze(1), t.float())  # noqa: E731
    score = lambda o, t: {"mae": cost(o, t)}  # noqa: E731
    options = {"score": score, "maximize": None, "minimize": "mae", "config": {"lr": 1e-2}}
    build = lambda: nn.Sequential(layers(10, 1))  # noqa: E731
    x = (x - x.mean(0)) / x.std(0)
    return Shaped("whole numbers", x, (y / 5).round().long(), build, cost, **options)


def several(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    guess = outputs > 0
    right = (guess & (targets > 0.5)).sum(0)
    return {"f1": (2 * right / (guess.sum(0) + targets.sum(0)).clamp(min=1)).mean()}


def attributes(**changes: Any) -> Shaped:
    x, y = digits()
    labels = torch.stack([y == 3, y % 5 == 0, y > 6, y == 8], 1).float()
    weight = torch.tensor([9.0, 4.0, 2.0, 9.0])
    cost = lambda o, t: functional.binary_cross_entropy_with_logits(o, t, pos_weight=weight)  # noqa: E731
    options = {"score": several, "maximize": "f1", "cost": cost, "config": dict(FAST)}
    return Shaped("attributes", x, labels, lambda: layers(64, 4), **(options | changes))


def smoothed(o: torch.Tensor, y: torch.Tensor, label_smoothing: float = 0.0) -> torch.Tensor:
    return functional.cross_entropy(o, y, label_smoothing=label_smoothing)


class Smoothing(Shaped):
    """A task whose loss takes the share of smoothing."""

    def loss(self, outputs: Any, targets: Any, label_smoothing: float = 0.0) -> torch.Tensor:
        return smoothed(outputs, targets, label_smoothing)


def smoothing() -> Smoothing:
    config = {"label_smoothing": 0.1, "lr": 3e-3}
    return Smoothing("digits, smoothed", *digits(), lambda: layers(64, 10), config=config)


def stroke(**changes: Any) -> Shaped:
    build = lambda: nn.Sequential(  # noqa: E731
        nn.Conv2d(1, 8, 5, padding=2), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveMaxPool2d(4),
        nn.Flatten(), nn.Linear(128, 2),
    )  # fmt: skip
    return Shaped("leaning", *leaning(), build, **({"config": dict(FAST)} | changes))


def uncertain(**changes: Any) -> Shaped:
    """Inputs that tell little of their labels, so that logits are near to 0."""
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(1500, 6)), dtype=torch.float32)
    chance = torch.sigmoid(0.8 * (x[:, :1] - x[:, 1:2]))
    y = (torch.tensor(rng.random((1500, 1)), dtype=torch.float32) < chance).float()
    made = x, y, lambda: layers(6, 1), functional.binary_cross_entropy_with_logits
    right = lambda o, t: {"accuracy": ((o > 0) == (t > 0.5)).float().mean()}  # noqa: E731
    return Shaped("uncertain", *made, **({"score": right} | changes))


def drawn(n_seeds: int = 800) -> Shaped:
    def splits(x: Any, y: Any, split: str, seed: int) -> Any:
        sizes = {"train": (800, 0, n_seeds), "train-val": (300, 10**4, 300)}
        return Drawn(*sizes[split]) if split in sizes else None

    options = {"score": mean_squared, "splits": splits, "config": dict(FAST)}
    made = torch.zeros(1), torch.zeros(1), lambda: layers(6, 1), functional.mse_loss
    return Shaped("drawn", *made, maximize=None, minimize="mse", **options)


SILENT_CLEAN: tuple[Callable[[], Parts], ...] = (
    segmentation,
    next_token,
    next_token_channels_first,
    lambda: next_token(lambda: Causal(tied="shared"), name="next token, tied"),
    detection,
    tagging,
    translation,
    same_or_not,
    matching,
    counting,
    arm,
    arm_with_spread,
    arm_within_range,
    quantiles,
    coding,
    denoising,
    other_digits,
    lambda: digit("dropping everywhere", dropping),
    lambda: digit("layers normalized", with_norm(lambda: nn.LayerNorm(48))),
    lambda: digit("groups normalized", grouped),
    lambda: digit("mixed up", lambda: layers(64, 10), augment=mixed_up),
    often_mislabelled,
    seldom,
    seldom_shown_often,
    tiny,
    lambda: Shaped(
        "wine, standardized", *raw_table("wine"), lambda: layers(13, 3),
        splits=by_training_statistics, config={"lr": 1e-3, "batch_size": 32},
    ),
    lambda: digit("planned", grouped, optimizer=lambda net, config: Planned(net, 3e-3)),
    priced,
    forecast,
    years,
    attributes,
    smoothing,
    stroke,
    uncertain,
    drawn,
)  # fmt: skip
"""Healthy tasks: a few hundred updates make them clearly better than a trivial answer."""
