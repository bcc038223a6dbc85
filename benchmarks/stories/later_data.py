"""Small generated data sets of many shapes for the later healthy projects and mistakes.

Written on 30 November 2026. Everything is made from fixed seeds and takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

Tensors = torch.Tensor | Mapping[str, torch.Tensor]
PAD, BEGIN, END = 0, 1, 2
N_TOKENS, CHAIN_LENGTH = 12, 16
N_WORDS, MOST_WORDS = 150, 30


def chosen(what: Tensors, places: Any) -> Any:
    """Return the rows of a tensor, or of each tensor of a dict."""
    if isinstance(what, torch.Tensor):
        return what[places]
    return {name: tensor[places] for name, tensor in what.items()}


class Records(Dataset[Any]):
    """Examples whose inputs or targets are tensors or dicts of tensors."""

    def __init__(self, x: Tensors, y: Tensors, change: Callable[..., Any] | None = None) -> None:
        self.x, self.y, self.change = x, y, change

    def __len__(self) -> int:
        return len(self.y if isinstance(self.y, torch.Tensor) else next(iter(self.y.values())))

    def __getitem__(self, index: int) -> Any:
        x, y = chosen(self.x, index), chosen(self.y, index)
        return (x, y) if self.change is None else self.change(x, y)


def places_of(n: int, split: str, seed: int, *, shuffle: bool = True) -> torch.Tensor | None:
    """Return which examples of ``n`` a split has: 60 % to train, 20 % to validate, 20 % to test."""
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=rng) if shuffle else torch.arange(n)
    a, b = int(0.6 * n), int(0.8 * n)
    return {"train": order[:a], "train-val": order[a:b], "test": order[b:]}.get(split)


def records(x: Tensors, y: Tensors, split: str, seed: int, *, shuffle: bool = True) -> Any:
    """Return a split of examples of any form."""
    n = len(y if isinstance(y, torch.Tensor) else next(iter(y.values())))
    places = places_of(n, split, seed, shuffle=shuffle)
    return None if places is None else Records(chosen(x, places), chosen(y, places))


def floats(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)


@lru_cache
def signals() -> tuple[torch.Tensor, torch.Tensor]:
    """Waves of four forms with any phase and pitch under noise: 1 x 64 numbers."""
    rng = np.random.default_rng(1)
    y = rng.integers(4, size=1200)
    turns = rng.uniform(2, 5, (1200, 1)) * np.linspace(0, 1, 64) + rng.random((1200, 1))
    waves = np.stack(
        [
            np.sin(2 * np.pi * turns),
            np.sign(np.sin(2 * np.pi * turns)),
            2 * (turns % 1) - 1,
            np.sin(2 * np.pi * turns) * np.linspace(0, 2, 64),
        ]
    )
    x = waves[y, np.arange(1200)] + rng.normal(0, 0.3, (1200, 64))
    return floats(x).unsqueeze(1), torch.tensor(y)


@lru_cache
def photos() -> tuple[np.ndarray[Any, Any], torch.Tensor]:
    """Stripes of three directions in red or blue, as files hold them: bytes, 12 x 12 x 3."""
    rng = np.random.default_rng(2)
    y = rng.integers(6, size=1200)
    rows, columns = np.mgrid[:12, :12]
    along = np.stack([rows + 0 * columns, columns, rows + columns])[y % 3]
    bright = 0.5 + 0.3 * np.sin(along * 1.4 + rng.uniform(0, 6, (1200, 1, 1)))
    tint = np.where((y // 3)[:, None] == 0, [1.0, 0.7, 0.45], [0.45, 0.7, 1.0])
    x = bright[..., None] * tint[:, None, None, :] + rng.normal(0, 0.12, (1200, 12, 12, 3))
    return (x.clip(0, 1) * 255).astype(np.uint8), torch.tensor(y)


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the photos as a network wants them: 3 x 12 x 12, about -2 to 2."""
    x, y = photos()
    return (floats(x).permute(0, 3, 1, 2) / 255 - 0.4) / 0.2, y


