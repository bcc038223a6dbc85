"""Networks of the tasks that the authors of the rules have not seen (30 November 2026)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from benchmarks.stories.unseen_data import N_KINDS, N_WORDS
from torch import nn
from torch.nn import functional


def dense(n_in: int, n_out: int, width: int = 48, **options: Any) -> nn.Sequential:
    """Layers with one hidden one; ``norm`` and ``dropout`` add to it."""
    extra: list[nn.Module] = [options["norm"](width)] if "norm" in options else []
    after = [nn.Dropout(options["dropout"])] if "dropout" in options else []
    act = options.get("act", nn.ReLU)()
    return nn.Sequential(
        nn.Flatten(), nn.Linear(n_in, width), *extra, act, *after, nn.Linear(width, n_out)
    )


def pixelwise(n_classes: int = 3, norm: bool = True) -> nn.Sequential:
    """Convolutions that answer for each pixel: outputs B x C x H x W."""
    extra = [nn.BatchNorm2d(12)] if norm else []
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1), *extra, nn.ReLU(),
        nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, n_classes, 1),
    )  # fmt: skip


def seeing(n_in: int, side: int, n_out: int, norm: type[nn.Module] = nn.BatchNorm2d) -> nn.Module:
    """Two convolutions, each with a norm, and an output layer."""
    first = norm(4, 16) if norm is nn.GroupNorm else norm(16)
    return nn.Sequential(
        nn.Conv2d(n_in, 16, 3, padding=1), first, nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 24, 3, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Linear(24 * (side // 2) ** 2, n_out),
    )  # fmt: skip


class Detector(nn.Module):
    """Says where a box is and of which kind, as a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 48), nn.ReLU(),
        )  # fmt: skip
        self.box, self.kind = nn.Linear(48, 4), nn.Linear(48, 2)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        h = self.body(x)
        return {"box": torch.sigmoid(self.box(h)), "kind": self.kind(h)}


class Decoder(nn.Module):
    """A causal transformer of one layer over words: outputs B x T x V."""

    def __init__(self, *, n_words: int = N_WORDS, causal: bool = True, **options: Any) -> None:
        super().__init__()
        dropout = options.get("dropout", 0.0)
        self.embed = nn.Embedding(n_words, 32)
        self.place = nn.Embedding(64, 32)
        self.layer = nn.TransformerEncoderLayer(
            32, 2, 64, dropout=dropout, batch_first=True, norm_first=True
        )
        self.out = nn.Linear(32, n_words)
        if options.get("tied"):
            self.out.weight = self.embed.weight
            nn.init.normal_(self.embed.weight, std=0.1)
        self.causal = causal

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        n = words.shape[1]
        ahead = torch.triu(torch.ones(n, n, dtype=torch.bool), 1) if self.causal else None
        h = self.embed(words) + self.place(torch.arange(n))
        return self.out(self.layer(h, src_mask=ahead))


class Speaker(nn.Module):
    """A recurrent language model; ``turned`` puts the words' scores first: B x V x T."""

    def __init__(self, kind: type[nn.Module] = nn.GRU, *, turned: bool = False) -> None:
        super().__init__()
        self.embed, self.layer = nn.Embedding(N_WORDS, 24), kind(24, 32, batch_first=True)
        self.out, self.turned = nn.Linear(32, N_WORDS), turned

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        scores = self.out(self.layer(self.embed(words))[0])
        return scores.transpose(1, 2) if self.turned else scores


class Translator(nn.Module):
    """Attends from each place of the translation to the source, with padding left out."""

    def __init__(self, *, place: Callable[[int], torch.Tensor] = torch.arange) -> None:
        super().__init__()
        self.source, self.before = nn.Embedding(14, 32, padding_idx=0), nn.Embedding(14, 32)
        self.place_of_source, self.place_of_target = nn.Embedding(9, 32), nn.Embedding(9, 32)
        self.attend = nn.MultiheadAttention(32, 1, batch_first=True)
        self.out = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 14))
        self.numbers = place

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        source, before = inputs["source"], inputs["before"]
        n = self.numbers(source.shape[1])
        keys = self.source(source) + self.place_of_source(n)
        asking = self.before(before) + self.place_of_target(n)
        found, _ = self.attend(asking, keys, keys, key_padding_mask=source == 0)
        return self.out(torch.cat([found, asking], 2))


class Tagger(nn.Module):
    """Reads a sentence both ways and scores the tags of each word: B x T x K."""

    def __init__(self, n_kinds: int = N_KINDS) -> None:
        super().__init__()
        self.embed = nn.Embedding(N_WORDS + 1, 16, padding_idx=0)
        self.layer = nn.GRU(16, 20, batch_first=True, bidirectional=True)
        self.out = nn.Linear(40, n_kinds)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.layer(self.embed(words))[0])


