"""Generated examples and small networks for the silent mistakes of the fault hunt.

Written on 30 November 2026. Everything follows from fixed seeds, and nothing is downloaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from benchmarks.stories.fault_tasks import Parts, convolutions, digits, layers
from torch import nn
from torch.nn import functional
from torch.utils.data import Dataset

N_TOKENS, N_STEPS = 20, 20
N_WORDS, LONGEST = 24, 12
BEGIN, END = 10, 11
SIDE = 16


@dataclass
class Shaped(Parts):
    """A task in parts that may also collate its examples and turn outputs into predictions."""

    collate: Callable[[Sequence[Any]], Any] | None = None
    predict: Callable[[Any], Any] | None = None


class Listed(Dataset[Any]):
    """Examples of any kind, from a list."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Any:
        return self.rows[index]


def listed(rows: Sequence[Any]) -> Callable[..., Any]:
    """Return ``splits`` over a list of examples: 60 % to train, then 20 % each."""

    def splits(x: Any, y: Any, split: str, seed: int) -> Any:
        order = np.random.default_rng(seed).permutation(len(rows))
        a, b = int(0.6 * len(rows)), int(0.8 * len(rows))
        chosen = {"train": order[:a], "train-val": order[a:b], "test": order[b:]}.get(split)
        return None if chosen is None else Listed([rows[i] for i in chosen])

    return splits


@lru_cache
def chains(n: int = 800, seed: int = 0) -> torch.Tensor:
    """Return sequences of tokens in which each has three likely successors."""
    rng = np.random.default_rng(seed)
    table = np.full((N_TOKENS, N_TOKENS), 0.05 / N_TOKENS)
    for row in table:
        row[rng.choice(N_TOKENS, 3, replace=False)] += [0.7, 0.15, 0.1]
    steps = table.cumsum(1)
    found = rng.integers(N_TOKENS, size=(n, N_STEPS + 1))
    for t in range(N_STEPS):
        drawn = rng.random((n, 1)) > steps[found[:, t]]
        found[:, t + 1] = np.minimum(drawn.sum(1), N_TOKENS - 1)
    return torch.tensor(found)


