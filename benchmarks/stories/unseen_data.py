"""Generated data of the tasks that the authors of the rules have not seen.

Written on 30 November 2026. Everything is made with fixed seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from benchmarks.stories.fault_tasks import Parts
from torch.utils.data import Dataset

PADDING, N_WORDS, N_KINDS = 0, 20, 4
IGNORED = -100


def places(n: int, split: str, seed: int = 0) -> torch.Tensor | None:
    """Return which of ``n`` examples belong to a split, by a fixed shuffle."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return in_this_order(order, split)


def in_this_order(order: torch.Tensor, split: str) -> torch.Tensor | None:
    """Return a split's share of examples that are in order: 60, 20 and 20 percent."""
    a, b = int(0.6 * len(order)), int(0.8 * len(order))
    return {"train": order[:a], "train-val": order[a:b], "test": order[b:]}.get(split)


def picked(values: Any, index: Any) -> Any:
    """Index a tensor or a list, or each of those in a dict or a tuple."""
    if isinstance(values, Mapping):
        return {name: picked(value, index) for name, value in values.items()}
    if isinstance(values, tuple):
        return tuple(picked(value, index) for value in values)
    return values[index]


def size_of(values: Any) -> int:
    """Return how many examples a tensor, a list, a dict or a tuple of them has."""
    if isinstance(values, Mapping):
        return size_of(next(iter(values.values())))
    return size_of(values[0]) if isinstance(values, tuple) else len(values)


class Rows(Dataset[Any]):
    """Some of the examples whose inputs and targets are tensors, dicts, tuples or lists."""

    def __init__(self, x: Any, y: Any, chosen: Sequence[int] | torch.Tensor) -> None:
        self.x, self.y, self.chosen = x, y, torch.as_tensor(chosen)

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: int) -> Any:
        row = int(self.chosen[index])
        return picked(self.x, row), picked(self.y, row)


@dataclass
class Whole(Parts):
    """A task in parts with inputs and targets of any shape, and a collate of its own."""

    collate: Callable[..., Any] | None = None
    predict: Callable[..., Any] | None = None

    def data(self, split: str) -> Any:
        """Return a split; tensors stay together where both parts are tensors."""
        if isinstance(self.x, torch.Tensor) and isinstance(self.y, torch.Tensor):
            return super().data(split)
        if self.splits is not None:
            return self.splits(self.x, self.y, split, self.seed)
        chosen = places(size_of(self.y), split, self.seed)
        return None if chosen is None else Rows(self.x, self.y, chosen)


