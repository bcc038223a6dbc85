"""How like examples are: the same in two splits or in one, nearly the same, changing when read."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict

import torch
from torch.nn import functional

from tunebook.checks.likeness import Likeness, Near, Reread, Shared
from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import Bench
from tunebook.checks.looks.tables import Table, fingerprint, tables
from tunebook.training.task import Split, Task

N_NEAR, N_WIDE, _N_TWICE, _N_SHOWN = 1000, 1024, 32, 20
_NEARNESS, _GAP, _N_FEW = (0.35, 0.175, 0.0875, 0.02, 0.001), 0.85, 8
_FAR, _MOST, _RARE, _N_STEPS, _DIMENSIONS = 0.6, 0.5, 0.03, 10, 4.5
_LIMITS = {_FAR, *(k * limit for limit in _NEARNESS for k in (1, 2))}
"""Measured on tables, digits, clusters, grids, series, categories: see the tests."""


def look(bench: Bench) -> Likeness:
    """Return how like the examples of a task are."""
    known = {split: table for split, table in tables(bench).items() if table.rows}
    train = known[Split.TRAIN]
    seen = [x for x, _ in train.prints if x is not None]
    by_print: defaultdict[bytes, list[int]] = defaultdict(list)
    for place, (inputs, target) in enumerate(train.prints):
        if inputs is not None and target is not None:
            by_print[inputs].append(place)
    pairs = [(p[0], i) for p in by_print.values() for i in p[1:]]
    conflicts = [(a, b) for a, b in pairs if train.prints[a][1] != train.prints[b][1]]
    y = train.first("targets")
    is_whole = y is not None and y.numel() == len(y) and bool((y == y.double().round()).all())
    shared = (_shared(*a, *b) for a, b in itertools.combinations(known.items(), 2))
    near = (_near(train, table, split) for split, table in known.items() if table is not train)
    return Likeness(
        n=len(train.rows),
        n_printed=len(seen),
        n_distinct=len(set(seen)),
        share_read=train.share,
        bits=_bits(train),
        has_labels=is_whole,
        shared=tuple(filter(None, shared)),
        near=tuple(filter(None, near)),
        repeated=_told(train, pairs),
        n_conflicting=len(conflicts),
        conflicting=_told(train, conflicts),
        rereads=tuple(_reread(bench.task, split, table) for split, table in known.items()),
    )


def _told(train: Table, pairs: list[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(f"train {train.rows[a]} and {train.rows[b]}" for a, b in pairs[:_N_SHOWN])


def _bits(table: Table) -> float:
    """Return at most how many bits an input holds: few where inputs can take few values."""
    column = table.first("inputs")
    if column is None:
        return math.inf
    x = torch.nan_to_num(column.reshape(len(column), -1)[:500, :N_WIDE]).sort(0).values
    return float(((x[1:] != x[:-1]).sum(0) + 1).double().log2().sum())


def _shared(one: Split, a: Table, other: Split, b: Table) -> Shared | None:
    """Return what two splits share; of what was read in part, the share is extrapolated."""
    first, second = ({x: i for i, (x, _) in enumerate(t.prints) if x} for t in (a, b))
    common = sorted(first.keys() & second.keys(), key=first.__getitem__)
    if not first or not second:
        return None
    shares = [
        sum(x in v for x, _ in t.prints) / len(t.rows) / u.share
        for t, u, v in ((a, b, second), (b, a, first))
    ]
    of = (f"{a.rows[first[x]]} = {other.value} {b.rows[second[x]]}" for x in common[:_N_SHOWN])
    items = tuple(f"{one.value} {told}" for told in of)
    return Shared(one.value, other.value, len(common), min(1.0, max(shares)), items)


def _near(train: Table, table: Table, split: Split) -> Near | None:
    """Return the share of rows that lie far nearer to a training row than rows lie to another.

    The distance to the nearest training row is divided by the distances of both to the nearest of
    their own split, so that clusters and repeated measurements do not count. The same of training
    rows among themselves is what is usual. Near rows that are no accident leave a gap: hardly more
    have twice that ratio, where even points between those of a grid are twice as many. With more
    noise there is no gap; then most rows must be near, in more dimensions than grids have.
    """
    x, y = (t.first("inputs") for t in (train, table))
    if x is None or y is None or not x.is_floating_point() or x.shape[1:] != y.shape[1:]:
        return None
    x, y = _vectors(x, y)
    if min(len(x), len(y)) < 20 or x.shape[1] < 1:
        return None
    within, between, other = _nearest(x, x), _nearest(y, x), _nearest(y, y)
    own, places = within[0][:, 0], within[1][:, 0]
    # Leave one out: a training row, its nearest, and the nearest of that but for the row itself.
    back = torch.where(within[1][places, 0] == torch.arange(len(x)), 1, 0)
    usual = _ratio(own, torch.minimum(within[0][places, back], within[0][:, 1]))
    ratios = _ratio(between[0][:, 0], torch.minimum(own[between[1][:, 0]], other[0][:, 0]))
    below = {k: [float((r < k).double().mean()) for r in (ratios, usual)] for k in _LIMITS}
    # Where a part was read, or compared, only that part of the near rows can be found.
    part = train.share * len(x) / len(train.rows)
    for limit in _NEARNESS:
        near, known = below[limit]
        if near >= _GAP * below[2 * limit][0] and near * len(y) >= _N_FEW:
            n = round(near * len(y))
            return Near(split.value, min(1.0, near / part), min(1.0, known / part), n)
    near, known = below[_FAR]
    step = (within[0][:, -1] / own.clamp_min(1e-12)).log().median()
    if near >= _MOST and known <= _RARE and math.log(_N_STEPS) > _DIMENSIONS * float(step):
        return Near(split.value, near, known, round(near * len(y)))
    return Near(split.value, 0.0, 0.0, 0)


def _vectors(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows as vectors of up to 1,024 numbers; the features of a table have one scale."""
    is_table = x.dim() == 2
    x, y = (torch.nan_to_num(t[:N_NEAR].float(), 0.0, 0.0, 0.0) for t in (x, y))
    x, y = (t.reshape(len(t), -1) for t in (x, y))
    if x.shape[1] > N_WIDE:
        x, y = (functional.adaptive_avg_pool1d(t, N_WIDE) for t in (x, y))
    center, scale = x.mean(0), x.std(0)
    varies = scale > 1e-8
    x, y = ((t - center)[:, varies] for t in (x, y))
    return (x / scale[varies], y / scale[varies]) if is_table else (x, y)


