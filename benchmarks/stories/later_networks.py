"""Small networks for the later healthy projects and mistakes.

Written on 30 November 2026. An option that is not the default is what a mistake would make of it.
"""

from __future__ import annotations

from typing import Any

import torch
from benchmarks.stories.later_data import MOST_WORDS, N_TOKENS, N_WORDS, PAD
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence


class OverTime(nn.Module):
    """Convolutions along a signal."""

    def __init__(self, n_in: int = 1, n_out: int = 4, *, norm: bool = True) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(n_in, 16, 5, padding=2), nn.BatchNorm1d(16) if norm else nn.Identity(),
            nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(16, 24, 5, padding=2), nn.ReLU(),
            nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(96, n_out),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def over_image(n_in: int, side: int, n_out: int, *, norm: bool = False) -> nn.Sequential:
    """Two convolutions, halved between, and a hidden layer."""
    return nn.Sequential(
        nn.Conv2d(n_in, 12, 3, padding=1), nn.BatchNorm2d(12) if norm else nn.Identity(), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(12, 16, 3, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Linear(16 * (side // 2) ** 2, 48), nn.ReLU(), nn.Linear(48, n_out),
    )  # fmt: skip


def dense(n_in: int, n_out: int, width: int = 64) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, n_out),
    )  # fmt: skip


class Scenes(nn.Module):
    """An encoder and a decoder with one bridge between, for the class of each pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU())
        self.deep = nn.Sequential(
            nn.MaxPool2d(2), nn.Conv2d(12, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 12, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2),
        )  # fmt: skip
        self.out = nn.Conv2d(24, 3, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shallow = self.down(x)
        return self.out(torch.cat([shallow, self.deep(shallow)], 1))


class Spots(nn.Module):
    """Tells the box of a thing and its kind."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(*over_image(1, 16, 48)[:-1], nn.Linear(48, 48), nn.ReLU())
        self.box, self.kind = nn.Linear(48, 4), nn.Linear(48, 2)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        h = self.body(x)
        return {"box": self.box(h).sigmoid(), "kind": self.kind(h)}


class Reader(nn.Module):
    """Reads words in order and answers by its last state: of the text, or of its filling."""

    def __init__(self, *, packed: bool = True, kind: type[nn.Module] = nn.GRU) -> None:
        super().__init__()
        self.packed = packed
        self.embed = nn.Embedding(N_WORDS, 16, padding_idx=PAD)
        self.drop = nn.Dropout(0.4)
        self.read, self.out = kind(16, 24, batch_first=True), nn.Linear(24, 3)

    def forward(self, x: dict[str, torch.Tensor]) -> torch.Tensor:
        words = self.drop(self.embed(x["words"]))
        if not self.packed:
            return self.out(self.read(words)[0][:, -1])
        lengths = x["lengths"].cpu()
        packed = pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False)
        return self.out(self.read(packed)[1][-1])


class Attentive(nn.Module):
    """Attends to the words of a text; what is filling is left out, or what is not."""

    def __init__(self, *, inverted: bool = False) -> None:
        super().__init__()
        self.inverted = inverted
        self.embed = nn.Embedding(N_WORDS, 24)
        self.place = nn.Parameter(0.02 * torch.randn(MOST_WORDS + 1, 24))
        self.first = nn.Parameter(0.02 * torch.randn(1, 1, 24))
        self.layer = nn.TransformerEncoderLayer(24, 2, 48, dropout=0.2, batch_first=True)
        self.out = nn.Linear(24, 3)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        filling = torch.cat([words.new_full((len(words), 1), PAD + 1), words], 1) == PAD
        h = torch.cat([self.first.expand(len(words), 1, 24), self.embed(words)], 1)
        mask = filling
        if self.inverted:
            # The first place is kept, or nothing at all would be attended to.
            mask = torch.cat([filling[:, :1], ~filling[:, 1:]], 1)
        h = self.layer(h + self.place[: h.shape[1]], src_key_padding_mask=mask)
        return self.out(h[:, 0])


class Bag(nn.Module):
    """The mean of the words, and what follows from it."""

    def __init__(self, n_out: int, *, squash: bool = False) -> None:
        super().__init__()
        self.embed, self.squash = nn.EmbeddingBag(N_WORDS, 32), squash
        self.out = nn.Linear(32, n_out)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        h = self.out(self.embed(words))
        return h.sigmoid() if self.squash else h


class Chain(nn.Module):
    """A recurrent language model; the vocabulary is the last axis of its outputs, or the second."""

    def __init__(self, *, vocabulary_second: bool = False) -> None:
        super().__init__()
        self.second = vocabulary_second
        self.embed, self.read = nn.Embedding(N_TOKENS, 16), nn.GRU(16, 32, batch_first=True)
        self.out = nn.Linear(32, N_TOKENS)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        h = self.out(self.read(self.embed(tokens))[0])
        return h.transpose(1, 2) if self.second else h


class CausalChain(nn.Module):
    """An attentive language model that sees only what came before."""

    def __init__(self, n_tokens: int = N_TOKENS, *, causal: bool = True) -> None:
        super().__init__()
        self.causal = causal
        self.embed = nn.Embedding(n_tokens, 32)
        self.place = nn.Parameter(0.1 * torch.randn(64, 32))
        self.layer = nn.TransformerEncoderLayer(32, 2, 64, dropout=0.0, batch_first=True)
        self.out = nn.Linear(32, N_TOKENS)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        n = tokens.shape[1]
        mask = torch.ones(n, n, dtype=torch.bool).triu(1) if self.causal else None
        return self.out(self.layer(self.embed(tokens) + self.place[:n], src_mask=mask))