class Tastes(nn.Module):
    """Users and films as vectors, whose product is the rating."""

    def __init__(self) -> None:
        super().__init__()
        self.user, self.film = nn.Embedding(40, 3), nn.Embedding(30, 3)
        self.of_user, self.of_film = nn.Embedding(40, 1), nn.Embedding(30, 1)
        self.mean = nn.Parameter(torch.tensor(3.0))
        for vectors in (self.user, self.film, self.of_user, self.of_film):
            nn.init.normal_(vectors.weight, std=0.3)

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        user, film = pairs[:, 0], pairs[:, 1]
        both = (self.user(user) * self.film(film)).sum(1, keepdim=True)
        return both + self.of_user(user) + self.of_film(film) + self.mean


class OfGraphs(nn.Module):
    """Two rounds of messages between neighbours, then the largest over the nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(4, 24), nn.Linear(24, 24), nn.Linear(48, 2)

    def forward(self, graph: dict[str, torch.Tensor]) -> torch.Tensor:
        edges = graph["edges"]
        nodes = torch.cat([graph["nodes"], torch.ones_like(graph["nodes"][:, :, :1])], 2)
        h = functional.relu(self.first(edges @ nodes))
        h = functional.relu(self.second(edges @ h / 5))
        return self.out(torch.cat([h.amax(1), h.mean(1)], 1))


class OfSets(nn.Module):
    """Each point by itself, then the mean over the points that are there."""

    def __init__(self, *, masked: bool = True) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.out, self.masked = nn.Linear(32, 1), masked

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        h, here = self.first(inputs["points"]), inputs["mask"][:, :, None]
        mean = (h * here).sum(1) / here.sum(1) if self.masked else h.mean(1)
        return self.out(mean)


class Siamese(nn.Module):
    """The same network for both images; the distance between its answers tells."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
        self.out = nn.Linear(16, 2)

    def forward(self, pair: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.out((self.body(pair["left"]) - self.body(pair["right"])).abs())


class Towers(nn.Module):
    """Shows both images of a pair as vectors of length one: B x 2 x 16."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))

    def forward(self, pair: dict[str, torch.Tensor]) -> torch.Tensor:
        both = torch.stack([self.body(pair["left"]), self.body(pair["right"])], 1)
        return functional.normalize(both, dim=2)


class Variational(nn.Module):
    """An autoencoder with noise in its code: in training alone."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU())
        self.mean, self.spread = nn.Linear(48, 8), nn.Linear(48, 8)
        self.decode = nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 64))

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        h = self.encode(x)
        mean, spread = self.mean(h), self.spread(h)
        noise = torch.randn_like(mean) * (spread / 2).exp() if self.training else 0.0
        return {"image": self.decode(mean + noise), "mean": mean, "spread": spread}


class Prepared(nn.Module):
    """A frozen body, as if pretrained, and a head that is trained."""

    def __init__(self, directions: torch.Tensor, n_out: int) -> None:
        super().__init__()
        self.body = nn.Linear(directions.shape[1], directions.shape[0], bias=False)
        self.body.weight = nn.Parameter(directions.clone(), requires_grad=False)
        self.head = nn.Linear(directions.shape[0], n_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(functional.relu(self.body(x.flatten(1))))


class LastWord(nn.Module):
    """Reads words and answers from its state at the last one that is no padding."""

    def __init__(self, n_out: int = 3, *, at_end: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(N_WORDS + 1, 16)
        self.layer, self.out = nn.RNN(16, 24, batch_first=True), nn.Linear(24, n_out)
        self.at_end = at_end

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        states = self.layer(self.embed(words))[0]
        last = (words != 0).sum(1) - 1
        chosen = states[:, -1] if self.at_end else states[torch.arange(len(words)), last]
        return self.out(chosen)


class Waves(nn.Module):
    """Convolutions along a recording, and their mean over time."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(2, 16, 7, padding=3), nn.ReLU(), nn.Conv1d(16, 16, 5, padding=2), nn.ReLU()
        )
        self.out = nn.Linear(16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.layers(x).mean(2))


class Deep(nn.Module):
    """Residual layers, of which some are skipped at random in training."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(n_in, 32), nn.Linear(32, n_out)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 32), nn.GELU()) for _ in range(6)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.first(x.flatten(1))
        for layer in self.layers:
            keep = (torch.rand(len(x), 1) < 0.8).float() / 0.8 if self.training else 1.0
            h = h + keep * layer(h)
        return self.out(h)
