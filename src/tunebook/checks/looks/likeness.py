"""How like examples are: the same in two splits or in one, or nearly the same."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from itertools import combinations, starmap

import numpy as np
import torch
from torch.nn import functional

from tunebook.checks.looks.bench import Bench
from tunebook.checks.looks.tables import Table, tables
from tunebook.checks.overlap import Likeness, Shared
from tunebook.training.task import Split

N_NEAR, N_WIDE, N_LEAST, _N_SHOWN = 1000, 1024, 20, 20
_HALF, _VARIED, _MAX_PIECES, _SPARSE = 8, 0.75, 200_000, 0.5
_NEARNESS, _GAP, _N_FEW = (0.35, 0.175, 0.0875, 0.02, 0.001), 0.85, 8
"""Measured on tables, digits, clusters, grids, series, categories: see the tests."""


def look(bench: Bench) -> Likeness:
    """Return how like the examples of a task are."""
    known = {split: table for split, table in tables(bench).items() if table.rows}
    train = known[Split.TRAIN]
    places: defaultdict[bytes, list[int]] = defaultdict(list)
    for place, (inputs, _) in enumerate(train.prints):
        if inputs is not None:
            places[inputs].append(place)
    pairs = [(same[0], place) for same in places.values() for place in same[1:]]
    by_kind: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for a, b in pairs:
        is_copy = train.prints[a][1] == train.prints[b][1]
        by_kind[is_copy].append((train.rows[a], train.rows[b]))
    x, y = train.first("inputs"), train.first("targets")
    n_repeated = sum(len(same) for same in places.values() if len(same) > 1)
    is_sparse = x is not None and float((x == 0).double().mean()) > _SPARSE
    usual = n_repeated / len(train.rows) / train.share if is_sparse else 0.0
    groups = [same for same in places.values() if len({train.prints[k][1] for k in same}) > 1]
    largest = max(groups, key=len, default=[])
    shared = (_shared(*a, *b) for a, b in combinations(known.items(), 2))
    others = [(train, table, split) for split, table in known.items() if table is not train]
    return Likeness(
        n=len(places) + len(pairs),
        share_read=train.share,
        bits=_bits(train, len(places)),
        has_labels=y is not None and y.numel() == len(y) and _is_whole(y),
        is_whole=x is not None and x.is_floating_point() and _is_whole(x),
        shared=tuple(replace(s, usual=usual) for s in shared if s),
        windows=tuple(filter(None, starmap(_windows, others))),
        largest=len(largest),
        is_blank=x is not None and x.dim() > 2 and len(x[largest[:1]].unique()) == 1,
        near=tuple(filter(None, starmap(_near, others))),
        repeated=tuple(by_kind[True]),
        conflicting=tuple(by_kind[False]),
    )


def _is_whole(x: torch.Tensor) -> bool:
    return bool((x == x.double().round()).all())


def _bits(table: Table, n_distinct: int) -> float:
    """Return how many bits an input holds: few where two are equal by chance, column by column.

    Where one of several numbers has as many values as there are different inputs, all of them are
    copies of a few: that says nothing about what they can be.
    """
    column = table.first("inputs")
    if column is None:
        return math.inf
    x = torch.nan_to_num(column.reshape(len(column), -1)[:, :N_WIDE]).sort(0).values
    n_values = (x[1:] != x[:-1]).sum(0) + 1
    is_copied = int((n_values > 1).sum()) > 1 and int(n_values.max()) == n_distinct
    runs = torch.cat([torch.zeros_like(x[:1], dtype=torch.long), (x[1:] != x[:-1]).cumsum(0)])
    runs += len(x) * torch.arange(x.shape[1])
    shares = runs.flatten().bincount(minlength=x.numel()).reshape(-1, len(x)).double() / len(x)
    return math.inf if is_copied else -float(shares.square().sum(1).log2().sum())


def _windows(train: Table, table: Table, split: Split) -> Shared | None:
    """Return the rows of which the first half is a later piece of a training row, to the bit."""
    x, y = (t.first("inputs") for t in (train, table))
    if x is None or y is None or x.shape[1:] != y.shape[1:] or x.dim() not in {2, 3}:
        return None
    best: list[int] = []
    for axis in range(1, x.dim()):
        length = x.shape[axis]
        half, n = length // 2, _MAX_PIECES // length
        if (_HALF if x.is_floating_point() else 2 * _HALF) <= half <= N_WIDE:
            a, b = (t.movedim(axis, 1).float().numpy() for t in (x[:n], y[:n]))
            pieces = {row[k : k + half].tobytes() for row in a for k in range(1, length - half + 1)}
            rows = [k for k, row in enumerate(b) if row[:half].tobytes() in pieces]
            # What stands still or takes few values is found again by chance.
            found = [k for k in rows if len(np.unique(b[k, :half], axis=0)) > _VARIED * half]
            best = max(best, found, key=len)
    items = tuple(f"{split.value} {table.rows[k]}" for k in best[:_N_SHOWN])
    return Shared(Split.TRAIN.value, split.value, len(best), len(best) / len(y), items)


def _shared(one: Split, a: Table, other: Split, b: Table) -> Shared | None:
    """Return what two splits share; of what was read in part, the share is extrapolated."""
    first, second = (
        {x: row for (x, _), row in zip(t.prints, t.rows, strict=True) if x} for t in (a, b)
    )
    if not first or not second:
        return None
    share = max(
        sum(x in second for x, _ in a.prints) / len(a.rows) / b.share,
        sum(x in first for x, _ in b.prints) / len(b.rows) / a.share,
    )
    common = [(row, second[x]) for x, row in first.items() if x in second]
    items = (f"{one.value} {i} = {other.value} {j}" for i, j in common[:_N_SHOWN])
    return Shared(one.value, other.value, len(common), min(1.0, share), tuple(items))


def _near(train: Table, table: Table, split: Split) -> Shared | None:
    """Return the share of rows that lie far nearer to a training row than rows lie to another.

    The distance to the nearest training row is divided by the distances of both to the nearest of
    their own split, so that clusters and repeated measurements do not count. The same of training
    rows among themselves is what is usual. Near rows that are no accident leave a gap: hardly more
    have twice that ratio, where even points between those of a grid are twice as many.
    """
    x, y = (t.first("inputs") for t in (train, table))
    if x is None or y is None or not x.is_floating_point() or x.shape[1:] != y.shape[1:]:
        return None
    x, y = _vectors(x, y)
    if min(len(x), len(y)) < N_LEAST or not x.shape[1]:
        return None
    (within, places), (between, at), (other, _) = _nearest(x, x), _nearest(y, x), _nearest(y, y)
    own, nearest = within[:, 0], places[:, 0]
    # Leave one out: a training row, its nearest, and the nearest of that but for the row itself.
    back = (places[nearest, 0] == torch.arange(len(x))).long()
    usual = _ratio(own, torch.minimum(within[nearest, back], within[:, 1]))
    ratios = _ratio(between[:, 0], torch.minimum(own[at[:, 0]], other[:, 0]))
    # Where a part was read, or compared, only that part of the near rows can be found.
    part = train.share * len(x) / len(train.rows)
    n, known = 0, 0.0
    for limit in reversed(_NEARNESS):
        n_near, n_wider = int((ratios < limit).sum()), int((ratios < 2 * limit).sum())
        if n_near >= max(_N_FEW, _GAP * n_wider):
            n, known = n_near, float((usual < limit).double().mean())
    share, usually = (min(1.0, found / part) for found in (n / len(y), known))
    return Shared(Split.TRAIN.value, split.value, n, share, usual=usually)


def _vectors(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows as vectors of up to 1,024 numbers; the features of a table have one scale."""
    is_table = x.dim() == 2
    x, y = (torch.nan_to_num(t[:N_NEAR].float(), 0.0, 0.0, 0.0) for t in (x, y))
    x, y = (t.reshape(len(t), -1) for t in (x, y))
    if x.shape[1] > N_WIDE:
        x, y = (functional.adaptive_avg_pool1d(t, N_WIDE) for t in (x, y))
    scale = x.std(0)
    varies = scale > 1e-8
    divisor = scale[varies] if is_table else 1.0
    return x[:, varies] / divisor, y[:, varies] / divisor


def _nearest(rows: torch.Tensor, among: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return distances and places of the two nearest; a row is not its own."""
    # Products of matrices lose small distances.
    distances = torch.cdist(rows, among, compute_mode="donot_use_mm_for_euclid_dist")
    if rows is among:
        distances.fill_diagonal_(math.inf)
    nearest = distances.topk(2, largest=False)
    return nearest.values, nearest.indices


def _ratio(distances: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Return distances over scales; equal rows are left out, as they are counted elsewhere."""
    ratio = distances / scales.clamp_min(1e-12)
    return torch.where((distances <= 0) | (scales <= 0), math.inf, ratio)