@lru_cache
def scenes() -> tuple[torch.Tensor, torch.Tensor]:
    """A box (1) at the left and a disc (2) at the right of a noisy image, and their pixels."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:16, :16]
    y = np.zeros((600, 16, 16), dtype=np.int64)
    for one in y:
        top, left, high, wide = *rng.integers(1, (8, 4)), *rng.integers(4, (8, 6))
        one[top : top + high, left : left + wide] = 1
        row, column, radius = *rng.uniform((3, 10), (12, 13)), rng.uniform(2, 3.5)
        one[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = 2
    x = np.array([0.0, 0.7, 1.2])[y] + rng.normal(0, 0.35, y.shape)
    return floats(x).unsqueeze(1), torch.tensor(y)


@lru_cache
def arrows() -> tuple[torch.Tensor, torch.Tensor]:
    """Arrows that point to the left, right, top or bottom of a noisy image of 10 x 10."""
    rng = np.random.default_rng(4)
    y = rng.integers(4, size=1000)
    x = np.zeros((1000, 10, 10))
    for image, label in zip(x, y, strict=True):
        one = np.zeros((10, 10))
        row, column = rng.integers(3, 7), rng.integers(1, 4)
        one[row, column : column + 5] = 1
        for k in (1, 2):
            one[[row - k, row + k], column + k] = 1
        image[:] = {0: one, 1: one[:, ::-1], 2: one.T, 3: one.T[::-1]}[int(label)]
    return floats(x + rng.normal(0, 0.25, x.shape)).unsqueeze(1), torch.tensor(y)


@lru_cache
def spots() -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """One bright box or ellipse; its kind, and its centre and size as shares of the image."""
    rng = np.random.default_rng(5)
    rows, columns = (np.mgrid[:16, :16] + 0.5) / 16
    centre, size = rng.uniform(0.3, 0.7, (900, 2)), rng.uniform(0.25, 0.55, (900, 2))
    kind = rng.integers(2, size=900)
    down = np.abs(rows - centre[:, :1, None]) / size[:, :1, None] * 2
    right = np.abs(columns - centre[:, 1:, None]) / size[:, 1:, None] * 2
    inside = np.where(kind[:, None, None] == 0, np.maximum(down, right), np.hypot(down, right)) < 1
    x = inside + rng.normal(0, 0.15, inside.shape)
    box = floats(np.concatenate([centre, size], 1))
    return floats(x).unsqueeze(1), {"box": box, "kind": torch.tensor(kind)}


@lru_cache
def marks() -> tuple[torch.Tensor, torch.Tensor]:
    """A wide and a narrow bright mark, and the places of both: four numbers from 0 to 1."""
    rng = np.random.default_rng(6)
    rows, columns = (np.mgrid[:16, :16] + 0.5) / 16
    y = rng.uniform(0.1, 0.9, (900, 4))
    x = rng.normal(0, 0.1, (900, 16, 16))
    for place, wide in ((y[:, :2], 0.15), (y[:, 2:], 0.06)):
        away = (rows - place[:, :1, None]) ** 2 + (columns - place[:, 1:, None]) ** 2
        x += np.exp(-away / (2 * wide**2))
    return floats(x).unsqueeze(1), floats(y)


@lru_cache
def reviews() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Texts of 5 to 30 words, filled up with zeros; how long they are; which of 3 tones."""
    rng = np.random.default_rng(7)
    n = 1500
    lengths, y = rng.integers(5, MOST_WORDS + 1, size=n), rng.integers(3, size=n)
    words = rng.integers(1, N_WORDS, size=(n, MOST_WORDS))
    own = rng.integers(1, 21, size=words.shape) + 20 * y[:, None]
    words = np.where(rng.random(words.shape) < 0.35, own, words)
    words[np.arange(MOST_WORDS) >= lengths[:, None]] = PAD
    return torch.tensor(words), torch.tensor(lengths), torch.tensor(y)