@lru_cache
def scenes(n: int = 400, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return noisy images with a bright square and a grey disk, and the class of each pixel."""
    rng = np.random.default_rng(seed)
    images, masks = rng.normal(0, 0.15, (n, SIDE, SIDE)), np.zeros((n, SIDE, SIDE), int)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for image, mask in zip(images, masks, strict=True):
        y, x = rng.integers(3, SIDE - 3, size=2)
        disk = (rows - y) ** 2 + (columns - x) ** 2 <= 8
        top, left, size = (*rng.integers(0, SIDE - 5, size=2), rng.integers(3, 6))
        mask[disk] = 2
        mask[top : top + size, left : left + size] = 1
        image += np.array([0.0, 1.0, 0.5])[mask]
    return torch.tensor(images, dtype=torch.float32).unsqueeze(1), torch.tensor(masks)


@lru_cache
def boxes(n: int = 800, seed: int = 0) -> tuple[tuple[torch.Tensor, dict[str, Any]], ...]:
    """Return images of one rectangle with its corners, and whether it is tall, wide or square."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        kind = int(rng.integers(3))
        short, long = rng.integers(3, 5), rng.integers(6, 9)
        height, width = [(long, short), (short, long), (short + 1, short + 1)][kind]
        top, left = rng.integers(0, SIDE - height + 1), rng.integers(0, SIDE - width + 1)
        image = rng.normal(0, 0.1, (1, SIDE, SIDE))
        image[0, top : top + height, left : left + width] += 1
        corners = np.array([left, top, left + width, top + height]) / SIDE
        box = torch.tensor(corners, dtype=torch.float32)
        found.append((torch.tensor(image, dtype=torch.float32), {"box": box, "kind": kind}))
    return tuple(found)


@lru_cache
def tagged(n: int = 900, seed: int = 0) -> tuple[tuple[torch.Tensor, torch.Tensor], ...]:
    """Return sentences of 3 to 12 words with a tag for each; it depends on the word before too."""
    rng = np.random.default_rng(seed)
    of_word = rng.integers(3, size=N_WORDS)
    found = []
    for length in rng.integers(3, LONGEST + 1, size=n):
        words = rng.integers(1, N_WORDS, size=length)
        before = np.concatenate([[0], words[:-1]])
        tags = np.where(before % 4 == 0, (of_word[words] + 1) % 3, of_word[words])
        found.append((torch.tensor(words), torch.tensor(tags)))
    return tuple(found)


@lru_cache
def translations(n: int = 1500, seed: int = 0) -> tuple[tuple[dict[str, Any], torch.Tensor], ...]:
    """Return words 1 to 9 and their translation, one word each, ended by ``END`` and padded."""
    rng = np.random.default_rng(seed)
    word_of = np.concatenate([[0], rng.permutation(9) + 1])
    sources = {tuple(rng.integers(1, 10, size=rng.integers(4, 9)).tolist()) for _ in range(n)}
    found = []
    for source in sorted(sources):
        target = [*(int(word_of[word]) for word in source), END]
        shifted = [BEGIN, *target[:-1]]
        whole = [np.pad(part, (0, 9 - len(part))) for part in (source, shifted, target)]
        a, b, c = (torch.tensor(part, dtype=torch.long) for part in whole)
        found.append(({"source": a, "shifted": b}, c))
    return tuple(found)


@lru_cache
def arms(n: int = 1000, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return two joint angles of a robot's arm, and where its hand is: from -2 to 2."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-np.pi, np.pi, size=(2, n)) / 2
    places = np.stack([np.cos(a) + np.cos(a + b), np.sin(a) + np.sin(a + b)], 1)
    places += rng.normal(0, 0.02, places.shape)
    x = np.stack([a, b], 1)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(places, dtype=torch.float32)


@lru_cache
def counts(n: int = 1200, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features and how often something happened: a Poisson number around 6."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6))
    rate = np.exp(1.5 + 0.5 * x[:, 0] - 0.4 * x[:, 1] + 0.3 * x[:, 2] * x[:, 3])
    return torch.tensor(x, dtype=torch.float32), torch.tensor(rng.poisson(rate.clip(0, 60)))


@lru_cache
def rare(n: int = 2000, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features of 2,000 cases, of which 6 % are ill."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.06).astype(int)
    x = rng.normal(size=(n, 10))
    x[:, :4] += 1.2 * y[:, None]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


@lru_cache
def leaning(n: int = 900, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images of a stroke that leans to the left (0) or to the right (1)."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    x = rng.normal(0, 0.15, (n, 1, SIDE, SIDE))
    for image, side in zip(x, y, strict=True):
        top, left = rng.integers(0, SIDE - 7, size=2)
        for step in range(7):
            image[0, top + step, left + (step if side == 0 else 6 - step)] += 1
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


@lru_cache
def halves() -> torch.Tensor:
    """Return the left and the right half of each digit: N x 2 x 32."""
    x, _ = digits()
    return torch.stack([x[..., :4].flatten(1), x[..., 4:].flatten(1)], 1)


@lru_cache
def pairs(split: str, seed: int = 0) -> Listed | None:
    """Return two images of digits each, and 1 if they show the same; splits share no image."""
    chosen = {"train": (0, 1000, 1200), "train-val": (1000, 1400, 400), "test": (1400, 1797, 400)}
    if split not in chosen:
        return None
    start, stop, n = chosen[split]
    rng, found = np.random.default_rng([seed, start]), []
    x, y = (part[start:stop] for part in digits())
    for k in range(n):
        i = int(rng.integers(len(y)))
        alike = y == y[i] if k % 2 else y != y[i]
        alike[i] = False
        others = torch.nonzero(alike).flatten()
        j = int(others[int(rng.integers(len(others)))])
        found.append(({"left": x[i], "right": x[j]}, float(y[i] == y[j])))
    return Listed(found)


class Chain(nn.Module):
    """A recurrent language model; outputs are B x T x V."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(N_TOKENS, 24)
        self.layer = nn.GRU(24, 32, batch_first=True)
        self.out = nn.Linear(32, N_TOKENS)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.out(self.layer(self.embed(tokens))[0])


class Causal(nn.Module):
    """A small transformer that predicts the next token; ``tied`` is how its last layer is made."""

    def __init__(self, *, masked: bool = True, tied: str = "", channels_first: bool = False):
        super().__init__()
        self.embed = nn.Embedding(N_TOKENS, 32)
        nn.init.normal_(self.embed.weight, std=0.2)
        self.place = nn.Parameter(torch.zeros(N_STEPS, 32))
        self.layer = nn.TransformerEncoderLayer(32, 2, 64, dropout=0.1, batch_first=True)
        self.out = nn.Linear(32, N_TOKENS, bias=False)
        if tied == "shared":
            self.out.weight = self.embed.weight
        elif tied == "copied":
            self.out.weight.data.copy_(self.embed.weight.data)
        self.masked, self.channels_first = masked, channels_first

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        n = tokens.shape[1]
        later = torch.ones(n, n, dtype=torch.bool).triu(1) if self.masked else None
        found = self.out(self.layer(self.embed(tokens) + self.place[:n], src_mask=later))
        return found.transpose(1, 2) if self.channels_first else found


class Translator(nn.Module):
    """An encoder, and a decoder that attends to it; ``cut`` stops gradients between them."""

    def __init__(self, *, cut: bool = False) -> None:
        super().__init__()
        self.embed, self.embed_out = nn.Embedding(12, 24), nn.Embedding(12, 24)
        self.place = nn.Parameter(0.1 * torch.randn(9, 24))
        self.encoder = nn.GRU(24, 24, batch_first=True)
        self.decoder = nn.GRU(24, 24, batch_first=True)
        self.attention = nn.MultiheadAttention(24, 1, batch_first=True)
        self.out = nn.Linear(48, 12)
        self.cut = cut

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        source = inputs["source"]
        read = self.encoder(self.embed(source))[0] + self.place
        read = read.detach() if self.cut else read
        state = self.decoder(self.embed_out(inputs["shifted"]) + self.place)[0]
        seen, _ = self.attention(state, read, read, key_padding_mask=source == 0)
        return self.out(torch.cat([state, seen], 2))


class Tagger(nn.Module):
    """Gives each word of a padded sentence a tag: outputs are B x T x 3."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(N_WORDS, 24, padding_idx=0)
        self.layer = nn.GRU(24, 32, batch_first=True)
        self.out = nn.Linear(32, 3)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.layer(self.embed(words))[0])


class Detector(nn.Module):
    """Finds the corners of one rectangle and its kind."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(256, 48), nn.ReLU(),
        )  # fmt: skip
        self.box, self.kind = nn.Linear(48, 4), nn.Linear(48, 3)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        h = self.body(x)
        return {"box": self.box(h).sigmoid(), "kind": self.kind(h)}


class Siamese(nn.Module):
    """The distance of two images' embeddings, by one network for both."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))

    def forward(self, two: dict[str, torch.Tensor]) -> torch.Tensor:
        return (self.body(two["left"]) - self.body(two["right"])).square().mean(1)


class Halves(nn.Module):
    """Embeds the left and the right half of an image, each by layers of its own: B x 2 x 16."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = (
            nn.Sequential(nn.Linear(32, 48), nn.ReLU(), nn.Linear(48, 16)) for _ in range(2)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        both = torch.stack([self.left(x[:, 0]), self.right(x[:, 1])], 1)
        return functional.normalize(both, dim=2)


def segmenter(n_classes: int = 3) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(),
        nn.Conv2d(12, 12, 5, padding=2), nn.ReLU(), nn.Conv2d(12, n_classes, 1),
    )  # fmt: skip


def padded(rows: Sequence[Any], *, no_tag: int = -100) -> tuple[torch.Tensor, torch.Tensor]:
    """Collate sentences of several lengths: words are padded with 0, tags with ``no_tag``."""
    words = torch.zeros(len(rows), LONGEST, dtype=torch.long)
    tags = torch.full((len(rows), LONGEST), no_tag)
    for i, (own_words, own_tags) in enumerate(rows):
        words[i, : len(own_words)], tags[i, : len(own_tags)] = own_words, own_tags
    return words, tags


class Variational(nn.Module):
    """Codes an image by a mean and a spread; draws a code in training, takes the mean after it."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 16))
        self.decode = nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 64))

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        mean, spread = self.encode(x).chunk(2, 1)
        code = mean + torch.randn_like(mean) * (spread / 2).exp() if self.training else mean
        return {"image": self.decode(code).view_as(x), "mean": mean, "spread": spread}


@lru_cache
def learned_body() -> nn.Module:
    """Return convolutions that know the digits 0 to 4."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = convolutions(5)
        x, y = digits()
        x, y = x[y < 5], y[y < 5]
        optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
        for k in range(80):
            chosen = torch.arange(64 * k, 64 * k + 64) % len(y)
            optimizer.zero_grad()
            functional.cross_entropy(network(x[chosen]), y[chosen]).backward()
            optimizer.step()
    return network[:-1]


class OnFrozenBody(nn.Module):
    """A new last layer on a body that stays as it was learned, with its statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.body = convolutions(5)[:-1]
        self.body.load_state_dict(learned_body().state_dict())
        self.body.requires_grad_(False)
        self.head = nn.Linear(512, 5)

    def train(self, mode: bool = True) -> OnFrozenBody:
        super().train(mode)
        self.body.eval()
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


class Planned(torch.optim.AdamW):
    """Decays weights alone, warms up, lowers its rate by a cosine, and clips gradients."""

    def __init__(self, network: nn.Module, lr: float, n_updates: int = 2000) -> None:
        flat = [p for p in network.parameters() if p.dim() < 2]
        groups = [
            {"params": [p for p in network.parameters() if p.dim() > 1], "weight_decay": 0.05},
            {"params": flat, "weight_decay": 0.0, "share": 2.0},
        ]
        super().__init__(groups, lr=lr)
        self.highest, self.n_updates = lr, n_updates

    def step(self, closure: Any = None) -> Any:
        done = max((int(state["step"]) for state in self.state.values()), default=0)
        share = min(1.0, (done + 1) / 20) * (1 + math.cos(math.pi * done / self.n_updates)) / 2
        for group in self.param_groups:
            group["lr"] = self.highest * share * group.get("share", 1.0)
        nn.utils.clip_grad_norm_(self.all_parameters(), 1.0)
        return super().step(closure)

    def all_parameters(self) -> Iterable[torch.Tensor]:
        return [p for group in self.param_groups for p in group["params"]]


class Mixed(nn.Module):
    """Takes numbers and a category."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.body = nn.Embedding(5, 4), layers(9, 1)

    def forward(self, row: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.body(torch.cat([row["numbers"], self.embed(row["kind"])], 1)).squeeze(1)


@lru_cache
def prices(n: int = 1000) -> tuple[tuple[dict[str, Any], torch.Tensor], ...]:
    rng = np.random.default_rng(0)
    x, kind = rng.normal(size=(n, 5)).astype("float32"), rng.integers(5, size=n)
    y = x[:, 0] + np.array([-1, 0, 2, 0.5, 1])[kind] + 0.5 * x[:, 1] * x[:, 2]
    y = torch.tensor(y + rng.normal(0, 0.3, n), dtype=torch.float32)
    return tuple(({"numbers": torch.tensor(x[i]), "kind": int(kind[i])}, y[i]) for i in range(n))


class Drawn(Dataset[Any]):
    """Draws its examples from sources with ``n_seeds`` seeds; so many of them differ."""

    def __init__(self, n: int, first: int, n_seeds: int) -> None:
        self.n, self.first, self.n_seeds = n, first, n_seeds

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < self.n:
            raise IndexError(index)
        rng = np.random.default_rng(self.first + index % self.n_seeds)
        x = rng.normal(size=6).astype("float32")
        y = np.float32(x[0] - 0.5 * x[1] + x[2] * x[3] + rng.normal(0, 0.1))
        return torch.tensor(x), torch.tensor([y])
