"""The splits: what can be read, and the numbers in it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from tunebook.checks.data import SplitData, Splits, Values
from tunebook.checks.looks.bench import Bench, Tries
from tunebook.checks.looks.tables import Chunks, Table, tables
from tunebook.checks.looks.tensors import first_tensor, n_nonfinite
from tunebook.recipes.batches import fetch
from tunebook.training.task import Split

MAX_CLASSES, N_LEAST, _N_TRIED = 200, 20, 32
APART, APART_IF_SCALED, FACTOR, _CHANCE = 0.5, 0.2, 3.0, 2.2
"""How far two distributions may be apart, and where their deviations differ by a factor."""

_NORMS = (nn.LayerNorm, nn.GroupNorm, nn.modules.batchnorm._NormBase)  # noqa: SLF001  # base of all
_EXACT, _EXACT_ALONE, _CONSTANT, _MAX_ROWS, _N_POINTS = 0.02, 1e-3, 1e-8, 20_000, 65


def look(bench: Bench) -> Splits:
    """Return what the splits of a task show."""
    known = tables(bench)
    seen = {split: _data(table, known[Split.TRAIN]) for split, table in known.items()}
    copes = [
        Tries()("the loss", _copes, bench, split, known[split], sorted(bad))
        for split, data in seen.items()
        if (bad := {row for values in data.values.values() for row in values.not_finite})
    ]
    by_name = {split.value: data for split, data in seen.items()}
    return Splits(by_name, all(copes), Tries()("the network", _reaches, bench))


def _data(table: Table, train: Table) -> SplitData:
    values = {name: _values(name, chunks) for name, chunks in table.loose.items()}
    for name, column in table.columns.items():
        scale = _scale(column, train.columns.get(name, column), table.share)
        values[name] = replace(_values(name, [(table.rows, column)]), **scale)
    return SplitData(table.n, len(table.rows), table.failed, values)


def _values(name: str, chunks: Chunks) -> Values:
    """Return the figures of one tensor; classes are those of targets alone."""
    numbers = torch.cat([tensor.flatten() for _, tensor in chunks])
    x = numbers[torch.isfinite(numbers)].double()
    fractions, counted = float((x != x.round()).double().mean()), dict[int, int]()
    if name.startswith("targets") and not fractions:
        found, counts = x.unique(return_counts=True)
        if len(found) <= MAX_CLASSES:
            counted = dict(zip(map(int, found.tolist()), counts.tolist(), strict=True))
    return Values(
        dtype=str(numbers.dtype).removeprefix("torch."),
        n=len(x),
        fractions=fractions,
        counts=counted,
        not_finite=_not_finite(chunks) if len(x) < len(numbers) else (),
    )


def _not_finite(chunks: Chunks) -> tuple[int, ...]:
    """Return the examples with NaN or infinity; of a chunk of other rows, its first example."""
    bad = set[int]()
    for rows, tensor in chunks:
        has_rows = tensor.dim() and len(tensor) == len(rows)
        is_bad = ~torch.isfinite(tensor.reshape(len(rows) if has_rows else 1, -1)).all(1)
        bad |= {row for row, wrong in zip(rows, is_bad.tolist(), strict=False) if wrong}
    return tuple(sorted(bad))


def _scale(x: torch.Tensor, train: torch.Tensor, share: float) -> dict[str, Any]:
    """Return the figures of a column: the scale of its features, beside that of training."""
    f, g = _features(x), _features(train)
    means, deviations = f.mean(0).abs(), torch.nan_to_num(f.std(0))
    varies = deviations > _CONSTANT * means.clamp_min(1.0)
    figures: dict[str, Any] = {"n_features": len(means), "n_constant": int((~varies).sum())}
    figures["range"] = float(f.min()), float(f.max())
    if varies.any():
        means, deviations = means[varies], deviations[varies]
        figures["mean"] = float(means.max())
        figures["deviations"] = float(deviations.min()), float(deviations.max())
        # Closer to mean 0 and deviation 1 than a sample is by chance: its own statistics did it.
        biased = deviations * (1 - 1 / len(f)) ** 0.5
        off = torch.minimum((deviations - 1).abs(), (biased - 1).abs())
        is_exact = bool(torch.maximum(means, off).max() * len(f) ** 0.5 < _EXACT)
        # Examples of which each was normalized by itself are close too.
        is_alone = float(x.reshape(len(x), -1).double().mean(1).std()) < _EXACT_ALONE
        figures["is_exact"] = is_exact and not is_alone and share == 1.0 and len(f) >= N_LEAST
    if x is not train and x.shape[1:] == train.shape[1:] and min(len(x), len(train)) >= N_LEAST:
        chance = _CHANCE * math.sqrt(1 / len(x) + 1 / len(train))
        moved = _moved(f, g, chance)
        is_other = bool(_moved(f.reshape(-1, 1), g.reshape(-1, 1), chance))
        figures["moved"] = tuple(moved)
        figures["is_other"] = is_other or 2 * len(moved) >= f.shape[1] > 1
    return figures


def _features(x: torch.Tensor) -> torch.Tensor:
    """Return rows of features: of images their channels, of series what each moment has."""
    x = x.movedim(1, -1) if x.dim() > 3 else x
    x = x.reshape(-1, x.shape[-1] if x.dim() > 1 else 1).double()
    return torch.nan_to_num(x, 0.0, 0.0, 0.0)


def _moved(f: torch.Tensor, g: torch.Tensor, chance: float) -> list[int]:
    """Return the columns whose distributions are far apart (Kolmogorov and Smirnov)."""
    f, g = (t[:: -(-len(t) // _MAX_ROWS)] for t in (f, g))
    ordered = torch.cat([f, g]).sort(0).values
    points = ordered[torch.linspace(0, len(ordered) - 1, _N_POINTS).long()]
    apart = torch.zeros(f.shape[1], dtype=torch.float64)
    for point in points:
        gap = (f <= point).double().mean(0) - (g <= point).double().mean(0)
        apart = torch.maximum(apart, gap.abs())
    a, b = f.std(0), g.std(0)
    is_scaled = torch.maximum(a, b) > FACTOR * torch.minimum(a, b)
    least = torch.where(is_scaled, APART_IF_SCALED, APART).clamp_min(chance)
    return (apart > least).nonzero().flatten().tolist()


@torch.no_grad()
def _copes(bench: Bench, split: Split, table: Table, bad: list[int]) -> bool:
    """Whether the loss of these examples is finite.

    They are beside others: a loss that leaves all of them out has nothing to average.
    """
    task, network = bench.task, bench.fresh().network.eval()
    rows = [*bad[:_N_TRIED], *table.rows[:_N_TRIED]]
    inputs, targets = fetch(task.examples(split), rows, task.collate)
    return n_nonfinite(task.loss(network(inputs), targets)) == 0


@torch.no_grad()
def _reaches(bench: Bench) -> float | None:
    """Return the size of what the first layer with weights is given, None if there is none.

    A normalization that comes first makes it 1, whatever it is given.
    """
    sizes: list[float] = []

    def note(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        given = first_tensor(arguments)
        if given is not None and given.is_floating_point():
            size = float(max(given.mean().abs(), given.std()))
            sizes.append(1.0 if isinstance(module, _NORMS) else size)

    network = bench.fresh().network.eval()
    for module in network.modules():
        if list(module.parameters(recurse=False)):
            module.register_forward_pre_hook(note)
    network(bench.sample(size=32)[0])
    return sizes[0] if sizes else None
