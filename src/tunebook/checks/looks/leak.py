"""How much of a target one number of the inputs tells: by a table of bins, or by a line."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from tunebook.checks.leak import Leaks, Telling
from tunebook.checks.looks.bench import Bench
from tunebook.checks.looks.tables import Table, tables
from tunebook.training.task import Split

N_LEAST, N_CHECKED, N_BINS, N_CLASSES, N_TARGETS, _N_HOT = 50, 20, 32, 64, 8, 20
TELLS, TIGHT, STRAIGHT, _N_ROWS, _MAX_NUMBERS, _N_SHOWN = 0.98, 0.2, 1e-6, 500, 1_600_000, 5


def look(bench: Bench) -> Leaks:
    """Return the inputs that tell a target of training, with what they tell in validation."""
    train, other = (_columns(tables(bench)[s]) for s in (Split.TRAIN, Split.TRAIN_VAL))
    if train is None or len(train[0]) < N_LEAST:
        return Leaks(0, 0)
    if other is not None:
        same = all(a.shape[1] == b.shape[1] for a, b in zip(train, other, strict=True))
        other = other if same and len(other[0]) >= N_CHECKED else None
    (x, y), found = train, list[Telling]()
    for k in range(y.shape[1]):
        rest = None if other is None else (other[0], other[1][:, k])
        found += _telling(x, y[:, k], rest, k)
    return Leaks(x.shape[1], y.shape[1], tuple(found))


def _columns(table: Table) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Return the inputs and the targets of a split with a row each; None if they have no rows."""
    sides = []
    for side in ("inputs", "targets"):
        parts = [c for name, c in table.columns.items() if name.startswith(side)]
        if not parts or any(part.is_complex() for part in parts):
            return None
        n = max(_N_ROWS, _MAX_NUMBERS // max(1, sum(part[0].numel() for part in parts)))
        flat = [
            torch.nan_to_num(part[:n].double(), 0.0, 0.0, 0.0).reshape(min(n, len(part)), -1)
            for part in parts
        ]
        sides.append(torch.cat(flat, 1))
    x, y = sides[0][:, : _MAX_NUMBERS // _N_ROWS], sides[1]
    return (x, y[: len(x)]) if y.shape[1] <= N_TARGETS else None


def _telling(
    x: torch.Tensor, y: torch.Tensor, rest: tuple[torch.Tensor, torch.Tensor] | None, k: int
) -> Iterator[Telling]:
    classes = y.unique()
    is_whole = bool((y == y.round()).all())
    if len(classes) < 2:
        return
    if is_whole and len(classes) <= N_CLASSES:
        yield from _by_class(x, torch.searchsorted(classes, y), classes, rest, k)
    elif x.shape[1] > 1:  # one input, and a line through it, is a task like any other
        yield from _by_line(x, y, rest, k)


def _by_line(
    x: torch.Tensor, y: torch.Tensor, rest: tuple[torch.Tensor, torch.Tensor] | None, k: int
) -> Iterator[Telling]:
    one = _correlation(x, y)
    other = None if rest is None else _correlation(*rest)
    for c in one.argsort(descending=True)[:_N_SHOWN].tolist():
        if one[c] >= TELLS:
            is_exact = bool(1 - one[c] ** 2 < STRAIGHT)
            kept = None if other is None else float(other[c])
            yield Telling(f"input {c}", k, float(one[c]), kept, 0.0, is_exact)


def _correlation(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    x, y = x - x.mean(0), y - y.mean()
    sizes = (x.norm(dim=0) * y.norm()).clamp_min(1e-12)
    return torch.abs((y @ x) / sizes)


def _by_class(
    x: torch.Tensor,
    labels: torch.Tensor,
    classes: torch.Tensor,
    rest: tuple[torch.Tensor, torch.Tensor] | None,
    k: int,
) -> Iterator[Telling]:
    """Yield columns with a value of its own for each class, then those that a table reads it from.

    Values of a class may differ by a fifth of what parts classes: noise does not hide a label.
    Where many columns are so, classes are clusters, and far apart.
    """
    parts = [x[labels == c] for c in range(len(classes))]
    low, high = (torch.stack([getattr(p, end)(0) for p in parts]) for end in ("amin", "amax"))
    means = (low + high) / 2
    gaps = means.sort(0).values.diff(dim=0).amin(0)
    is_exact = ((high - low).amax(0) <= TIGHT * gaps) & (gaps > 0)
    is_exact &= 4 * int(is_exact.sum()) <= max(4, x.shape[1])
    known = rest is not None and set(rest[1].unique().tolist()) <= set(classes.tolist())
    wanted = torch.searchsorted(classes, rest[1]) if rest is not None and known else None
    chance = float(labels.bincount().max() / len(labels))
    if rest is not None and wanted is not None:
        chance = max(chance, float(wanted.bincount().max() / len(wanted)))
    if not is_exact.any() and 2 < len(parts) <= _N_HOT:
        yield from _one_hot(x, labels, len(parts), k)
    for c in is_exact.nonzero().flatten()[:_N_SHOWN].tolist():
        kept = None
        if rest is not None and wanted is not None:
            guess = (rest[0][:, c, None] - means[:, c]).abs().argmin(1)
            kept = float((guess == wanted).double().mean())
        yield Telling(f"input {c}", k, 1.0, kept, chance, is_exact=True)
    if rest is not None and wanted is not None and chance < TELLS:
        one, other = _read_from_tables(x, labels, rest[0], wanted)
        is_telling = (one >= 1 - (1 - TELLS) * (1 - chance) / 0.5) & (one >= TELLS) & ~is_exact
        order = (one - other).argsort(descending=True)
        for c in [i for i in order.tolist() if is_telling[i]][:_N_SHOWN]:
            yield Telling(f"input {c}", k, float(one[c]), float(other[c]), chance)


def _one_hot(x: torch.Tensor, labels: torch.Tensor, n: int, k: int) -> Iterator[Telling]:
    """Yield columns that tell one class from all others, if there is one for each class."""
    found: list[int] = []
    for c in range(n):
        one, rest = ((p.amin(0), p.amax(0)) for p in (x[labels == c], x[labels != c]))
        gap = torch.maximum(one[0] - rest[1], rest[0] - one[1])
        width = torch.maximum(one[1] - one[0], rest[1] - rest[0])
        found += ((gap > 0) & (width <= TIGHT * gap)).nonzero().flatten()[:1].tolist()
    if len(set(found)) == n:
        for c in found:
            yield Telling(f"input {c}", k, 1.0, None, 1 / n, is_exact=True)


def _read_from_tables(
    x: torch.Tensor, labels: torch.Tensor, x_other: torch.Tensor, wanted: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the share that the likeliest class of each bin gets right, for each column.

    The classes of bins are those of training, for the other split too.
    """
    x, x_other = x.float(), x_other.float()
    n_bins = min(N_BINS, len(x) // 10)
    ordered = x.sort(0).values
    bins = [torch.zeros(t.shape, dtype=torch.int8) for t in (x, x_other)]
    for i in range(1, n_bins):
        for codes, values in zip(bins, (x, x_other), strict=True):
            codes += values > ordered[i * len(x) // n_bins]
    n = int(labels.max()) + 1
    hot = [functional.one_hot(found, n).float() for found in (labels, wanted)]
    right = [torch.zeros(x.shape[1]) for _ in bins]
    for i in range(n_bins):
        counts = [(codes == i).float().T @ h for codes, h in zip(bins, hot, strict=True)]
        best = counts[0].argmax(1, keepdim=True)
        for share, table, h in zip(right, counts, hot, strict=True):
            share += table.gather(1, best).flatten() / len(h)
    return right[0], right[1]