def _nearest(rows: torch.Tensor, among: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return distances and places of the ten nearest; a row is not its own."""
    distances = torch.cdist(rows, among)
    if rows is among:
        distances.fill_diagonal_(math.inf)
    places = distances.topk(_N_STEPS, largest=False).indices
    # Products of matrices lose small distances: they are taken again.
    exact = [(rows - among[places[:, k]]).norm(dim=1) for k in range(2)]
    return torch.stack([*exact, distances.gather(1, places[:, -1:])[:, 0]], 1), places


def _ratio(distances: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Return distances over scales; equal rows are left out, as they are counted elsewhere."""
    ratio = distances / scales.clamp_min(1e-12)
    return torch.where((distances <= 0) | (scales <= 0), math.inf, ratio)


def _reread(task: Task, split: Split, table: Table) -> Reread:
    """Read some examples again, of the split asked for anew."""
    places = range(0, len(table.rows), max(1, len(table.rows) // _N_TWICE))
    changed: Counter[str] = Counter()
    try:
        examples = attempt("data", task.examples, split)
        for place in places:
            item = attempt("data", examples.__getitem__, table.rows[place])
            if not (isinstance(item, list | tuple) and len(item) == 2):
                continue
            inputs, target = (fingerprint(side) for side in item)
            is_other = inputs != table.prints[place][0]
            changed["inputs"] += is_other
            changed["targets"] += not is_other and target != table.prints[place][1]
    except PartFailed:
        pass
    return Reread(split.value, len(places), changed["inputs"], changed["targets"])
