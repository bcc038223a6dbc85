"""The recipe for texts: a bag of embeddings, an LSTM or a small transformer over common words.

The vocabulary lies in the task's arguments, made of the training texts alone, so a trained network
needs no data. The bag is fastText's, with its rate that falls linearly to 0 (S1.18).
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, final

import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.datasets.library import Stored, open_dataset
from tunebook.datasets.records import Kind as DataKind
from tunebook.recipes.answers import Likeliest, likeliest
from tunebook.recipes.registry import Recipe
from tunebook.recipes.scores import class_scores
from tunebook.recipes.settings import require_known
from tunebook.records import Configuration
from tunebook.space import Float, Int, Kind, Space

MAX_WORDS, MIN_COUNT = 5000, 2
"""So many words have embeddings, the most frequent ones of those that occur twice."""

MAX_LENGTH = 256
"""Words of a text beyond this are not read."""

NETWORKS = ("bag", "lstm", "attention")
_HEADS = 2


def words_of(text: str) -> list[str]:
    """Return the words of a text in any script, in small letters."""
    return re.findall(r"[^\W_]+", text.lower())


@final
class TextTask:
    """Tells the class of a text from its words."""

    name = "text-classification"
    maximize = "accuracy"
    loss = staticmethod(nn.functional.cross_entropy)

    def __init__(
        self, data: str, home: str, *, labels: Sequence[str], words: Sequence[str], length: int
    ) -> None:
        self._data, self._home, self._length = data, home, length
        self.labels = list(labels)
        self.metrics = partial(class_scores, labels=self.labels)
        # 0 fills short texts up; words without an embedding are left out.
        self._number = {word: i for i, word in enumerate(words, 1)}

    def data(self, split: str) -> TensorDataset | None:
        """Return the texts of a split as numbers of words, with their classes."""
        items = open_dataset(self._data, Path(self._home)).dataset.labelled(split)
        if not items:
            return None
        rows = torch.stack([self._row(item.text or "") for item in items])
        return TensorDataset(rows, torch.tensor([int(item.label or 0) for item in items]))

    def _row(self, text: str) -> torch.Tensor:
        numbers = [self._number[w] for w in words_of(text) if w in self._number][: self._length]
        row = torch.zeros(self._length, dtype=torch.long)
        row[: len(numbers)] = torch.tensor(numbers, dtype=torch.long)
        return row

    def answer(self, network: nn.Module, raw: str, *, top: int | None = None) -> Likeliest:
        """Return the class of a text with its share of certainty, or the ``top`` ones."""
        return likeliest(self.labels, network(self._row(raw)[None])[0], top)

    def network(self, config: Configuration) -> nn.Module:
        """Build the network that ``network`` names, of ``width`` numbers for a word."""
        kind = require_known("network", str(config.get("network", "bag")), NETWORKS)
        width, dropout = int(str(config["width"])), float(str(config["dropout"]))
        sizes = (len(self._number) + 1, width, len(self.labels))
        if kind == "bag":
            # fastText: the mean of the words' embeddings, then one layer.
            bag, out = nn.EmbeddingBag(*sizes[:2], padding_idx=0), nn.Linear(*sizes[1:])
            return nn.Sequential(OrderedDict(embed=bag, drop=nn.Dropout(dropout), out=out))
        if kind == "lstm":
            return Lstm(*sizes, dropout=dropout)
        return Attention(*sizes, dropout=dropout, length=self._length)


@final
class Lstm(nn.Module):
    """One LSTM over the words, and the mean of what it says at each of them (S2.3)."""

    def __init__(self, n_words: int, width: int, n_classes: int, *, dropout: float) -> None:
        super().__init__()
        self.embed = nn.Embedding(n_words, width, padding_idx=0)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.drop, self.out = nn.Dropout(dropout), nn.Linear(width, n_classes)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        """Return scores of classes (B, K) for numbers of words (B, L)."""
        states = self.lstm(self.embed(words))[0]
        found: torch.Tensor = self.out(self.drop(_mean(states, words)))
        return found


@final
class Attention(nn.Module):
    """One layer of a transformer over the words with their places, and the mean over them."""

    def __init__(
        self, n_words: int, width: int, n_classes: int, *, dropout: float, length: int
    ) -> None:
        super().__init__()
        width += width % _HEADS
        self.embed = nn.Embedding(n_words, width, padding_idx=0)
        self.place = nn.Parameter(torch.zeros(length, width))
        self.layer = nn.TransformerEncoderLayer(
            width, _HEADS, 2 * width, dropout=dropout, batch_first=True
        )
        self.out = nn.Linear(width, n_classes)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        """Return scores of classes (B, K) for numbers of words (B, L)."""
        is_filling = words == 0
        # A text without any known word would have nothing to attend to.
        is_filling[:, 0] = False
        embedded = self.embed(words) + self.place
        states = self.layer(embedded, src_key_padding_mask=is_filling)
        found: torch.Tensor = self.out(_mean(states, words))
        return found


def _mean(states: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """Return the mean of the states at words, what fills a text up left out."""
    there = (words != 0).unsqueeze(-1).to(states.dtype)
    return (states * there).sum(1) / there.sum(1).clamp(min=1.0)


def arguments_of(stored: Stored, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return labels, the vocabulary of the training texts, and the length most of them have."""
    del given
    texts = [words_of(item.text or "") for item in stored.dataset.of_split("train")]
    counts = Counter(word for words in texts for word in words)
    common = sorted(counts, key=lambda word: (-counts[word], word))
    words = [word for word in common if counts[word] >= MIN_COUNT][:MAX_WORDS]
    lengths = sorted(len(words) for words in texts) or [1]
    length = max(1, min(MAX_LENGTH, lengths[int(0.95 * (len(lengths) - 1))]))
    return {"labels": list(stored.dataset.classes), "words": words, "length": length}


RECIPE = Recipe(
    name="text-classification",
    kind=DataKind.TEXT_CLASSES,
    maker="tunebook.recipes.text_classification:TextTask",
    arguments=arguments_of,
    defaults={
        "network": "bag",
        "optimizer": "adam",
        "lr": 1e-2,
        "schedule": "linear",
        "batch_size": 32,
        "width": 64,
        "dropout": 0.0,
    },
    space=Space(
        lr=Float(1e-4, 1e-1, log=True, kind=Kind.OPTIMIZATION),
        width=Int(16, 128, log=True, kind=Kind.STRUCTURE),
        dropout=Float(0.0, 0.5, kind=Kind.REGULARIZATION),
    ),
    max_steps=10,
    network="bag of embeddings",
)
"""Embeddings learn at ten times the rate of dense layers: a word is seen seldom (our rule)."""
