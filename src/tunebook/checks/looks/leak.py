"""How much of a target one number of the inputs tells: by a table of bins, or by a line."""

from __future__ import annotations

import torch
from torch.nn import functional

from tunebook.checks.leak import Leaks, Telling
from tunebook.checks.looks.bench import Bench
from tunebook.checks.looks.tables import Table, tables
from tunebook.training.task import Split

N_LEAST, N_CHECKED, N_BINS, N_CLASSES, N_TARGETS = 50, 20, 32, 64, 8
TELLS, TIGHT, STRAIGHT, _N_ROWS, _MAX_NUMBERS, _N_SHOWN = 0.98, 0.2, 1e-6, 500, 1_600_000, 5
_EVEN, _N_CHANCE, _IN_RUNS, _IN_ORDER = 0.02, 40, 0.8, 0.98

Told = tuple[list[torch.Tensor], torch.Tensor, float]
"""What each input tells, in training and maybe in validation; which do exactly; what none would."""


def look(bench: Bench) -> Leaks:
    """Return the inputs that tell a target of training, with what they tell in validation."""
    train, other = (_columns(tables(bench)[s]) for s in (Split.TRAIN, Split.TRAIN_VAL))
    if train is None or len(train[0]) < N_LEAST:
        return Leaks(0, 0)
    n_inputs, n_targets = widths = [t.shape[1] for t in train]
    is_other_like = other and len(other[0]) >= N_CHECKED and [t.shape[1] for t in other] == widths
    pairs = [train, other] if other and is_other_like else [train]
    telling: list[Telling] = []
    for k in range(n_targets):
        of_target = [(x, y[:, k]) for x, y in pairs]
        ((shares, *rest), exact, chance), numbers = _told(of_target), _numbers(of_target)
        telling += [Telling(c, k, told[0], told[-1], is_number=True) for c, told in numbers.items()]
        drop = shares - rest[0] if rest else shares
        order = [c for c in drop.argsort(descending=True).tolist() if shares[c] >= TELLS]
        for c in [c for c in order if c not in numbers][:_N_SHOWN]:
            share, left = float(shares[c]), float(rest[0][c]) if rest else None
            is_gone = left is not None and left - chance < 0.5 * (share - chance)
            telling.append(Telling(c, k, share, left, bool(exact[c]), is_gone))
    return Leaks(n_inputs, n_targets, tuple(telling))


