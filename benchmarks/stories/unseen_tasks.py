"""Healthy tasks that the authors of the rules have not seen: ``UNSEEN_CLEAN``.

Written on 30 November 2026. The base tasks here are also what the mistakes are planted in;
the unusual ones, which a hasty checker would accuse, are in ``unseen_hard``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from benchmarks.stories import unseen_data as made
from benchmarks.stories import unseen_networks as nets
from benchmarks.stories.fault_tasks import Parts, digits, table
from benchmarks.stories.unseen_data import IGNORED, Whole
from benchmarks.stories.unseen_hard import HARD_CLEAN
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations


def error(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"mse": functional.mse_loss(outputs, targets.float())}


def overlap(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """Mean intersection over union of the classes of pixels."""
    guess = outputs.argmax(1)
    both = [((guess == k) & (targets == k)).sum() for k in range(outputs.shape[1])]
    either = [((guess == k) | (targets == k)).sum() for k in range(outputs.shape[1])]
    return {
        "iou": torch.stack([a / b.clamp(min=1) for a, b in zip(both, either, strict=True)]).mean()
    }


def segmentation(**changes: Any) -> Parts:
    options = {"maximize": "iou", "score": overlap, "config": {"lr": 5e-3, "batch_size": 32}}
    return Whole("unseen: pixels", *made.masks(), nets.pixelwise, **(options | changes))


def detection_cost(outputs: Any, targets: Any) -> torch.Tensor:
    where = functional.smooth_l1_loss(outputs["box"], targets["box"], beta=0.1)
    return 5 * where + functional.cross_entropy(outputs["kind"], targets["kind"])


def box_overlap(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Intersection over union of boxes given by their corners."""
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    both = (high - low).clamp(min=0).prod(1)
    areas = [(box[:, 2:] - box[:, :2]).clamp(min=0).prod(1) for box in (a, b)]
    return both / (areas[0] + areas[1] - both).clamp(min=1e-6)


def found_boxes(outputs: Any, targets: Any) -> Mapping[str, Any]:
    right = (outputs["kind"].argmax(1) == targets["kind"]).float()
    return {"iou": box_overlap(outputs["box"], targets["box"]).mean(), "accuracy": right.mean()}


def detection(**changes: Any) -> Parts:
    options = {
        "cost": detection_cost,
        "maximize": "iou",
        "score": found_boxes,
        "config": {"lr": 3e-3, "batch_size": 32},
    }
    return Whole("unseen: boxes", *made.boxes(), nets.Detector, **(options | changes))


def speech_cost(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())


def perplexity(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"perplexity": speech_cost(outputs, targets).exp()}


