"""Healthy projects of many shapes, written without reading a rule (E3): ``LATER_CLEAN``.

Written on 30 November 2026. Mistakes of ``later_faults`` are changes to these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from benchmarks.stories import later_data as made
from benchmarks.stories import later_networks as nets
from benchmarks.stories.fault_tasks import Parts, digits, table
from benchmarks.stories.later_data import PAD, records
from torch import nn
from torch.nn import functional

EMPTY = torch.zeros(0)
SETTINGS = {"lr": 2e-3}


@dataclass
class Later(Parts):
    """A task that may make its own batches and predictions."""

    collate: Callable[[Sequence[Any]], Any] | None = None
    predict: Callable[[Any], Any] | None = None
    metric_kind: str | None = None


def task(name: str, x: Any, y: Any, build: Callable[[], nn.Module], /, **changes: Any) -> Later:
    """Return a task over tensors or dicts of tensors, split at random, with ``changes``."""
    options: dict[str, Any] = {"x": x, "y": y, "build": build, "splits": records}
    options["config"] = dict(SETTINGS)
    if "minimize" in changes:
        options["maximize"] = None
    return Later(name, **(options | changes))


def share(is_so: torch.Tensor) -> torch.Tensor:
    return is_so.float().mean()


def by_token(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """Return how many tokens are right among those that count; tokens are the last axis."""
    return {"accuracy": share((outputs.argmax(-1) == targets)[targets > PAD])}


def f1(outputs: torch.Tensor, targets: torch.Tensor, *, above: float = 0.0) -> Mapping[str, Any]:
    guess, real = outputs > above, targets > 0.5
    right = (guess & real).sum()
    return {"f1": 2 * right / (guess.sum() + real.sum()).clamp(min=1)}


def rank_area(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """Return the area under the curve of scores, by ranks; ties count by half."""
    from scipy.stats import rankdata

    real, ranks = targets.numpy() > 0.5, rankdata(outputs.numpy())
    n, rest = int(real.sum()), int((~real).sum())
    return {"auc": (ranks[real].sum() - n * (n + 1) / 2) / max(1, n * rest)}


def mae(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"mae": (outputs - targets).abs().mean()}


def rmse(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"rmse": (outputs - targets).square().mean().sqrt()}


def explained(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    left = (outputs - targets).square().sum()
    return {"r2": 1 - left / (targets - targets.mean(0)).square().sum()}


def signals(**changes: Any) -> Later:
    return task("signals", *made.signals(), nets.OverTime, **changes)


def pieces(**changes: Any) -> Later:
    return task("signals in pieces", *made.signals(), nets.InTime, **changes)


def photos(*, norm: bool = False, **changes: Any) -> Later:
    build = partial(nets.over_image, 3, 12, 6, norm=norm)
    return task("colour photos", *made.pictures(), build, **changes)


def mean_overlap(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    guess = outputs.argmax(1)
    both = [((guess == c) & (targets == c)).sum() for c in range(3)]
    either = [((guess == c) | (targets == c)).sum().clamp(min=1) for c in range(3)]
    return {"iou": sum(b / e for b, e in zip(both, either, strict=True)) / 3}


def scenes(**changes: Any) -> Later:
    options = {"maximize": "iou", "score": mean_overlap}
    return task("pixels of scenes", *made.scenes(), nets.Scenes, **(options | changes))


def arrows(**changes: Any) -> Later:
    return task("arrows", *made.arrows(), partial(nets.over_image, 1, 10, 4), **changes)


def cost_of_spot(outputs: Any, targets: Any, *, of_box: float = 5.0) -> torch.Tensor:
    box = functional.smooth_l1_loss(outputs["box"], targets["box"], beta=0.1)
    return of_box * box + functional.cross_entropy(outputs["kind"], targets["kind"])


def score_of_spot(outputs: Any, targets: Any) -> Mapping[str, Any]:
    """Return how many have the right kind and a box that mostly overlaps."""
    (a, b), (c, d) = (
        (box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2)
        for box in (outputs["box"], targets["box"])
    )
    both = (torch.minimum(b, d) - torch.maximum(a, c)).clamp(min=0).prod(1)
    overlap = both / ((b - a).prod(1) + (d - c).prod(1) - both)
    right = outputs["kind"].argmax(1) == targets["kind"]
    return {"found": share(right & (overlap > 0.5)), "mean_iou": overlap.mean()}


def spots(**changes: Any) -> Later:
    options = {"maximize": "found", "cost": cost_of_spot, "score": score_of_spot}
    options["metric_kind"] = "rate"
    return task("a box and its kind", *made.spots(), nets.Spots, **(options | changes))


def marks(**changes: Any) -> Later:
    build = lambda: nn.Sequential(*nets.over_image(1, 16, 4), nn.Sigmoid())  # noqa: E731
    options = {"minimize": "mae", "cost": functional.mse_loss, "score": mae}
    return task("places of two marks", *made.marks(), build, **(options | changes))


def reviews(**changes: Any) -> Later:
    words, lengths, y = made.reviews()
    return task("reviews", {"words": words, "lengths": lengths}, y, nets.Reader, **changes)


def in_lists(x: Any, y: torch.Tensor, split: str, seed: int) -> Any:
    """Return texts as lists of words, each as long as it is."""
    words, lengths = x
    places = made.places_of(len(y), split, seed)
    if places is None:
        return None
    return [(words[i, : lengths[i]], y[i]) for i in places.tolist()]


def filled(examples: Sequence[Any]) -> Any:
    words = nn.utils.rnn.pad_sequence([text for text, _ in examples], batch_first=True)
    return words, torch.stack([label for _, label in examples])


def lists(**changes: Any) -> Later:
    words, lengths, y = made.reviews()
    options = {"splits": in_lists, "collate": filled}
    return task("reviews in lists", (words, lengths), y, nets.Attentive, **(options | changes))


def tags(**changes: Any) -> Later:
    options: dict[str, Any] = {"maximize": "f1", "score": f1, "config": {"lr": 5e-3}}
    options["cost"] = functional.binary_cross_entropy_with_logits
    return task("tags", *made.tags(), partial(nets.Bag, 8), **(options | changes))


def cost_of_tokens(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), ignore_index=-100)


def in_order_of_tokens(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": share((outputs.argmax(-1) == targets)[targets >= 0])}


def second_axis(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": share(outputs.argmax(1) == targets)}


def chains(**changes: Any) -> Later:
    found = made.chains()
    options = {"cost": cost_of_tokens, "score": in_order_of_tokens}
    return task("next tokens", found[:, :-1], found[:, 1:], nets.Chain, **(options | changes))


def chains_second(**changes: Any) -> Later:
    """The vocabulary is the second axis of the outputs, as ``cross_entropy`` wants it."""
    options: dict[str, Any] = {"cost": functional.cross_entropy, "score": second_axis}
    options["build"] = partial(nets.Chain, vocabulary_second=True)
    return chains(**(options | changes))


def hidden_tokens(**changes: Any) -> Later:
    """One in six tokens is hidden behind a sign of its own; the rest count for nothing."""
    found = made.chains(order=1)[:, 1:]
    hidden = torch.rand(found.shape, generator=torch.Generator().manual_seed(21)) < 1 / 6
    x, y = found.masked_fill(hidden, made.N_TOKENS), found.masked_fill(~hidden, -100)
    build = lambda: nets.CausalChain(made.N_TOKENS + 1, causal=False)  # noqa: E731
    options: dict[str, Any] = {"cost": cost_of_tokens, "score": in_order_of_tokens}
    return task("hidden tokens", x, y, build, **(options | changes))


def cost_of_phrase(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), ignore_index=PAD)


def phrases(**changes: Any) -> Later:
    options = {"cost": cost_of_phrase, "score": by_token, "config": {"lr": 5e-3}}
    return task("phrases", *made.phrases(), nets.Translator, **(options | changes))


def houses(**changes: Any) -> Later:
    x, price = made.houses()
    options = {"minimize": "rmse", "cost": functional.mse_loss, "score": rmse}
    y = (price.log() - 5.5) / 0.7
    return task("houses", x, y, nets.Houses, **(options | changes))


def customers(**changes: Any) -> Later:
    build = lambda: nn.Sequential(nets.Dropped(12, 1, share=0.4), nn.Flatten(0))  # noqa: E731
    weight = torch.tensor(4.0)
    cost = partial(functional.binary_cross_entropy_with_logits, pos_weight=weight)
    options: dict[str, Any] = {"maximize": "auc", "cost": cost, "score": rank_area}
    options["config"] = {"lr": 1e-3, "optimizer": "adamw", "weight_decay": 0.05}
    return task("customers who leave", *made.customers(), build, **(options | changes))


def moons(**changes: Any) -> Later:
    return task("signs of products", *made.moons(), partial(nets.dense, 6, 2), **changes)


def tumours(**changes: Any) -> Later:
    x, y = table("breast_cancer")
    options = {"config": {"lr": 1e-3, "optimizer": "adamw", "weight_decay": 0.05}}
    return task("tumours", x, y, partial(nets.dense, 30, 2, 8), **(options | changes))


def walk(**changes: Any) -> Later:
    options = {"minimize": "rmse", "cost": functional.mse_loss, "score": rmse}
    options |= {"splits": apart, "config": {"lr": 1e-3, "optimizer": "adamw", "weight_decay": 0.1}}
    return task(
        "windows of a walk", *made.walk(), partial(nets.dense, 25, 1, 8), **(options | changes)
    )


def apart(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Return windows in order of time, with a gap between the splits."""
    a, b, gap, n = int(0.6 * len(y)), int(0.8 * len(y)), 36, len(y)
    ranges = {"train": (0, a - gap), "train-val": (a, b - gap), "test": (b, n)}
    if split not in ranges:
        return None
    start, end = ranges[split]
    return made.Records(x[start:end], y[start:end])