@lru_cache
def tags() -> tuple[torch.Tensor, torch.Tensor]:
    """Texts of 20 words about any of eight subjects, each of which has words of its own."""
    rng = np.random.default_rng(8)
    y = rng.random((1500, 8)) < np.linspace(0.08, 0.25, 8)
    words = rng.integers(81, N_WORDS, size=(1500, 20))
    for row, subjects in zip(words, y, strict=True):
        for subject in np.flatnonzero(subjects):
            row[rng.permutation(20)[:3]] = 1 + 10 * subject + rng.integers(10, size=3)
    return torch.tensor(words), floats(y)


@lru_cache
def chains(n: int = 2000, *, order: int = 2) -> torch.Tensor:
    """Sequences in which the last token or two mostly settle the next one."""
    rng = np.random.default_rng(9)
    likely = rng.permuted(np.tile(np.arange(N_TOKENS), (N_TOKENS, 3, 1)), axis=2)[..., 0]
    found = rng.integers(N_TOKENS, size=(n, CHAIN_LENGTH + 1))
    for t in range(2, CHAIN_LENGTH + 1):
        before = found[:, t - 2] % 3 if order == 2 else 0
        found[:, t] = np.where(rng.random(n) < 0.85, likely[found[:, t - 1], before], found[:, t])
    return torch.tensor(found)


@lru_cache
def phrases() -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Phrases of 2 to 8 tokens and what they become: each token of another table, in order."""
    rng = np.random.default_rng(10)
    n, most = 1000, 8
    lengths = np.minimum(rng.geometric(0.3, size=n) + 1, most)
    table = np.concatenate([[0, 0, 0], 3 + rng.permutation(12)])
    source = rng.integers(3, 15, size=(n, most))
    # After a token above the middle the next one is taken from the other end of the table.
    turned = np.concatenate([np.zeros((n, 1), bool), source[:, :-1] > 8], axis=1)
    translated = np.where(turned, 17 - table[source], table[source])
    outside = np.arange(most) >= lengths[:, None]
    source[outside], translated[outside] = PAD, PAD
    after = np.concatenate([translated, np.zeros((n, 1), int)], axis=1)
    after[np.arange(n), lengths] = END
    before = np.concatenate([np.full((n, 1), BEGIN), after[:, :-1]], axis=1)
    before[before == END] = PAD
    return {"source": torch.tensor(source), "before": torch.tensor(before)}, torch.tensor(after)


@lru_cache
def houses() -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Six numbers and two categories of a house, and its price: from 50 to 2,000 or so."""
    rng = np.random.default_rng(11)
    x, place = rng.normal(size=(1500, 6)), rng.integers(30, size=1500)
    kind = rng.integers(5, size=1500)
    level = rng.normal(0, 0.4, 30)[place] + rng.normal(0, 0.3, 5)[kind]
    level += 0.4 * x[:, 0] + 0.3 * x[:, 1] * (x[:, 2] > 0) + 0.2 * np.sin(2 * x[:, 3])
    price = np.exp(5.5 + level + rng.normal(0, 0.1, 1500))
    return {"numbers": floats(x), "kinds": torch.tensor(np.stack([place, kind], 1))}, floats(price)


@lru_cache
def customers(share: float = 0.08) -> tuple[torch.Tensor, torch.Tensor]:
    """Twelve numbers of a customer, and the few who leave."""
    rng = np.random.default_rng(12)
    x = rng.normal(size=(2000, 12))
    score = x[:, 0] + x[:, 1] + x[:, 2] + 0.8 * np.abs(x[:, 3]) + rng.normal(0, 0.4, 2000)
    return floats(x), floats(score > np.quantile(score, 1 - share))


@lru_cache
def moons(n: int = 1000) -> tuple[torch.Tensor, torch.Tensor]:
    """Points whose class is the sign of a product, so that no straight line parts them."""
    rng = np.random.default_rng(13)
    x = rng.uniform(-1, 1, (n, 6))
    return floats(x), torch.tensor((x[:, 0] * x[:, 1] + 0.3 * x[:, 2] * x[:, 3] > 0).astype(int))


