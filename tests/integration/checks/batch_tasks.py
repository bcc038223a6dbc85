"""Small tasks of many shapes: sequences, maps, dicts, padded text, boxes, sampled networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import Dataset, TensorDataset

N, T, V = 96, 12, 20


@dataclass
class Small:
    """A task in parts; its examples are tensors or a list of pairs."""

    build: Callable[[], nn.Module]
    inputs: Any
    targets: Any
    loss: Callable[..., Any] = functional.cross_entropy
    augment: Any = None
    optimizer: Any = None
    collate: Any = None
    name: str = "small"
    maximize: str = "score"

    def data(self, split: str) -> Any:
        if isinstance(self.inputs, torch.Tensor) and isinstance(self.targets, torch.Tensor):
            return TensorDataset(self.inputs, self.targets)
        return list(zip(self.inputs, self.targets, strict=True))

    def network(self, config: Any) -> nn.Module:
        return self.build()

    def metrics(self, outputs: Any, targets: Any) -> Any:
        return {"score": 0.0}

    def but(self, **changes: Any) -> Small:
        return replace(self, **changes)


def draws() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def words(n: int = N, length: int = T) -> torch.Tensor:
    return torch.randint(1, V, (n, length), generator=draws())


def pixels(channels: int = 1, size: int = 8) -> torch.Tensor:
    """Smooth random images, so that they look like nothing when they are moved."""
    coarse = torch.randn((N, channels, size, size), generator=draws())
    return functional.avg_pool2d(coarse, 3, 1, 1) * 3


class Language(nn.Module):
    """Predicts a word for each place; ``causal`` sees none that come later."""

    def __init__(self, *, causal: bool = True, last: bool = True, norm: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, 16)
        self.place = nn.Parameter(0.02 * torch.randn(64, 16))
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
        self.out = nn.Linear(16, V)
        self.causal, self.last = causal, last

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        n = words.shape[1]
        mask = torch.full((n, n), -torch.inf).triu(1) if self.causal else None
        found = self.out(self.layer(self.embed(words) + self.place[:n], src_mask=mask))
        return found if self.last else found.transpose(1, 2)


def flattened(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.reshape(-1, V), targets.reshape(-1))


def ignoring(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs.reshape(-1, V), targets.reshape(-1), ignore_index=0)


def shifting(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return flattened(outputs[:, :-1], targets[:, 1:])


def language(loss: Any = flattened, **options: Any) -> Small:
    w = words(length=T + 1)
    return Small(lambda: Language(**options), w[:, :-1], w[:, 1:], loss)


def padded_language(loss: Any = ignoring) -> Small:
    w = words(length=T + 1)
    lengths = torch.randint(4, T + 2, (N, 1), generator=draws())
    w = torch.where(torch.arange(T + 1) < lengths, w, 0)
    return Small(Language, w[:, :-1], w[:, 1:], loss)


class Pooled(nn.Module):
    """A label for a text: the mean over its words, with or without the padding."""

    def __init__(self, *, masked: bool = True) -> None:
        super().__init__()
        self.embed, self.out, self.masked = nn.Embedding(V, 16), nn.Linear(16, 3), masked

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        kept = (words != 0).unsqueeze(2) if self.masked else torch.ones_like(words).unsqueeze(2)
        return self.out((self.embed(words) * kept).sum(1) / kept.sum(1))


def padded_text(*, masked: bool = True) -> Small:
    made = padded_language()
    labels = torch.randint(0, 3, (N,), generator=draws())
    return Small(lambda: Pooled(masked=masked), made.inputs, labels)


def ragged_text() -> Small:
    rows = [w[: 3 + i % 9] for i, w in enumerate(words())]

    def collate(examples: Any) -> Any:
        pairs = [(w, y) for w, y in examples]
        texts = nn.utils.rnn.pad_sequence([w for w, _ in pairs], batch_first=True)
        lengths = torch.tensor([len(w) for w, _ in pairs])
        return {"words": texts, "lengths": lengths}, torch.tensor([y for _, y in pairs])

    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.out = nn.Embedding(V, 16), nn.Linear(16, 3)
            self.layer = nn.GRU(16, 16, batch_first=True)

        def forward(self, batch: Any) -> torch.Tensor:
            packed = nn.utils.rnn.pack_padded_sequence(
                self.embed(batch["words"]), batch["lengths"], True, enforce_sorted=False
            )
            return self.out(self.layer(packed)[1][-1])

    return Small(Packed, rows, [i % 3 for i in range(N)], collate=collate)


def conv(out: int, channels: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, out, 3, padding=1)
    )


def segmentation(**changes: Any) -> Small:
    x = pixels()
    return Small(lambda: conv(3), x, (x[:, 0] > 0).long() + (x[:, 0] > 1).long()).but(**changes)


def binary_mask(**changes: Any) -> Small:
    x = pixels()
    cost = functional.binary_cross_entropy_with_logits
    return Small(lambda: conv(1), x, (x > 0.5).float(), cost).but(**changes)


class Autoencoder(nn.Module):
    """Draws a sample in evaluation, too, as variational autoencoders do."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(64, 8), nn.Linear(4, 64)

    def forward(self, x: torch.Tensor) -> Any:
        mean, log_var = self.inner(x.flatten(1)).chunk(2, 1)
        z = mean + torch.randn_like(mean) * (0.5 * log_var).exp()
        return {"made": self.outer(z), "mean": mean, "log_var": log_var}