@lru_cache
def masks(n: int = 700, side: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Images of a bright rectangle and a dim one on noise, and which pixel is which."""
    rng = np.random.default_rng(1)
    x = rng.normal(0, 0.15, (n, 1, side, side))
    y = np.zeros((n, side, side), dtype=np.int64)
    for i in range(n):
        for kind, light in ((1, 0.5), (2, 1.0)):
            top, left = rng.integers(0, side - 4, 2)
            high, wide = rng.integers(3, 6, 2)
            x[i, 0, top : top + high, left : left + wide] += light
            y[i, top : top + high, left : left + wide] = kind
    light = x[:, 0]
    y[(y == 1) & (light > 1.25)] = 2
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


@lru_cache
def boxes(n: int = 900, side: int = 16) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Images of one box, full or hollow: its corners as shares of the side, and its kind."""
    rng = np.random.default_rng(2)
    x = rng.normal(0, 0.1, (n, 1, side, side))
    corners, kinds = np.zeros((n, 4)), rng.integers(2, size=n)
    for i in range(n):
        wide, high = rng.integers(4, 9, 2)
        left, top = rng.integers(0, side - wide), rng.integers(0, side - high)
        x[i, 0, top : top + high, left : left + wide] += 1
        if kinds[i]:
            x[i, 0, top + 1 : top + high - 1, left + 1 : left + wide - 1] -= 1
        corners[i] = np.array([left, top, left + wide, top + high]) / side
    targets = {"box": torch.tensor(corners, dtype=torch.float32), "kind": torch.tensor(kinds)}
    return torch.tensor(x, dtype=torch.float32), targets


@lru_cache
def language(length: int = 16, n: int = 900) -> torch.Tensor:
    """Return token sequences: each word is followed by one of three, mostly by the first."""
    rng = np.random.default_rng(3)
    followers = np.stack([rng.permutation(N_WORDS)[:3] for _ in range(N_WORDS)])
    words = np.zeros((n, length + 1), dtype=np.int64)
    words[:, 0] = rng.integers(N_WORDS, size=n)
    for t in range(length):
        which = rng.choice(3, size=n, p=[0.7, 0.2, 0.1])
        words[:, t + 1] = followers[words[:, t], which]
    return torch.tensor(words)


@lru_cache
def translations(n: int = 1200) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Sentences of 3 to 9 words and their translation word by word; 0 pads, 1 begins."""
    rng = np.random.default_rng(4)
    cipher = np.concatenate([[0, 1], rng.permutation(12) + 2])
    source, before, target = (np.zeros((n, 9), dtype=np.int64) for _ in range(3))
    for i in range(n):
        size = rng.integers(3, 10)
        source[i, :size] = rng.integers(2, 14, size)
        target[i, :size] = cipher[source[i, :size]]
        before[i, :size] = np.concatenate([[1], target[i, : size - 1]])
    inputs = {"source": torch.tensor(source), "before": torch.tensor(before)}
    return inputs, torch.tensor(target)


@lru_cache
def tags(n: int = 900, longest: int = 24) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Sentences of 3 to ``longest`` words; a tag depends on a word and on the one before."""
    rng = np.random.default_rng(5)
    kind = rng.integers(0, N_KINDS, size=N_WORDS + 1)
    words, marks = [], []
    for _ in range(n):
        size = min(longest, 3 + int(rng.exponential(4)))
        sentence = rng.integers(1, N_WORDS + 1, size)
        earlier = np.concatenate([[0], sentence[:-1]])
        tag = (kind[sentence] + (earlier > N_WORDS // 2)) % N_KINDS
        words.append(torch.tensor(sentence))
        marks.append(torch.tensor(tag))
    return words, marks


def padded_tags(examples: Sequence[Any], fill: int = IGNORED) -> tuple[Any, Any]:
    """Make a batch of sentences and tags: 24 places each, the rest padded."""
    words = torch.zeros(len(examples), 24, dtype=torch.long)
    marks = torch.full((len(examples), 24), fill)
    for i, (sentence, tag) in enumerate(examples):
        words[i, : len(sentence)] = sentence
        marks[i, : len(tag)] = tag
    return words, marks


@lru_cache
def series(length: int = 1500, window: int = 24) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows of a noisy seasonal series, in the order of time, and the value that follows."""
    rng = np.random.default_rng(6)
    t = np.arange(length)
    values = np.sin(2 * np.pi * t / 12) + 0.5 * np.sin(2 * np.pi * t / 31)
    values = values + rng.normal(0, 0.2, length)
    x = np.stack([values[i : i + window] for i in range(length - window)])
    y = values[window:]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)[:, None]


def in_time(x: Any, y: Any, split: str, seed: int) -> Any:
    """Split by time: training is earlier, and a gap keeps windows apart."""
    chosen = in_this_order(torch.arange(len(y)), split)
    return None if chosen is None else Rows(x, y, chosen[24:])


@lru_cache
def rare(n: int = 1500) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a table of which about one row in fifteen is of class 1."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(n, 8))
    score = x[:, 0] + 0.8 * x[:, 1] * x[:, 2] + 0.5 * x[:, 3] + rng.normal(0, 0.3, n)
    y = score > np.quantile(score, 0.935)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y).long()


@lru_cache
def ratings() -> tuple[torch.Tensor, torch.Tensor]:
    """Who rated what, and how: users and films of two hidden tastes."""
    rng = np.random.default_rng(8)
    users, films = rng.normal(size=(40, 2)), rng.normal(size=(30, 2))
    pairs = np.stack(np.divmod(rng.permutation(1200), 30), 1)
    y = (users[pairs[:, 0]] * films[pairs[:, 1]]).sum(1) + 3 + rng.normal(0, 0.2, len(pairs))
    return torch.tensor(pairs), torch.tensor(y, dtype=torch.float32)[:, None]


@lru_cache
def graphs(n: int = 700, size: int = 10) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Graphs of ten nodes as matrices: ones with a hub, and ones without."""
    rng = np.random.default_rng(9)
    y = rng.integers(2, size=n)
    edges = rng.random((n, size, size)) < 0.25
    hub = rng.integers(size, size=n)
    for i in np.flatnonzero(y):
        edges[i, hub[i]] = rng.random(size) < 0.9
    edges = edges | edges.transpose(0, 2, 1)
    nodes = rng.normal(size=(n, size, 3))
    return {
        "edges": torch.tensor(edges, dtype=torch.float32),
        "nodes": torch.tensor(nodes, dtype=torch.float32),
    }, torch.tensor(y)


@lru_cache
def clouds(n: int = 900) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Sets of 4 to 20 points in the plane, and how far they lie from the origin on average."""
    rng = np.random.default_rng(10)
    sets = [
        torch.tensor(rng.normal(0, rng.uniform(0.3, 2), (rng.integers(4, 21), 2))).float()
        for _ in range(n)
    ]
    return sets, torch.stack([points.norm(dim=1).mean() for points in sets])[:, None]


def padded_clouds(examples: Sequence[Any]) -> tuple[Any, Any]:
    """Make a batch of sets with a mask of the points that are there."""
    points, here = torch.zeros(len(examples), 20, 2), torch.zeros(len(examples), 20)
    for i, (cloud, _) in enumerate(examples):
        points[i, : len(cloud)], here[i, : len(cloud)] = cloud, 1
    return {"points": points, "mask": here}, torch.stack([y for _, y in examples])


@lru_cache
def colours(n: int = 800) -> tuple[torch.Tensor, torch.Tensor]:
    """Images of three channels: red or blue stripes that lie or stand, four classes."""
    rng = np.random.default_rng(11)
    y = rng.integers(4, size=n)
    x = rng.normal(0, 0.3, (n, 3, 8, 8))
    for i in range(n):
        stripes = (np.arange(8) + rng.integers(4)) % 4 < 2
        image = np.broadcast_to(stripes[:, None] if y[i] % 2 else stripes[None, :], (8, 8))
        x[i, 0 if y[i] < 2 else 2] += image
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


@lru_cache
def arrows(n: int = 800) -> tuple[torch.Tensor, torch.Tensor]:
    """Images of arrows that point left (0), right (1), up (2) or down (3)."""
    rng = np.random.default_rng(12)
    shape = np.zeros((5, 5))
    shape[2] = 1
    shape[1, 1] = shape[3, 1] = shape[0, 2] = shape[4, 2] = 1
    turned = [shape, shape[:, ::-1], shape.T, shape.T[::-1]]
    y = rng.integers(4, size=n)
    x = rng.normal(0, 0.25, (n, 1, 10, 10))
    for i in range(n):
        top, left = rng.integers(0, 6, 2)
        x[i, 0, top : top + 5, left : left + 5] += turned[y[i]]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


@lru_cache
def signals(n: int = 700) -> tuple[torch.Tensor, torch.Tensor]:
    """Recordings of two channels and 40 steps; the frequency tells which of three it is."""
    rng = np.random.default_rng(13)
    y = rng.integers(3, size=n)
    t = np.arange(40)
    period = np.array([6.0, 10.0, 16.0])[y][:, None, None]
    phase = rng.uniform(0, 6.28, (n, 2, 1))
    x = np.sin(2 * np.pi * t / period + phase) + rng.normal(0, 0.6, (n, 2, 40))
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


@lru_cache
def houses(n: int = 1200) -> tuple[torch.Tensor, torch.Tensor]:
    """Return standardized properties of houses, and the logarithm of prices, standardized."""
    rng = np.random.default_rng(14)
    x = rng.normal(size=(n, 9))
    y = 0.6 * x[:, 0] + 0.4 * x[:, 1] * (x[:, 2] > 0) + 0.5 * np.tanh(2 * x[:, 3]) - 0.3 * x[:, 4]
    y = y + rng.normal(0, 0.2, n)
    y = (y - y.mean()) / y.std()
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)[:, None]


@lru_cache
def visits(n: int = 1000) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a table and counts from 0 on, whose logarithm is linear in three columns."""
    rng = np.random.default_rng(15)
    x = rng.normal(size=(n, 6))
    mean = np.exp(0.6 + 0.6 * x[:, 0] - 0.5 * x[:, 1] + 0.3 * x[:, 2])
    return torch.tensor(x, dtype=torch.float32), torch.tensor(rng.poisson(mean))[:, None]


@lru_cache
def groups(n_groups: int = 240, each: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return records of patients: features of a patient with little noise, a diagnosis, who it is.

    The diagnosis follows from two of the features, and by chance in a third of the patients.
    """
    rng = np.random.default_rng(16)
    person = rng.normal(size=(n_groups, 12))
    ill = person[:, 0] + person[:, 1] > 0
    ill = np.where(rng.random(n_groups) < 0.33, rng.random(n_groups) < 0.5, ill)
    who = np.repeat(np.arange(n_groups), each)
    x = person[who] + rng.normal(0, 0.05, (len(who), 12))
    return (
        torch.tensor(x, dtype=torch.float32),
        torch.tensor(ill[who]).long(),
        torch.tensor(who),
    )


@lru_cache
def twins(n: int = 1400) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Pairs of digits, half of them of the same number: 1 where they are."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    images = torch.tensor(x / 16, dtype=torch.float32)
    rng = np.random.default_rng(17)
    order = rng.permutation(len(y))[:n]
    alike = rng.integers(2, size=n)
    other = np.array(
        [
            rng.choice(np.flatnonzero((y == y[i]) == bool(s)))
            for i, s in zip(order, alike, strict=True)
        ]
    )
    return {"left": images[order], "right": images[other]}, torch.tensor(alike)
