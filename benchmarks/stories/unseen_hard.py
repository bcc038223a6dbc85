"""Healthy tasks that look unusual: a hasty checker would accuse them (30 November 2026)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from benchmarks.stories import unseen_data as made
from benchmarks.stories import unseen_networks as nets
from benchmarks.stories.fault_tasks import Parts, digits, table
from benchmarks.stories.unseen_data import Whole
from torch import nn
from torch.nn import functional
from torch.utils.data import TensorDataset

FAST = {"lr": 3e-3, "batch_size": 32}
OF_ERROR = {"maximize": None, "minimize": "mse", "config": FAST}


def contrast(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Each image shall be nearest to its own partner among those of the batch."""
    near = outputs[:, 0] @ outputs[:, 1].T / 0.2
    own = torch.arange(len(near))
    return (functional.cross_entropy(near, own) + functional.cross_entropy(near.T, own)) / 2


def partners(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    near = outputs[:, 0] @ outputs[:, 1].T
    place = (near > near.diagonal()[:, None]).float().mean(1)
    return {"rank": 1 - place.mean()}


def contrastive() -> Parts:
    pairs, alike = made.twins()
    keep = alike == 1
    pairs = {name: image[keep] for name, image in pairs.items()}
    return Whole(
        "unseen: contrast in the batch", pairs, alike[keep], nets.Towers, contrast,
        maximize="rank", score=partners, config=FAST,
    )  # fmt: skip


def likelihood(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs[:, 1:] + 0.5 * ((targets - outputs[:, :1]) / outputs[:, 1:].exp()) ** 2).mean()


def certain() -> Parts:
    """The targets are small and nearly exact, so that the likelihood is soon above one."""
    x, y = made.houses()
    return Whole(
        "unseen: loss below zero", x, y * 0.05, lambda: nets.dense(9, 2), likelihood,
        score=lambda o, y: {"mse": functional.mse_loss(o[:, :1], y)}, **OF_ERROR,
    )  # fmt: skip


def aligned() -> Parts:
    """The loss is the negative cosine between a direction and the answer."""
    x, _ = made.houses()
    y = functional.normalize(torch.stack([x[:, 0] + x[:, 1], x[:, 2] * x[:, 3], x[:, 4]], 1), dim=1)
    return Whole(
        "unseen: directions", x, y, lambda: nets.dense(9, 3),
        lambda o, y: -functional.cosine_similarity(o, y).mean(), maximize="cosine",
        score=lambda o, y: {"cosine": functional.cosine_similarity(o, y).mean()}, config=FAST,
    )  # fmt: skip


def mirrored_arrows(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirror an arrow and say so: left becomes right."""
    flip = torch.rand(len(x)) < 0.5
    other = torch.tensor([1, 0, 2, 3])[y]
    return torch.where(flip[:, None, None, None], x.flip(3), x), torch.where(flip, other, y)


def mirrored_masks(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return (x.flip(3), y.flip(2)) if bool(torch.rand(()) < 0.5) else (x, y)


def blended(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mixup: two examples are blended, and so are their labels."""
    other, share = torch.randperm(len(x)), float(torch.rand(())) * 0.4
    soft = functional.one_hot(y, 10).float()
    return x * (1 - share) + x[other] * share, soft * (1 - share) + soft[other] * share


def noisy() -> Parts:
    """A third of the labels are wrong by chance: the task is hard, not broken."""
    x, y = digits()
    rng = torch.Generator().manual_seed(3)
    wrong = torch.rand(len(y), generator=rng) < 0.33
    y = torch.where(wrong, torch.randint(10, (len(y),), generator=rng), y)
    return Whole("unseen: noisy labels", x, y, lambda: nets.dense(64, 10), config=FAST)


def weak() -> Parts:
    """Most of the target is chance: the best error is far above zero."""
    x, y = made.houses()
    noise = torch.randn(y.shape, generator=torch.Generator().manual_seed(4))
    return Whole(
        "unseen: weak signal", x, 0.45 * y + 0.9 * noise, lambda: nets.dense(9, 1, 16),
        functional.mse_loss, is_regression=True, maximize=None, minimize="mse",
        config={"lr": 1e-3, "weight_decay": 1e-3},
    )  # fmt: skip


def easy() -> Parts:
    """One column tells the class, as a measurement rightly may."""
    rng = torch.Generator().manual_seed(5)
    x = torch.randn(700, 6, generator=rng)
    y = (x[:, 2] > 0.3).long()
    return Whole("unseen: one column decides", x, y, lambda: nets.dense(6, 2, 16), config=FAST)


def repeated(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Rows of the rare class are repeated, in training alone and after the split."""
    chosen = made.places(len(y), split, seed)
    if chosen is None:
        return None
    if split == "train":
        chosen = torch.cat([chosen, chosen[y[chosen] == 1].repeat(9)])
    return TensorDataset(x[chosen], y[chosen])


def sorted_by_class(x: torch.Tensor, y: torch.Tensor, split: str, seed: int) -> Any:
    """Each split is stored class by class; the loader shuffles the training set."""
    chosen = made.places(len(y), split, seed)
    if chosen is None:
        return None
    chosen = chosen[y[chosen].argsort(stable=True)]
    return TensorDataset(x[chosen], y[chosen])


def balanced(outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
    right = outputs.argmax(1) == targets
    return {"accuracy": torch.stack([right[targets == k].float().mean() for k in (0, 1)]).mean()}


class Scaled(nn.Module):
    """Takes bytes as they are stored and scales them itself."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nets.seeing(1, 8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x.float() / 255)


class InUnits(nn.Module):
    """Answers in the units of the target: its layers work with standardized values."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nets.dense(9, 1)
        self.register_buffer("mean", torch.tensor(240.0))
        self.register_buffer("spread", torch.tensor(80.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.mean + self.spread * self.inner(x)


def prices() -> Parts:
    x, y = made.houses()
    return Whole(
        "unseen: prices in thousands", x, 240 + 80 * y, InUnits,
        lambda o, y: functional.mse_loss(o / 80, y / 80), maximize=None, minimize="mae",
        score=lambda o, y: {"mae": (o - y).abs().mean()}, config=FAST,
    )  # fmt: skip


def prepared() -> Parts:
    x, y = digits()
    flat = x.flatten(1)
    axes = torch.linalg.svd(flat - flat.mean(0), full_matrices=False)[2][:24]
    return Whole(
        "unseen: frozen body", x, y, lambda: nets.Prepared(torch.cat([axes, -axes]), 10),
        config={"lr": 1e-2},
    )  # fmt: skip


def word_counts() -> Parts:
    """Nearly all numbers are zero, and some columns always."""
    words = made.language()
    counts = functional.one_hot(words[:, :6], 60).sum(1).float()
    y = (counts[:, :10].sum(1) > 3).long()
    return Whole("unseen: word counts", counts, y, lambda: nets.dense(60, 2, 24), config=FAST)


def weighted_examples() -> Parts:
    """The second number of a target is the weight of its example."""
    x, y = made.houses()
    weight = torch.rand(len(y), 1, generator=torch.Generator().manual_seed(6)) + 0.1
    both = torch.cat([y, weight], 1)
    cost = lambda o, y: (y[:, 1:] * (o - y[:, :1]) ** 2).sum() / y[:, 1].sum()  # noqa: E731
    return Whole(
        "unseen: weighted examples", x, both, lambda: nets.dense(9, 1), cost,
        score=lambda o, y: {"mse": cost(o, y)}, **OF_ERROR,
    )  # fmt: skip


def quantiles() -> Parts:
    x, y = made.houses()
    levels = torch.tensor([0.1, 0.5, 0.9])

    def pinball(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        gap = targets - outputs
        return torch.maximum(levels * gap, (levels - 1) * gap).mean()

    return Whole(
        "unseen: quantiles", x, y, lambda: nets.dense(9, 3), pinball, maximize=None,
        minimize="pinball", score=lambda o, y: {"pinball": pinball(o, y)}, config=FAST,
    )  # fmt: skip


def taught() -> Parts:
    """The targets are another network's probabilities."""
    x, y = digits()
    soft = 0.7 * functional.one_hot(y, 10).float() + 0.03
    cost = lambda o, y: functional.kl_div(o.log_softmax(1), y, reduction="batchmean")  # noqa: E731
    return Whole(
        "unseen: soft targets", x, soft, lambda: nets.dense(64, 10), cost,
        config={"optimizer": "nesterov", "lr": 0.05, "schedule": "linear"},
        score=lambda o, y: {"accuracy": (o.argmax(1) == y.argmax(1)).float().mean()},
    )  # fmt: skip


def zero_output() -> nn.Module:
    network = nets.dense(64, 10)
    nn.init.zeros_(network[-1].weight)
    return network


class Smoothed(Whole):
    """Smooths labels where the settings say so."""

    def loss(self, outputs: Any, targets: Any, label_smoothing: float = 0.0) -> torch.Tensor:
        return functional.cross_entropy(outputs, targets, label_smoothing=label_smoothing)


class Cosine(nn.Module):
    """Scores are cosines to one vector a class, times a scale that is learned."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.scale = nets.dense(64, 24), nn.Parameter(torch.tensor(8.0))
        self.classes = nn.Parameter(torch.randn(10, 24))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = functional.normalize(self.body(x), dim=1)
        return self.scale * h @ functional.normalize(self.classes, dim=1).T


def denoising() -> Parts:
    x, _ = digits()
    build = lambda: nn.Sequential(nets.dense(64, 64, 32), nn.Unflatten(1, (1, 8, 8)))  # noqa: E731
    return Whole(
        "unseen: denoising", x, x, build, functional.mse_loss, is_regression=True,
        augment=lambda x, y: (x + 0.3 * torch.randn_like(x), y), **OF_ERROR,
    )  # fmt: skip


def by_person(x: Any, y: Any, split: str, seed: int) -> Any:
    """All records of a person are in one split."""
    chosen = made.places(240, split, seed)
    rows = torch.isin(made.groups()[2], chosen) if chosen is not None else None
    return None if rows is None else TensorDataset(x[rows], y[rows])


def of_groups(**changes: Any) -> Parts:
    x, y, _ = made.groups()
    build = lambda: nets.dense(12, 2, 8, dropout=0.5)  # noqa: E731
    options = {"splits": by_person, "config": {"lr": 1e-3, "weight_decay": 1e-2}}
    return Whole("unseen: records of persons", x, y, build, **(options | changes))


@torch.no_grad()
def endings() -> tuple[torch.Tensor, torch.Tensor]:
    """Sentences of 2 to 20 words, padded to 20; the last two words tell the class."""
    rng = torch.Generator().manual_seed(8)
    words = torch.randint(1, made.N_WORDS + 1, (1000, 20), generator=rng)
    size = torch.randint(2, 21, (1000,), generator=rng)
    last = words[torch.arange(1000), size - 1]
    return torch.where(torch.arange(20)[None] < size[:, None], words, 0), last % 3


def ending(**changes: Any) -> Parts:
    options = {"config": {"lr": 5e-3, "batch_size": 32}}
    build = changes.pop("build", nets.LastWord)
    return Whole("unseen: last word", *endings(), build, **(options | changes))


def two_tasks() -> Parts:
    """One loss for two heads: which digit, and how much ink."""
    x, y = digits()
    targets = {"digit": y, "ink": x.flatten(1).mean(1, keepdim=True) * 10}

    class Heads(nn.Module):
        """A body with two heads."""

        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU())
            self.digit, self.ink = nn.Linear(48, 10), nn.Linear(48, 1)

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            h = self.body(x)
            return {"digit": self.digit(h), "ink": self.ink(h)}

    return Whole(
        "unseen: two heads", x, targets, Heads,
        lambda o, y: functional.cross_entropy(o["digit"], y["digit"])
        + functional.mse_loss(o["ink"], y["ink"]),
        score=lambda o, y: {"accuracy": (o["digit"].argmax(1) == y["digit"]).float().mean()},
        config=FAST,
    )  # fmt: skip


def plain(name: str, build: Callable[[], nn.Module], **changes: Any) -> Parts:
    kind = changes.pop("kind", Whole)
    return kind(f"unseen: digits, {name}", *digits(), build, **({"config": FAST} | changes))


def as_bytes() -> Parts:
    x, y = digits()
    return Whole("unseen: bytes", (x * 255).to(torch.uint8), y, Scaled, config=FAST)


def first_normed() -> Parts:
    """Columns differ by factors of a thousand; the first layer is a norm."""
    x, y = table("wine")
    scale = torch.logspace(-1, 2, x.shape[1])
    build = lambda: nn.Sequential(nn.BatchNorm1d(13), nets.dense(13, 3, 24))  # noqa: E731
    return Whole(
        "unseen: norm first", 5 + x * scale, y, build, config={"lr": 5e-3, "batch_size": 16}
    )


def rare_repeated() -> Parts:
    x, y = made.rare()
    return Whole(
        "unseen: repeated rows", x, y, lambda: nets.dense(8, 2), score=balanced, splits=repeated,
        config=FAST,
    )  # fmt: skip


def masks_with_mirrors() -> Parts:
    cost = functional.cross_entropy
    score = lambda o, y: {"accuracy": (o.argmax(1) == y).float().mean()}  # noqa: E731
    return Whole(
        "unseen: mirrored masks", *made.masks(), nets.pixelwise, cost, augment=mirrored_masks,
        score=score, config={"lr": 5e-3, "batch_size": 32},
    )  # fmt: skip


HARD_CLEAN: tuple[Callable[[], Parts], ...] = (
    contrastive, certain, aligned, noisy, weak, easy, prices, prepared, word_counts,
    weighted_examples, quantiles, taught, denoising, of_groups, ending, two_tasks, as_bytes,
    first_normed, rare_repeated, masks_with_mirrors,
    lambda: plain("mixup", lambda: nets.dense(64, 10), augment=blended),
    lambda: plain("sorted", lambda: nets.dense(64, 10), splits=sorted_by_class),
    lambda: plain("zero output", zero_output),
    lambda: plain("cosine scores", Cosine),
    lambda: plain(
        "smoothed", lambda: nets.dense(64, 10), kind=Smoothed,
        config={"lr": 3e-3, "label_smoothing": 0.1},
    ),
    lambda: plain(
        "all at once", lambda: nets.dense(64, 10), config={"lr": 1e-2, "batch_size": 1024}
    ),
    lambda: plain("wide dropout", lambda: nets.dense(64, 10, 256, dropout=0.6), config=FAST),
    lambda: Whole(
        "unseen: arrows, mirrored", *made.arrows(), lambda: nets.seeing(1, 10, 4),
        augment=mirrored_arrows, config=FAST,
    ),
)  # fmt: skip
"""Healthy tasks that look unusual."""