def elbow(outputs: Any, targets: torch.Tensor) -> torch.Tensor:
    far = (outputs["made"] - targets.flatten(1)).square().sum(1)
    mean, log_var = outputs["mean"], outputs["log_var"]
    return (far - 0.5 * (1 + log_var - mean.square() - log_var.exp()).sum(1)).mean()


def variational() -> Small:
    return Small(Autoencoder, pixels(), pixels(), elbow)


def contrasting() -> Small:
    """Examples are told from the others of their batch; labels are not used."""

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        a, b = functional.normalize(outputs, dim=1).chunk(2, 1)
        return functional.cross_entropy(a @ b.T / 0.1, torch.arange(len(a)))

    build = lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 16))  # noqa: E731
    return Small(build, pixels(), torch.arange(N) % 5, loss)


def counts() -> Small:
    """Whole numbers as targets of a regression, and a Poisson loss."""
    x = torch.randn((N, 6), generator=draws())
    y = torch.poisson(x[:, :1].exp(), generator=draws()).long()
    return Small(lambda: nn.Linear(6, 1), x, y, lambda o, y: functional.poisson_nll_loss(o, y))


def quantiles() -> Small:
    x = torch.randn((N, 6), generator=draws())

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        q, apart = torch.tensor([0.1, 0.5, 0.9]), targets.unsqueeze(1) - outputs
        return torch.maximum(q * apart, (q - 1) * apart).mean()

    return Small(lambda: nn.Linear(6, 3), x, (x.sum(1) * 5).long(), loss)


def positive() -> Small:
    """Prices: a ReLU at the end reaches all of them."""
    x = torch.randn((N, 6), generator=draws())
    build = lambda: nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1), nn.Softplus())  # noqa: E731
    return Small(build, x, x[:, :1].abs() + 0.5, functional.mse_loss)


def years() -> Small:
    """Whole numbers far from 0, which an absolute error pairs with predictions as it should."""
    x = torch.randn((N, 6), generator=draws())
    y = (70 + 5 * x.sum(1)).round().long()
    loss = lambda o, y: functional.l1_loss(o.squeeze(1), y.float())  # noqa: E731
    return Small(lambda: nn.Linear(6, 1), x, y, loss)