def _columns(table: Table) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Return the inputs and the targets of a split with a row each; None if they have no rows."""
    sides = []
    for side in ("inputs", "targets"):
        parts = [c for name, c in table.columns.items() if name.startswith(side)]
        if not parts:
            return None
        n = max(_N_ROWS, _MAX_NUMBERS // max(1, sum(part[0].numel() for part in parts)))
        flat = [part[:n].double().reshape(min(n, len(part)), -1) for part in parts]
        sides.append(torch.nan_to_num(torch.cat(flat, 1), 0.0, 0.0, 0.0))
    x, y = sides[0][:, : _MAX_NUMBERS // _N_ROWS], sides[1]
    return (x, y[: len(x)]) if y.shape[1] <= N_TARGETS else None


def _told(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> Told:
    """Return what each input tells of a target; the first pair is of training."""
    x, y = pairs[0]
    classes = y.unique()
    if 1 < len(classes) <= N_CLASSES and bool((y == y.round()).all()):
        return _of_classes(pairs, classes)
    if len(classes) < 2 or x.shape[1] == 1:  # a line through one input is a task like any other
        return [torch.zeros(x.shape[1])], torch.zeros(x.shape[1]), 0.0
    lines = [_correlation(*pair) for pair in pairs]
    return lines, 1 - lines[0] ** 2 < STRAIGHT, 0.0


def _numbers(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> dict[int, list[float]]:
    """Return the inputs that are distinct and evenly spaced, and how much they order the target."""
    x, y = pairs[0]
    if x.shape[1] < 2 or any(len(targets.unique()) < 2 for _, targets in pairs):
        return {}
    gaps = x.sort(0).values.diff(dim=0)
    steps = gaps / gaps.amin(0).clamp_min(1e-300)
    is_even = ((steps - steps.round()).abs() < _EVEN * steps).all(0) & (gaps > 0).all(0)
    # Of a large file a part is read: the number of places is bounded by what chance would allow.
    places = (is_even & (steps.sum(0) < len(x) ** 2 / _N_CHANCE)).nonzero().flatten().tolist()
    told = {c: [_ordered(inputs[:, c], targets) for inputs, targets in pairs] for c in places}
    least = _IN_RUNS if len(y.unique()) <= N_CLASSES else _IN_ORDER
    return {c: shares for c, shares in told.items() if min(shares) > least}


def _ordered(x: torch.Tensor, y: torch.Tensor) -> float:
    """Return how much an input orders a target: classes in few runs, numbers by their rank."""
    ordered = y[x.argsort()]
    if len(y.unique()) > N_CLASSES:
        places = torch.arange(len(y)).double()
        return float(_correlation(places[:, None], ordered.argsort().argsort().double()))
    n_runs, shares = (ordered.diff() != 0).sum() + 1, y.unique(return_counts=True)[1] / len(y)
    return 1 - float(n_runs / (len(y) * (1 - shares.square().sum())))


def _correlation(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    x, y = x - x.mean(0), y - y.mean()
    return torch.abs((y @ x) / (x.norm(dim=0) * y.norm()).clamp_min(1e-12))


def _of_classes(pairs: list[tuple[torch.Tensor, torch.Tensor]], classes: torch.Tensor) -> Told:
    """Return what a table tells; exact are columns with a value of its own for each class.

    Values of a class may differ by a fifth of what parts classes: noise does not hide a label.
    Where many columns are so, classes are clusters, and far apart.
    """
    x, y = pairs[0]
    parts = [x[y == c] for c in classes]
    low, high = (torch.stack([getattr(p, end)(0) for p in parts]) for end in ("amin", "amax"))
    gaps = ((low + high) / 2).sort(0).values.diff(dim=0).amin(0)
    exact = ((high - low).amax(0) <= TIGHT * gaps) & (gaps > 0)
    exact &= 4 * int(exact.sum()) <= max(4, x.shape[1])
    known = [pair for pair in pairs if bool(torch.isin(pair[1], classes).all())]
    labelled = [(inputs.float(), torch.searchsorted(classes, found)) for inputs, found in known]
    chance = max(float(labels.bincount().max() / len(labels)) for _, labels in labelled)
    train, *rest = _read_from_tables(labelled, len(classes))
    # Where one class is frequent, more has to be right. A table is no measure of itself.
    enough = 1 - (1 - TELLS) * min(1.0, 2 * (1 - chance)) if rest and chance < TELLS else 2.0
    return [torch.where(exact, 1.0, train * (train >= enough)), *rest], exact, chance


def _read_from_tables(
    pairs: list[tuple[torch.Tensor, torch.Tensor]], n_classes: int
) -> list[torch.Tensor]:
    """Return the share that the likeliest class of each bin gets right, by column.

    The first pair of inputs and labels, those of training, makes the bins and their classes.
    """
    ordered = pairs[0][0].sort(0).values
    n_bins = min(N_BINS, len(ordered) // 10)
    edges = ordered[torch.arange(1, n_bins) * len(ordered) // n_bins]
    bins = [sum(((x > edge).char() for edge in edges), torch.zeros(())) for x, _ in pairs]
    hot = [functional.one_hot(labels, n_classes).float() for _, labels in pairs]
    right = [torch.zeros(edges.shape[1]) for _ in pairs]
    for i in range(n_bins):
        counts = [(codes == i).float().T @ h for codes, h in zip(bins, hot, strict=True)]
        best = counts[0].argmax(1, keepdim=True)
        for share, table, h in zip(right, counts, hot, strict=True):
            share += table.gather(1, best).flatten() / len(h)
    return right