def events(**changes: Any) -> Later:
    build = lambda: nn.Sequential(nets.dense(8, 1, 12), nn.Flatten(0))  # noqa: E731
    score = lambda o, y: {"deviance": functional.poisson_nll_loss(o, y, full=True)}  # noqa: E731
    options = {"minimize": "deviance", "cost": functional.poisson_nll_loss, "score": score}
    options["metric_kind"] = "loss"
    return task("numbers of events", *made.events(), build, **(options | changes))


def likelihood(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the negative logarithm of a normal density, which may lie below zero."""
    mean, log_variance = outputs.chunk(2, 1)
    return 0.5 * (log_variance + (targets - mean).square() * (-log_variance).exp()).mean()


def bends(**changes: Any) -> Later:
    score = lambda o, y: rmse(o[:, :1], y)  # noqa: E731
    options = {"minimize": "rmse", "cost": likelihood, "score": score}
    return task(
        "a curve and its noise", *made.bends(), partial(nets.dense, 2, 2), **(options | changes)
    )


def pinball(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    levels = torch.tensor([0.1, 0.5, 0.9])
    missed = targets - outputs
    return torch.maximum(levels * missed, (levels - 1) * missed).mean()


def quantiles(**changes: Any) -> Later:
    score = lambda o, y: {"pinball": pinball(o, y)}  # noqa: E731
    options = {"minimize": "pinball", "cost": pinball, "score": score, "metric_kind": "loss"}
    return task("three quantiles", *made.bends(), partial(nets.dense, 2, 3), **(options | changes))


def ratings(**changes: Any) -> Later:
    options: dict[str, Any] = {"minimize": "rmse", "cost": functional.mse_loss, "score": rmse}
    options["config"] = {"lr": 1e-2, "weight_decay": 1e-4, "optimizer": "adamw"}
    return task("ratings", *made.ratings(), nets.Recommender, **(options | changes))


@lru_cache
def pairs_of_digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Two images, half of them of the same digit."""
    x, y = digits()
    rng = np.random.default_rng(22)
    first = rng.integers(len(y), size=1400)
    second = np.array(
        [rng.choice(np.flatnonzero((y == y[i]).numpy())) if k % 2 else rng.integers(len(y))
         for k, i in enumerate(first)]
    )  # fmt: skip
    return torch.stack([x[first].flatten(1), x[second].flatten(1)], 1), (
        y[first] == y[second]
    ).float()


def contrastive(distance: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    return (same * distance**2 + (1 - same) * (1 - distance).clamp(min=0) ** 2).mean()


def pairs(**changes: Any) -> Later:
    score = lambda d, same: {"accuracy": share((d < 0.5) == (same > 0.5))}  # noqa: E731
    options = {"cost": contrastive, "score": score}
    return task("pairs of digits", *pairs_of_digits(), nets.Twins, **(options | changes))


def triplets(**changes: Any) -> Later:
    x, y = digits()
    rng = np.random.default_rng(23)
    groups = [np.flatnonzero((y == c).numpy()) for c in range(10)]
    labels = rng.integers(10, size=1200)
    others = (labels + rng.integers(1, 10, size=1200)) % 10
    places = [
        [*rng.choice(groups[a], 2), rng.choice(groups[b])]
        for a, b in zip(labels, others, strict=True)
    ]

    def away(out: torch.Tensor) -> torch.Tensor:
        return (out[:, :1] - out[:, 1:]).square().sum(2)

    def cost(out: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return (away(out)[:, 0] - away(out)[:, 1] + 0.3).clamp(min=0).mean()

    score = lambda o, _: {"accuracy": share(away(o)[:, 0] < away(o)[:, 1])}  # noqa: E731
    options = {"cost": cost, "score": score}
    images = x.flatten(1)[torch.tensor(np.array(places))]
    return task("triplets", images, torch.tensor(labels), nets.Triplets, **(options | changes))


def clouds(**changes: Any) -> Later:
    return task("clouds of points", *made.clouds(), nets.Cloud, **changes)


def graphs(**changes: Any) -> Later:
    return task("graphs", *made.graphs(), nets.Graph, **changes)


def cost_of_drawing(outputs: Any, targets: torch.Tensor, *, of_code: float = 0.002) -> torch.Tensor:
    mean, log_variance = outputs["mean"], outputs["log_variance"]
    code = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(1).mean()
    return functional.mse_loss(outputs["image"], targets) + of_code * code


def drawings(**changes: Any) -> Later:
    x = digits()[0].flatten(1)
    score = lambda o, y: {"mse": functional.mse_loss(o["image"], y)}  # noqa: E731
    options = {"minimize": "mse", "cost": cost_of_drawing, "score": score}
    return task("drawings", x, x, nets.Drawer, **(options | changes))


def transferred(**changes: Any) -> Later:
    x, y = digits()
    x = x.flatten(1)
    kept = torch.linalg.svd(x - x.mean(0), full_matrices=False)[2][:24]
    options = {"config": {"lr": 1e-2}}
    return task("a kept body", x, y, lambda: nets.Halves(kept, 10), **(options | changes))


def patients(**changes: Any) -> Later:
    x, y, who = made.patients()
    options = {"splits": by_patient}
    return task("patients", (x, who), y, partial(nets.dense, 16, 2, 32), **(options | changes))


def by_patient(x: Any, y: torch.Tensor, split: str, seed: int) -> Any:
    values, who = x
    people = made.places_of(int(who.max()) + 1, split, seed)
    if people is None:
        return None
    here = torch.isin(who, people)
    return made.Records(values[here], y[here])


class Cosine(torch.optim.AdamW):
    """An optimizer that lowers its own rate and clips the gradient."""

    def __init__(self, network: nn.Module, rate: float, n: int) -> None:
        heads = [p for p in network.parameters() if p.dim() < 2]
        rest = [p for p in network.parameters() if p.dim() >= 2]
        super().__init__([{"params": rest, "weight_decay": 0.01}, {"params": heads}], lr=rate)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self, n, eta_min=rate / 20)

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            nn.utils.clip_grad_norm_(group["params"], 1.0)
        found = super().step(closure)
        self.schedule.step()
        return found


def jittered(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Shift a signal in time and change its height a little."""
    by = int(torch.randint(-6, 7, ()))
    return x.roll(by, 2) * (0.8 + 0.4 * torch.rand(len(x), 1, 1)), y


smoothed = partial(functional.cross_entropy, label_smoothing=0.1)

LATER_CLEAN: tuple[Callable[[], Later], ...] = (
    signals, pieces, photos, scenes, arrows, spots, marks, reviews, lists, tags, chains,
    chains_second, hidden_tokens, phrases, houses, customers, moons, walk, events, bends, quantiles,
    ratings, pairs, triplets, clouds, graphs, drawings, transferred,
    lambda: signals(augment=jittered, optimizer=lambda net, _: Cosine(net, 3e-3, 2000)),
    lambda: photos(
        norm=True, cost=smoothed,
        config={"lr": 0.05, "optimizer": "nesterov", "schedule": "cosine"},
    ),
)  # fmt: skip
"""Healthy projects."""