def unlabelled() -> Small:
    """Labels of -1 are none, and left out of a binary cross-entropy."""
    x = torch.randn((N, 6), generator=draws())
    y = torch.where(torch.rand((N, 1), generator=draws()) < 0.3, -1.0, (x[:, :1] > 0).float())

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        kept = targets >= 0
        return functional.binary_cross_entropy_with_logits(outputs[kept], targets[kept])

    return Small(lambda: nn.Linear(6, 1), x, y, loss)


def forecast() -> Small:
    """The next value of a series at every place."""
    series = torch.randn((N, T + 1, 2), generator=draws()).cumsum(1) / 3

    class Next(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.out = nn.GRU(2, 16, batch_first=True), nn.Linear(16, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(self.layer(x)[0])

    return Small(Next, series[:, :-1], series[:, 1:], functional.mse_loss)


def masked_words() -> Small:
    """Words are hidden, and only those are asked for."""
    w = words()
    hidden = torch.rand(w.shape, generator=draws()) < 0.2
    inputs, targets = torch.where(hidden, 0, w), torch.where(hidden, w, -100)
    return Small(lambda: Language(causal=False), inputs, targets, flattened)


def tagging() -> Small:
    w = words()
    return Small(lambda: Language(causal=False), w, (w * 7) % 5, flattened)


def detection() -> Small:
    x = pixels(3)
    boxes = torch.tensor([[0.1, 0.2, 0.4, 0.5]]).repeat(N, 1)
    targets = [
        {"boxes": b.unsqueeze(0), "labels": torch.tensor([i % 2])} for i, b in enumerate(boxes)
    ]

    def collate(examples: Any) -> Any:
        return torch.stack([e[0] for e in examples]), [e[1] for e in examples]

    def loss(outputs: Any, targets: Any) -> torch.Tensor:
        boxes = torch.cat([t["boxes"] for t in targets])
        labels = torch.cat([t["labels"] for t in targets])
        return functional.l1_loss(outputs[:, :4], boxes) + functional.cross_entropy(
            outputs[:, 4:], labels
        )

    return Small(
        lambda: nn.Sequential(conv(2, 3), nn.Flatten(), nn.Linear(128, 6)),
        x, targets, loss, collate=collate,
    )  # fmt: skip


def flipped_with_masks(x: torch.Tensor, y: torch.Tensor) -> Any:
    return (x.flip(-1) + 0.05 * torch.randn_like(x), y.flip(-1)) if torch.rand(()) < 0.5 else (x, y)


def shifted_with_masks(x: torch.Tensor, y: torch.Tensor) -> Any:
    return x.roll(2, -1), y.roll(2, -1)


def noisy_labels_with_inputs(x: torch.Tensor, y: torch.Tensor) -> Any:
    """Mixes pairs of examples, and their labels, too."""
    share, order = 0.7, torch.randperm(len(x))
    soft = functional.one_hot(y, 3).float()
    return share * x + (1 - share) * x[order], share * soft + (1 - share) * soft[order]


def mixed() -> Small:
    x = pixels()
    build = lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 3))  # noqa: E731
    return Small(build, x, torch.arange(N) % 3, augment=noisy_labels_with_inputs)


def frozen_norms() -> Small:
    """A pretrained network whose batch statistics stay as they are."""

    class Refined(nn.Sequential):
        def train(self, mode: bool = True) -> Refined:
            super().train(mode)
            self[2].eval()
            return self

    x = pixels()
    return Small(lambda: Refined(*plain(nn.BatchNorm1d(16))), x, torch.arange(N) % 3)


def two_heads() -> Small:
    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.a, self.b = nn.Linear(64, 16), nn.Linear(16, 3), nn.Linear(16, 1)

        def forward(self, x: torch.Tensor) -> Any:
            h = self.body(x.flatten(1)).relu()
            return self.a(h), self.b(h)

    def loss(outputs: Any, targets: Any) -> torch.Tensor:
        return functional.cross_entropy(outputs[0], targets["class"]) + functional.mse_loss(
            outputs[1].squeeze(1), targets["size"]
        )

    targets = [{"class": i % 3, "size": float(i % 7)} for i in range(N)]
    return Small(Heads, pixels(), targets, loss)


