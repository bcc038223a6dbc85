"""The splits: what can be read, and the numbers in it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch
from scipy.optimize import linear_sum_assignment
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
_N_COLUMNS, _N_FEW, _AGREES, _N_WORDS = 100, 2000, 0.75, 20
_FILLED, _MOST_FILLED, _N_OTHERS, _BESIDE, _GAP = 0.03, 0.5, 10, 0.05, 0.25
_EXACT, _EXACT_ALONE, _CONSTANT, _MAX_ROWS, _N_POINTS = 0.02, 1e-3, 1e-8, 20_000, 65


def look(bench: Bench) -> Splits:
    """Return what the splits of a task show."""
    known = tables(bench)
    train = known[Split.TRAIN]
    seen = {split: _data(table, train, bench) for split, table in known.items()}
    copes = [
        Tries()("the loss", _copes, bench, split, known[split], sorted(bad))
        for split, data in seen.items()
        if (bad := {row for values in data.values.values() for row in values.not_finite})
    ]
    by_name = {split.value: data for split, data in seen.items()}
    tries, y = Tries(), train.first("targets")
    reaches, uses = tries("the network", _reaches, bench), y is None or tries("", _uses, bench, y)
    is_sorted = _is_sorted(*(known[split] for split in (Split.TRAIN, Split.TRAIN_VAL)))
    words = tries("the network", _has_words, bench) or False
    return Splits(by_name, all(copes), reaches, words, uses is not False, is_sorted)


def _data(table: Table, train: Table, bench: Bench) -> SplitData:
    values = {name: _values(name, chunks) for name, chunks in table.loose.items()}
    for name, column in table.columns.items():
        scale = _scale(column, train.columns.get(name, column), table.share)
        if table is train:
            value, share = _filled(column, is_target=name.startswith("targets"))
            is_natural = name == "targets" and share and Tries()("", _ignores, bench, value)
            scale["filled"] = (0.0, 0.0) if is_natural else (value, share)
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
        common=_common([t for _, t in chunks]) if name.startswith("inputs") else 0.0,
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
        figures["order"] = _order(f, g, chance) if x.is_floating_point() else ()
        figures["moved"] = moved = tuple(_moved(f, g, chance))
        is_other = bool(_moved(f.reshape(-1, 1), g.reshape(-1, 1), chance))
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


def _order(f: torch.Tensor, g: torch.Tensor, chance: float) -> tuple[int, ...]:
    """Return the columns of ``g`` that those of ``f`` are, if they agree in another order alone."""
    f, g = (t[:: -(-len(t) // _N_FEW)].T.sort(1).values for t in (f, g))
    if not 2 <= len(f) <= _N_COLUMNS:
        return ()
    points = g[:, torch.linspace(0, g.shape[1] - 1, _N_POINTS).long()].contiguous()
    f, g = f.contiguous(), g.contiguous()
    own = torch.searchsorted(g, points, right=True) / g.shape[1]
    apart = torch.stack([
        (torch.searchsorted(f, p.expand(len(f), -1).contiguous(), right=True) / f.shape[1] - o)
        .abs().amax(1)
        for p, o in zip(points, own, strict=True)
    ], 1)  # fmt: skip
    if int((apart.diag() > chance).sum()) < 2:
        return ()
    rows, order = linear_sum_assignment(apart.numpy())
    return tuple(order.tolist()) if float(apart[rows, order].max()) < _AGREES * chance else ()


def _filled(x: torch.Tensor, *, is_target: bool) -> tuple[float, float]:
    """Return a value that many examples have in one feature, if it is not natural; its share.

    Inputs: it is farther from all others than these are from each other. A target: others hardly
    repeat, and lie on both sides of it, or far from it.
    """
    columns = x.reshape(len(x), -1).double().T
    is_table = x.is_floating_point() and x.dim() < 3 and len(columns) <= _N_COLUMNS
    for column in columns if is_table else ():
        values, counts = column[column.isfinite()].unique(return_counts=True)
        if len(values) < _N_OTHERS:
            continue
        n, k = (int(found) for found in counts.max(0))
        value, is_rest = values[k], torch.arange(len(values)) != k
        rest, gap = values[is_rest], float((values[is_rest] - value).abs().min())
        is_filler = gap > float(rest.max() - rest.min())
        if is_target:
            sides = min(float((side.double()).mean()) for side in (column < value, column > value))
            is_rare = n >= 5 * int(counts[is_rest].max()) and 2 * len(rest) > len(x) - n
            is_filler = is_rare and (sides > _BESIDE or gap > _GAP * float(rest.std()))
        if is_filler and n >= _N_OTHERS and _FILLED <= n / len(x) <= _MOST_FILLED:
            return float(value), n / len(x)
    return 0.0, 0.0


def _common(parts: list[torch.Tensor]) -> float:
    """Return the share of the most common number among the words of texts, without padding.

    Padding is what ends a row, or begins it, and stands nowhere else.
    """
    if any(t.dtype not in {torch.int64, torch.int32} or t.dim() != 2 for t in parts):
        return 0.0
    kept = []
    for t in parts:
        turns = [(words, words == words[:, :1].mode(0).values) for words in (t, t.flip(1))]
        texts = [words[~pad] for words, pad in turns if torch.equal(pad.cumprod(1).bool(), pad)]
        kept.append(min(texts, key=len, default=t.flatten()))
    counts = torch.cat(kept).unique(return_counts=True)[1]
    return float(counts.max() / counts.sum()) if len(counts) else 1.0


def _is_sorted(train: Table, other: Table) -> bool:
    """Whether targets rise, or fall, from example to example in both splits."""
    steps = list[torch.Tensor]()
    for table in (train, other):
        y = table.first("targets")
        if y is None or y.numel() != len(y) or len(y) < N_LEAST or y.dtype == torch.bool:
            return False
        steps.append(y.flatten()[torch.tensor(table.rows).argsort()].diff())
    both = torch.cat(steps)
    return bool(both.any() and ((both >= 0).all() or (both <= 0).all()))


def _has_words(bench: Bench) -> bool:
    layers = bench.fresh().network.modules()
    kinds = nn.Embedding | nn.EmbeddingBag
    return any(isinstance(m, kinds) and m.num_embeddings >= _N_WORDS for m in layers)


@torch.no_grad()
def _uses(bench: Bench, y: torch.Tensor) -> bool:
    """Whether the loss heeds targets: where all are one number, and they are for form's sake."""
    if y.numel() <= N_LEAST or bool((y != y.flatten()[0]).any()):
        return True
    inputs, targets = bench.sample(size=_N_TRIED)
    outputs, costs = bench.fresh().network.eval()(inputs), []
    for given in (targets, torch.zeros_like(targets) if targets.any() else targets + 1):
        torch.manual_seed(0)
        costs.append(bench.task.loss(outputs, given))
    return not torch.equal(*costs)


@torch.no_grad()
def _ignores(bench: Bench, value: float) -> bool:
    """Whether the loss leaves examples out that have this value for a target."""
    inputs, targets = bench.sample()
    outputs = bench.fresh().network.eval()(inputs)
    has_none = (targets.reshape(len(targets), -1) == value).any(1)
    moved = outputs.clone()
    moved[has_none] += 1
    return torch.equal(*(bench.task.loss(o, targets) for o in (outputs, moved)))


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