class Translator(nn.Module):
    """Reads a phrase both ways; writes another, given what it should have written so far."""

    def __init__(self) -> None:
        super().__init__()
        self.source, self.before = nn.Embedding(15, 16), nn.Embedding(15, 16)
        self.read = nn.GRU(16, 24, batch_first=True, bidirectional=True)
        self.write = nn.GRU(16 + 48, 48, batch_first=True)
        self.out = nn.Linear(48, 15)

    def forward(self, x: dict[str, torch.Tensor]) -> torch.Tensor:
        read = self.read(self.source(x["source"]))[0]
        read = torch.cat([read, torch.zeros_like(read[:, :1])], 1)
        return self.out(self.write(torch.cat([self.before(x["before"]), read], 2))[0])


class Houses(nn.Module):
    """Numbers and two categories, each with an embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.place, self.kind = nn.Embedding(30, 4), nn.Embedding(5, 2)
        self.layers = dense(12, 1, 32)

    def forward(self, x: dict[str, torch.Tensor]) -> torch.Tensor:
        kinds = x["kinds"]
        parts = [x["numbers"], self.place(kinds[:, 0]), self.kind(kinds[:, 1])]
        return self.layers(torch.cat(parts, 1)).squeeze(1)


class Twins(nn.Module):
    """The distance between two images as one network shows them."""

    def __init__(self) -> None:
        super().__init__()
        self.body = dense(64, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = self.body(x[:, 0]), self.body(x[:, 1])
        return functional.pairwise_distance(first, second)


class Triplets(nn.Module):
    """Embeddings of three images: one, one of its kind, one of another."""

    def __init__(self) -> None:
        super().__init__()
        self.body = dense(64, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.body(x), dim=-1)


class Recommender(nn.Module):
    """The match of a user and a thing, and a level for each."""

    def __init__(self) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(60, 5), nn.Embedding(40, 5)
        self.level = nn.Parameter(torch.tensor(3.0))
        for table in (self.users, self.items):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        users, items = self.users(pairs[:, 0]), self.items(pairs[:, 1])
        return self.level + (users[:, :4] * items[:, :4]).sum(1) + users[:, 4] + items[:, 4]


class Cloud(nn.Module):
    """Each point by itself, then the largest of each feature."""

    def __init__(self) -> None:
        super().__init__()
        self.point, self.out = dense(2, 64), nn.Linear(64, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.point(x).amax(1))


class Graph(nn.Module):
    """Two rounds of sums over the neighbours of each node."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 32), nn.Linear(64, 32)
        self.out = nn.Linear(32, 3)

    def forward(self, x: dict[str, torch.Tensor]) -> torch.Tensor:
        links = x["links"]
        h = torch.cat([x["nodes"], links.sum(2, keepdim=True)], 2)
        h = self.first(torch.cat([h, links @ h], 2)).relu()
        return self.out(self.second(torch.cat([h, links @ h], 2)).relu().mean(1))


class Drawer(nn.Module):
    """A variational autoencoder of digits."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.code, self.draw = nn.Linear(64, 64), nn.Linear(64, 16), dense(8, 64)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        mean, log_variance = self.code(self.read(x).relu()).chunk(2, 1)
        spread = (0.5 * log_variance).exp() if self.training else torch.zeros_like(mean)
        code = mean + spread * torch.randn_like(mean)
        return {"image": self.draw(code), "mean": mean, "log_variance": log_variance}


class Halves(nn.Module):
    """A body that is kept as it was trained before, and a head that is new."""

    def __init__(self, weights: torch.Tensor, n_out: int) -> None:
        super().__init__()
        self.body = nn.Linear(weights.shape[1], weights.shape[0], bias=False)
        self.body.weight.data.copy_(weights)
        self.body.requires_grad_(False)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(weights.shape[0], n_out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


class Dropped(nn.Module):
    """Dropout that knows whether it is training, or not."""

    def __init__(self, n_in: int, n_out: int, *, always: bool = False, share: float = 0.2) -> None:
        super().__init__()
        self.always, self.share = always, share
        self.first, self.second = nn.Linear(n_in, 64), nn.Linear(64, 64)
        self.out = nn.Linear(64, n_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in (self.first, self.second):
            x = layer(x).relu()
            x = functional.dropout(x, self.share, training=self.always or self.training)
        return self.out(x)


class InTime(nn.Module):
    """Convolutions of a signal cut into pieces that a recurrent layer reads in order."""

    def __init__(self, *, viewed: bool = False) -> None:
        super().__init__()
        self.viewed = viewed
        self.cut = nn.Conv1d(1, 16, 8, stride=4)
        self.read, self.out = nn.GRU(16, 24), nn.Linear(24, 4)

    def forward(self, x: torch.Tensor) -> Any:
        h = self.cut(x).relu()
        # The recurrent layer wants time first: time x batch x features.
        n, features, time = h.shape
        h = h.reshape(time, n, features) if self.viewed else h.permute(2, 0, 1)
        return self.out(self.read(h)[0].mean(0))