def float_sequence_labels() -> Small:
    """Numbers of padded length, with a number for each place and a mask in the loss."""
    x = torch.randn((N, T, 3), generator=draws())
    kept = (torch.arange(T) < torch.randint(4, T + 1, (N, 1), generator=draws())).float()
    x, y = x * kept.unsqueeze(2), x.sum(2) * kept

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        counted = (targets != 0).float()
        return ((outputs - targets).square() * counted).sum() / counted.sum()

    build = lambda: nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten())  # noqa: E731
    return Small(build, x, y, loss)


def symbols() -> Small:
    """An output layer that shares the weights of the embedding."""

    class Tied(Language):
        def __init__(self) -> None:
            super().__init__()
            with torch.no_grad():
                self.embed.weight.mul_(0.05)
            self.out.weight = self.embed.weight

    return language().but(build=Tied)


HEALTHY: dict[str, Callable[[], Small]] = {
    "language": language,
    "language, classes second": lambda: language(functional.cross_entropy, last=False),
    "language, shift in the loss": lambda: language(shifting).but(
        targets=words(length=T + 1)[:, :-1]
    ),
    "unlabelled": unlabelled,
    "years": years,
    "padded language": padded_language,
    "padded text": padded_text,
    "ragged text": ragged_text,
    "segmentation": segmentation,
    "weighted segmentation": lambda: segmentation(
        loss=lambda o, y: functional.cross_entropy(o, y, weight=torch.tensor([0.2, 1.0, 3.0]))
    ),
    "mask": binary_mask,
    "mask, flips": lambda: binary_mask(augment=flipped_with_masks),
    "segmentation, shifts": lambda: segmentation(augment=shifted_with_masks),
    "noise on targets alone": lambda: numbers(
        augment=lambda x, y: (x, y + 0.1 * torch.randn_like(y))
    ),
    "noise alone": lambda: segmentation(augment=lambda x, y: (x + torch.randn_like(x), y)),
    "variational": variational,
    "contrasting": contrasting,
    "counts": counts,
    "quantiles": quantiles,
    "positive": positive,
    "forecast": forecast,
    "masked words": masked_words,
    "tagging": tagging,
    "detection": detection,
    "mixed": mixed,
    "frozen norms": frozen_norms,
    "two heads": two_heads,
    "padded numbers": float_sequence_labels,
    "tied": symbols,
    "float64 in a regression": lambda: in_double_precision(),
    "weights of rare classes": lambda: imbalanced(0.1, 0.9),
    "state at the last word": lambda: recurrent(packed=True),
    "margin": lambda: images(loss=functional.multi_margin_loss),
    "mostly unlabelled": lambda: mostly_unlabelled(),
    "noisy when read": lambda: noisy(Noisy),
    "two classes": lambda: two_classes(functional.binary_cross_entropy_with_logits),
    "functional dropout": lambda: acting(lambda h, net: functional.dropout(h, 0.5, net.training)),
}


def images(**changes: Any) -> Small:
    build = lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 3))  # noqa: E731
    return Small(build, pixels(), torch.arange(N) % 3).but(**changes)


def numbers(*ends: nn.Module, **changes: Any) -> Small:
    x = torch.randn((N, 6), generator=draws())
    return Small(
        lambda: nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1), *ends),
        x, x.sum(1, keepdim=True) + 0.3, functional.mse_loss,
    ).but(**changes)  # fmt: skip


def ending(*ends: nn.Module, **changes: Any) -> Small:
    return images(build=lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 3), *ends), **changes)