@lru_cache
def walk(n: int = 1500, window: int = 24, ahead: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows of a wave with a wandering level, each a step on from the one before; the next."""
    rng = np.random.default_rng(14)
    steps = np.arange(n + window + ahead)
    level = np.cumsum(rng.normal(0, 0.4, len(steps)))
    values = level + 1.8 * np.sin(steps / 3) + rng.normal(0, 0.1, len(steps))
    at = np.arange(n)[:, None] + np.arange(window)
    last = values[at[:, -1]][:, None]
    change = values[at[:, -1] + ahead][:, None] - last
    return floats(np.concatenate([values[at] - last, last], 1)), floats(change)


@lru_cache
def events() -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers of events, with a rate that eight measurements tell."""
    rng = np.random.default_rng(15)
    x = rng.normal(size=(1200, 8))
    rate = np.exp(0.8 + 0.6 * x[:, 0] - 0.5 * x[:, 1] + 0.4 * x[:, 2] * x[:, 3])
    return floats(x), floats(rng.poisson(rate.clip(0, 40)))


@lru_cache
def bends() -> tuple[torch.Tensor, torch.Tensor]:
    """A curve over two inputs with more noise at one end than at the other."""
    rng = np.random.default_rng(16)
    x = rng.uniform(-2, 2, (1200, 2))
    noise = 0.08 + 0.25 * (x[:, 0] > 0)
    y = np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] + noise * rng.normal(size=1200)
    return floats(x), floats(y).unsqueeze(1)


@lru_cache
def ratings() -> tuple[torch.Tensor, torch.Tensor]:
    """Who rates what, and how, from 1 to 5."""
    rng = np.random.default_rng(17)
    pairs = np.stack([rng.integers(60, size=2000), rng.integers(40, size=2000)], 1)
    users, items = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    score = 3 + (users[pairs[:, 0]] * items[pairs[:, 1]]).sum(1) * 0.8
    return torch.tensor(pairs), floats((score + rng.normal(0, 0.2, 2000)).clip(1, 5))


@lru_cache
def clouds() -> tuple[torch.Tensor, torch.Tensor]:
    """Sets of 24 points on a circle, a square's edge, a cross or a line, turned at random."""
    rng = np.random.default_rng(18)
    y, t = rng.integers(4, size=1000), rng.uniform(-1, 1, (1000, 24))
    side = rng.integers(4, size=t.shape)
    forms = np.stack(
        [
            np.stack([np.cos(np.pi * t), np.sin(np.pi * t)], -1),
            np.stack(
                [
                    np.where(side < 2, t, np.where(side == 2, 1, -1)),
                    np.where(side < 2, np.where(side == 0, 1, -1), t),
                ],
                -1,
            ),
            np.stack([np.where(side < 2, t, 0), np.where(side < 2, 0, t)], -1),
            np.stack([t, 0 * t], -1),
        ]
    )
    x, turn = forms[y, np.arange(1000)], rng.uniform(0, 6.3, 1000)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return floats(np.einsum("ijn,nkj->nki", turned, x) + rng.normal(0, 0.05, x.shape)), (
        torch.tensor(y)
    )


@lru_cache
def graphs() -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Graphs of ten nodes: rings, stars and random ones, with numbers at the nodes."""
    rng = np.random.default_rng(19)
    y = rng.integers(3, size=900)
    links = np.zeros((900, 10, 10))
    for one, label in zip(links, y, strict=True):
        order = rng.permutation(10)
        if label == 0:
            one[order, np.roll(order, 1)] = 1
        elif label == 1:
            one[order[0], order[1:]] = 1
        else:
            one[:] = rng.random((10, 10)) < 0.11
        one[rng.integers(10), rng.integers(10)] = 1
    links = np.maximum(links, links.transpose(0, 2, 1))
    return {"nodes": floats(rng.normal(size=(900, 10, 3))), "links": floats(links)}, torch.tensor(y)


@lru_cache
def patients() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ten records each of 120 patients, who differ more than the ill from the well do."""
    rng = np.random.default_rng(20)
    ill, who = rng.integers(2, size=120), np.repeat(np.arange(120), 10)
    person = rng.normal(size=(120, 16))
    person[:, :2] += 0.5 * (2 * ill[:, None] - 1)
    x = person[who] + rng.normal(0, 0.1, (1200, 16))
    return floats(x), torch.tensor(ill[who]), torch.tensor(who)