def next_word(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": (outputs.argmax(2) == targets).float().mean()}


def speaking(build: Callable[[], nn.Module] = nets.Decoder, **changes: Any) -> Parts:
    words = made.language()
    options = {
        "cost": speech_cost,
        "maximize": None,
        "minimize": "perplexity",
        "score": perplexity,
        "config": {"lr": 5e-3, "batch_size": 32},
    }
    return Whole("unseen: next word", words[:, :-1], words[:, 1:], build, **(options | changes))


def turned_score(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


def translation_cost(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.transpose(1, 2), targets, ignore_index=0)


def translated(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    real = targets != 0
    return {"accuracy": (outputs.argmax(2) == targets)[real].float().mean()}


def translation(build: Callable[[], nn.Module] = nets.Translator, **changes: Any) -> Parts:
    options = {
        "cost": translation_cost,
        "score": translated,
        "config": {"lr": 1e-2, "batch_size": 64},
    }
    return Whole("unseen: translation", *made.translations(), build, **(options | changes))


def tag_cost(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.transpose(1, 2), targets, ignore_index=IGNORED)


def tagged(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    real = targets != IGNORED
    return {"accuracy": (outputs.argmax(2) == targets)[real].float().mean()}


def tagging(**changes: Any) -> Parts:
    options = {
        "cost": tag_cost,
        "score": tagged,
        "collate": made.padded_tags,
        "config": {"lr": 1e-2, "batch_size": 32},
    }
    return Whole("unseen: tags", *made.tags(), nets.Tagger, **(options | changes))


def forecast(**changes: Any) -> Parts:
    options = {
        "cost": functional.mse_loss,
        "maximize": None,
        "minimize": "mse",
        "score": error,
        "splits": made.in_time,
        "config": {"lr": 3e-3, "batch_size": 32},
    }
    build = lambda: nets.dense(24, 1, 32)  # noqa: E731
    return Whole("unseen: forecast", *made.series(), build, **(options | changes))


def auc(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    """How often a row of class 1 has a higher score than one of class 0."""
    score = outputs[:, 1] - outputs[:, 0] if outputs.shape[1] == 2 else outputs[:, 0]
    ill, well = score[targets.flatten() == 1], score[targets.flatten() == 0]
    return {"auc": (ill[:, None] > well[None]).float().mean()}


def balanced(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    right = outputs.argmax(1) == targets
    shares = [right[targets == k].float().mean() for k in targets.unique()]
    return {"accuracy": torch.stack(shares).mean()}


def heavier(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs, targets, weight=torch.tensor([1.0, 10.0]))


def rare_class(**changes: Any) -> Parts:
    options = {"cost": heavier, "score": balanced, "config": {"lr": 3e-3}}
    build = lambda: nets.dense(8, 2)  # noqa: E731
    return Whole("unseen: rare class", *made.rare(), build, **(options | changes))


def rating(**changes: Any) -> Parts:
    options = {
        "cost": functional.mse_loss,
        "maximize": None,
        "minimize": "mse",
        "score": error,
        "config": {"lr": 2e-2, "weight_decay": 1e-3},
    }
    return Whole("unseen: ratings", *made.ratings(), nets.Tastes, **(options | changes))


def graph(**changes: Any) -> Parts:
    options = {"config": {"lr": 5e-3, "batch_size": 32}}
    return Whole("unseen: graphs", *made.graphs(), nets.OfGraphs, **(options | changes))


def cloud(**changes: Any) -> Parts:
    options = {
        "cost": functional.mse_loss,
        "maximize": None,
        "minimize": "mse",
        "score": error,
        "collate": made.padded_clouds,
        "config": {"lr": 5e-3, "batch_size": 32},
    }
    return Whole("unseen: clouds", *made.clouds(), nets.OfSets, **(options | changes))


def house(**changes: Any) -> Parts:
    options = {
        "cost": functional.mse_loss,
        "maximize": None,
        "minimize": "mse",
        "score": error,
        "config": {"lr": 3e-3},
    }
    build = changes.pop("build", lambda: nets.dense(9, 1))
    return Whole("unseen: houses", *made.houses(), build, **(options | changes))


def visit(**changes: Any) -> Parts:
    options = {
        "cost": lambda o, y: functional.poisson_nll_loss(o, y.float()),
        "maximize": None,
        "minimize": "mae",
        "score": lambda o, y: {"mae": (o.exp() - y).abs().mean()},
        "config": {"lr": 3e-3},
    }
    build = lambda: nets.dense(6, 1)  # noqa: E731
    return Whole("unseen: visits", *made.visits(), build, **(options | changes))


def colour(**changes: Any) -> Parts:
    options = {"config": {"lr": 2e-3, "batch_size": 32}}
    return Whole(
        "unseen: colours", *made.colours(), lambda: nets.seeing(3, 8, 4), **(options | changes)
    )


def arrow(**changes: Any) -> Parts:
    options = {"config": {"lr": 2e-3, "batch_size": 32}}
    return Whole(
        "unseen: arrows", *made.arrows(), lambda: nets.seeing(1, 10, 4), **(options | changes)
    )


def signal(**changes: Any) -> Parts:
    options = {"config": {"lr": 5e-3, "batch_size": 32}}
    return Whole("unseen: signals", *made.signals(), nets.Waves, **(options | changes))


def twin(**changes: Any) -> Parts:
    options = {"config": {"lr": 3e-3}}
    return Whole("unseen: twins", *made.twins(), nets.Siamese, **(options | changes))


def numeral(
    name: str = "mlp", build: Callable[[], nn.Module] | None = None, **changes: Any
) -> Parts:
    options = {"config": {"lr": 2e-3}}
    build = build or (lambda: nets.dense(64, 10))
    return Whole(f"unseen: digits, {name}", *digits(), build, **(options | changes))


def sheet(name: str = "wine", **changes: Any) -> Parts:
    x, y = table(name)
    options = {"config": {"lr": 3e-3, "batch_size": 16}}
    build = changes.pop("build", lambda: nets.dense(x.shape[1], int(y.max()) + 1, 32))
    return Whole(f"unseen: {name}", x, y, build, **(options | changes))


def illness(**changes: Any) -> Parts:
    """One output for two classes."""
    x, y = table("breast_cancer")
    options = {
        "cost": functional.binary_cross_entropy_with_logits,
        "score": lambda o, y: {"accuracy": ((o > 0) == (y > 0.5)).float().mean()},
        "config": {"lr": 2e-3, "batch_size": 32},
    }
    build = changes.pop("build", lambda: nets.dense(30, 1, 24))
    return Whole("unseen: illness", x, y.float()[:, None], build, **(options | changes))


def properties(**changes: Any) -> Parts:
    """Several labels for each digit; the metric is F1 over all of them."""
    x, y = digits()
    labels = torch.stack([y % 2 == 1, y >= 7, (y == 0) | (y == 8), y % 4 == 1], 1).float()

    def f1(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
        guess, real = outputs > 0, targets > 0.5
        return {"f1": 2 * (guess & real).sum() / (guess.sum() + real.sum()).clamp(min=1)}

    options = {
        "cost": functional.binary_cross_entropy_with_logits,
        "maximize": "f1",
        "score": f1,
        "config": {"lr": 3e-3},
    }
    build = lambda: nets.dense(64, 4)  # noqa: E731
    return Whole("unseen: properties", x, labels, build, **(options | changes))


def reconstruction(outputs: Mapping[str, torch.Tensor], targets: torch.Tensor) -> torch.Tensor:
    mean, spread = outputs["mean"], outputs["spread"]
    apart = 0.5 * (mean**2 + spread.exp() - 1 - spread).sum(1).mean()
    return ((outputs["image"] - targets.flatten(1)) ** 2).sum(1).mean() + 0.05 * apart


def variational(**changes: Any) -> Parts:
    x, _ = digits()
    options = {
        "cost": reconstruction,
        "maximize": None,
        "minimize": "mse",
        "score": lambda o, y: {"mse": functional.mse_loss(o["image"], y.flatten(1))},
        "config": {"lr": 3e-3},
    }
    return Whole("unseen: variational", x, x, nets.Variational, **(options | changes))


def without_decay_of_norms(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    """Weights decay; biases and norms do not."""
    plain = [p for p in network.parameters() if p.dim() < 2]
    weights = [p for p in network.parameters() if p.dim() >= 2]
    return torch.optim.AdamW(
        [{"params": weights, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}], lr=3e-3
    )


class Cooling(torch.optim.SGD):
    """Descent with momentum that clips its gradients and lowers its rate by itself."""

    def step(self, closure: Any = None) -> None:
        parameters = [p for group in self.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        super().step(closure)
        for group in self.param_groups:
            group["lr"] = max(group["lr"] * 0.999, 1e-3)


def cooling(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    return Cooling(network.parameters(), lr=0.1, momentum=0.9)


def faster_head(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    last = list(network.parameters())[-2:]
    first = list(network.parameters())[:-2]
    return torch.optim.Adam([{"params": first, "lr": 5e-4}, {"params": last, "lr": 5e-3}])


_NORMS: Mapping[str, Callable[[], nn.Module]] = {
    "group norm": lambda: nets.seeing(1, 8, 10, nn.GroupNorm),
    "batch norm, dropout": lambda: nets.dense(64, 10, norm=nn.BatchNorm1d, dropout=0.4),
    "spectral norm": lambda: nn.Sequential(
        nn.Flatten(), parametrizations.spectral_norm(nn.Linear(64, 48)), nn.ReLU(),
        nn.Linear(48, 10),
    ),
    "skipped layers": lambda: nets.Deep(64, 10),
}  # fmt: skip

PLAIN_CLEAN: tuple[Callable[[], Parts], ...] = (
    segmentation, detection, speaking, translation, tagging, forecast, rare_class, rating, graph,
    cloud, house, visit, colour, arrow, signal, twin, illness, properties, variational, sheet,
    *(lambda n=n, b=b: numeral(n, b) for n, b in _NORMS.items()),
    lambda: speaking(
        lambda: nets.Decoder(tied=True, dropout=0.1), optimizer=without_decay_of_norms
    ),
    lambda: speaking(
        lambda: nets.Speaker(turned=True), cost=functional.cross_entropy, maximize="accuracy",
        minimize=None, score=turned_score, config={"lr": 1e-2, "clip_norm": 1.0},
    ),
    lambda: numeral("cooling", optimizer=cooling),
    lambda: colour(optimizer=faster_head),
    lambda: numeral("averaged", config={"lr": 3e-3, "polyak": 0.98}),
    lambda: numeral(
        "rmsprop", config={"optimizer": "rmsprop", "lr": 1e-3, "schedule": "exponential"}
    ),
    lambda: signal(config={"lr": 5e-3, "accumulate": 4, "batch_size": 16}),
    lambda: graph(config={"optimizer": "adamw", "lr": 5e-3, "weight_decay": 0.1, "warmup": 0.05}),
)  # fmt: skip

UNSEEN_CLEAN: tuple[Callable[[], Parts], ...] = (*PLAIN_CLEAN, *HARD_CLEAN)
"""Sixty healthy tasks."""