def imbalanced(*weights: float) -> Small:
    labels = (torch.arange(N) % 10 == 0).long()
    return images(
        targets=labels + 0,
        loss=lambda o, y: functional.cross_entropy(o[:, :2], y, weight=torch.tensor(weights)),
    )


class LastState(nn.Module):
    """Reads padded text to its end; ``packed`` stops at the last word."""

    def __init__(self, *, packed: bool) -> None:
        super().__init__()
        self.embed, self.out, self.packed = nn.Embedding(V, 16), nn.Linear(16, 3), packed
        self.layer = nn.GRU(16, 16, batch_first=True)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        found, ends = self.layer(self.embed(words))[0], (words != 0).sum(1) - 1
        return self.out(found[torch.arange(len(words)), ends if self.packed else -1])


def recurrent(*, packed: bool) -> Small:
    return padded_text().but(build=lambda: LastState(packed=packed))


class Noisy(Small):
    """Makes images noisy when they are read for training: copies of them, or its own data."""

    in_place = False

    def data(self, split: str) -> Any:
        stored, is_noisy, in_place = self.inputs.clone(), split == "train", self.in_place

        class Reading(Dataset[Any]):
            def __len__(self) -> int:
                return len(stored)

            def __getitem__(self, i: int) -> Any:
                x, noise = stored[i], 0.1 * torch.randn(stored[i].shape) * is_noisy
                return (x.add_(noise) if in_place else x + noise), i % 3

        return Reading()


class NoisyInPlace(Noisy):
    in_place = True


def noisy(kind: type[Noisy]) -> Small:
    made = images()
    return kind(made.build, made.inputs, made.targets)


def mostly_unlabelled() -> Small:
    """Nine in ten examples have no label, and are left out of the loss."""
    labels = torch.where(torch.rand(N, generator=draws()) < 0.1, torch.arange(N) % 3, -100)
    labels[:3] = torch.arange(3)
    return images(targets=labels)


def two_classes(loss: Any) -> Small:
    made = numbers(loss=loss)
    return made.but(targets=(made.targets > 0).float())


def of_positives(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """A binary cross-entropy without its second half."""
    return -(targets * functional.logsigmoid(outputs)).mean()


def same_units(h: torch.Tensor, network: nn.Module) -> torch.Tensor:
    torch.manual_seed(0)
    return functional.dropout(h, 0.5, network.training)


class Functional(nn.Module):
    """Its dropout is a function, which follows the mode only if it is told to."""

    def __init__(self, part: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.first, self.out, self.part = nn.Linear(64, 16), nn.Linear(16, 3), part

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.part(self.first(x.flatten(1)).relu(), self))


def acting(part: Callable[..., torch.Tensor]) -> Small:
    return images(build=lambda: Functional(part))


def stale(network: nn.Module, config: Any) -> torch.optim.Optimizer:
    made = torch.optim.Adam(network.parameters())
    network[3] = nn.Linear(16, 3)
    return made


class Still(nn.Sequential):
    """Stays in evaluation mode, with no layer but dropout that would depend on it."""

    def train(self, mode: bool = True) -> Still:
        return super().train(False)


def plain(*extra: nn.Module) -> tuple[nn.Module, ...]:
    return nn.Flatten(), nn.Linear(64, 16), *extra, nn.ReLU(), nn.Linear(16, 3)


def rare_labels() -> Small:
    """One label of 96 is no class: not in the first batch."""
    labels = torch.arange(N) % 3
    labels[50] = 3
    return images(targets=labels)


def signs() -> Small:
    """Two classes of -1 and 1, and a loss for 0 and 1."""
    made = numbers(loss=functional.binary_cross_entropy_with_logits)
    return made.but(targets=made.targets.sign())


def in_double_precision() -> Small:
    """A regression may need it."""
    made = numbers()
    build = lambda: made.build().double()  # noqa: E731
    return made.but(build=build, inputs=made.inputs.double(), targets=made.targets.double())


def relabelled(x: torch.Tensor, y: torch.Tensor) -> Any:
    return x, y[torch.randperm(len(y))]


FAULTY: dict[str, tuple[Callable[[], Small], str, str]] = {
    "no causal mask": (lambda: language(causal=False), "sequence", "causal mask"),
    "no causal mask, classes second": (
        lambda: language(functional.cross_entropy, causal=False, last=False),
        "sequence", "causal mask",
    ),
    "targets not shifted": (lambda: language().but(targets=words(length=T + 1)[:, :-1]), "sequence",
                            "not shifted"),
    "shifted twice": (lambda: language(shifting), "sequence", "shifted twice"),
    "padding counted": (lambda: padded_language(flattened), "sequence", "padding"),
    "sum": (lambda: images(loss=lambda o, y: functional.cross_entropy(o, y, reduction="sum")),
            "loss", "sum"),
    "sum of squares": (lambda: numbers(loss=lambda o, y: (o - y).square().sum()), "loss", "sum"),
    "vector": (lambda: images(loss=lambda o, y: functional.cross_entropy(o, y, reduction="none")),
               "loss", "not averaged"),
    "broadcast": (lambda: numbers(nn.Flatten(0)), "loss", "broadcasting"),
    "broadcast sum": (
        lambda: numbers(nn.Flatten(0), loss=lambda o, y: (o - y).square().sum() / len(y)), "loss",
        "broadcasting",
    ),
    "column minus row": (lambda: numbers(loss=lambda o, y: (o - y.T).square().mean()), "loss",
                         "broadcasting"),
    "part of the batch": (lambda: images(loss=lambda o, y: functional.cross_entropy(o[:8], y[:8])),
                          "loss", "24 of 32 examples have no gradient"),
    "one example counts": (lambda: numbers(loss=lambda o, y: functional.mse_loss(o[0], y[0])),
                           "loss", "31 of 32 examples have no gradient"),
    "class ignored": (
        lambda: images(loss=lambda o, y: functional.cross_entropy(o, y, ignore_index=0)), "loss",
        "class 0 is ignored",
    ),
    "positives alone": (lambda: two_classes(of_positives), "loss", "class 0 is ignored"),
    "weights inverted": (lambda: imbalanced(0.9, 0.1), "loss", "frequent class 0 weighs most"),
    "state after padding": (lambda: recurrent(packed=False), "sequence", "after the padding"),
    "masks transposed": (lambda: segmentation().but(targets=segmentation().targets.mT),
                         "augmentation", "masks are transposed against"),
    "masks mirrored": (lambda: binary_mask().but(targets=binary_mask().targets.flip(3)),
                       "augmentation", "masks are mirrored against"),
    "outputs not used": (lambda: images(loss=lambda o, y: (o * 0).sum() + y.float().mean()), "loss",
                         "outputs are not used"),
    "targets not used": (lambda: images(loss=lambda o, y: functional.cross_entropy(o, o.argmax(1))),
                         "loss", "targets are not used"),
    "targets of -1 and 1": (lambda: signs(), "loss", "outside of 0 and 1"),
    "softmax twice": (lambda: ending(nn.Softmax(1)), "loss", "softmax"),
    "softmax over the batch": (lambda: ending(nn.LogSoftmax(0), loss=functional.nll_loss), "loss",
                               "over the batch"),
    "softmax over pixels": (
        lambda: segmentation(loss=lambda o, y: functional.nll_loss(o.log_softmax(2), y)), "loss",
        "axis 2",
    ),
    "no log-softmax": (lambda: images(loss=functional.nll_loss), "loss", "log-softmax is missing"),
    "ReLU on logits": (lambda: ending(nn.ReLU()), "loss", "relu"),
    "tanh on logits": (lambda: ending(nn.Tanh()), "loss", "tanh"),
    "ReLU on numbers": (lambda: numbers(nn.ReLU()), "loss", "relu"),
    "sigmoid on numbers": (lambda: numbers(nn.Sigmoid()), "loss", "sigmoid"),
    "clamp on numbers": (lambda: numbers(nn.Hardtanh(-0.5, 0.5)), "loss", "range"),
    "labels from 1": (lambda: images(targets=torch.arange(N) % 3 + 1), "parts", "begin at 1"),
    "rare label": (rare_labels, "parts", "outside the classes"),
    "loss is a float": (lambda: images(loss=lambda o, y: functional.cross_entropy(o, y).item()),
                        "parts", "converted to a number"),
    "examples of many lengths": (lambda: ragged_text().but(collate=None), "parts", "collate"),
    "stale optimizer": (lambda: images(optimizer=stale), "network", "stale"),
    "loss cut off": (lambda: images(loss=lambda o, y: functional.cross_entropy(o.detach(), y)),
                     "network", "cut"),
    "half precision": (lambda: numbers(build=lambda: nn.Linear(6, 1).half(),
                                       inputs=torch.randn(N, 6).half(),
                                       targets=torch.randn(N, 1).half()), "network", "float16"),
    "root of zero": (lambda: images(loss=lambda o, y: functional.cross_entropy(o, y)
                                    + (o - o.detach()).norm(dim=1).sqrt().mean()), "network",
                     "numerical"),
    "functional dropout": (lambda: acting(lambda h, net: functional.dropout(h, 0.5)), "modes",
                           "dropout"),
    "noise in evaluation": (lambda: acting(lambda h, net: h + torch.randn_like(h)), "modes",
                            "random"),
    "batch mean": (lambda: acting(lambda h, net: h - h.mean(0)), "modes", "over the batch"),
    "batch statistics": (lambda: images(build=lambda: nn.Sequential(
        *plain(nn.BatchNorm1d(16, track_running_stats=False)))), "modes", "batch statistics"),
    "seed in each pass": (lambda: acting(same_units), "modes", "dropout drops the same units"),
    "written in place": (lambda: noisy(NoisyInPlace), "modes", "in place"),
    "dropout off": (lambda: images(build=lambda: Still(*plain(nn.Dropout(0.5)))), "modes",
                    "evaluation mode"),
    "functional dropout off": (
        lambda: images(build=lambda: Still(Functional(
            lambda h, net: functional.dropout(h, 0.5, net.training)))), "modes", "evaluation mode",
    ),
    "augmentation makes NaN": (lambda: images(augment=lambda x, y: (x / 0, y)), "augmentation",
                               "nan"),
    "augmentation changes shape": (lambda: images(augment=lambda x, y: (x[..., 1:], y)),
                                   "augmentation", "shapes"),
    "augmentation does nothing": (lambda: images(augment=lambda x, y: (x, y)), "augmentation",
                                  "no effect"),
    "augmentation scales": (lambda: images(augment=lambda x, y: (x * 255, y)), "augmentation",
                            "range"),
    "augmentation relabels": (lambda: images(augment=relabelled), "augmentation", "wrong labels"),
    "flips without masks": (
        lambda: segmentation(augment=lambda x, y: (x.flip(-1) + 0.05 * torch.randn_like(x), y)),
        "augmentation", "masks",
    ),
    "turns without masks": (lambda: binary_mask(augment=lambda x, y: (x.rot90(1, (2, 3)), y)),
                            "augmentation", "masks"),
    "shifts without masks": (lambda: segmentation(augment=lambda x, y: (x.roll(3, 2), y)),
                             "augmentation", "masks"),
    "masks turn without images": (lambda: binary_mask(augment=lambda x, y: (x, y.flip(2, 3))),
                                  "augmentation", "masks"),
    "float64 in a classification": (
        lambda: images(build=lambda: nn.Sequential(*plain()).double(), inputs=pixels().double()),
        "network", "float32",
    ),
}  # fmt: skip
"""Each with the check that tells it, and words of the first cause."""
