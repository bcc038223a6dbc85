"""The splits: what can be read, the numbers in it, and what network and loss say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import Bench
from tunebook.checks.looks.tables import Table, tables
from tunebook.checks.looks.tensors import n_nonfinite
from tunebook.checks.split_figures import SplitFigures, Splits, Values
from tunebook.recipes.batches import fetch
from tunebook.training.task import Split

_T = TypeVar("_T")

MAX_CLASSES, _N_TRIED = 200, 32


def look(bench: Bench) -> Splits:
    """Return what the splits of a task show."""
    seen = {split: _figures(table) for split, table in tables(bench).items()}
    by_name = {split.value: figures for split, figures in seen.items()}
    bad = {split: rows for split, f in seen.items() if (rows := _not_finite(f))}
    # Beside whole examples: a loss that leaves all others out has nothing to average.
    copes = [
        _loss(bench, s, [*rows[:_N_TRIED], *tables(bench)[s].rows[:_N_TRIED]])
        for s, rows in bad.items()
    ]
    n_classes = _n_classes(bench)
    return Splits(
        by_name,
        # None in the list: the loss could not be calculated at all.
        copes=all(copes) if copes and None not in copes else None,
        refused=_refused(bench, n_classes) if n_classes else (),
        n_classes=n_classes,
    )


def _figures(table: Table) -> SplitFigures:
    rows = torch.tensor(table.rows)
    columns = {name: (column, rows) for name, column in table.columns.items()}
    values = {n: _values(n, *pair, n in columns) for n, pair in {**columns, **table.loose}.items()}
    return SplitFigures(table.n, len(table.rows), table.failed, values)


def _values(name: str, tensor: torch.Tensor, rows: torch.Tensor, is_column: bool) -> Values:
    """Return the figures of one tensor; quartiles and classes are those of targets alone."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    width = tensor[0].numel() if is_column else None
    if tensor.numel() < 2 or tensor.is_complex():
        return Values(dtype, tensor.numel(), width)
    finite = torch.isfinite(tensor)
    bad = rows[(~finite).flatten(1).any(1) if tensor.dim() > 1 else ~finite].unique().tolist()
    # A masked selection copies: only where it must.
    x = (tensor[finite] if bad else tensor.flatten()).double()
    figures: dict[str, Any] = {}
    if name.startswith("targets") and x.numel():
        quarters = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
        found, counts = x.unique(return_counts=True)
        fractions = float((x != x.round()).double().mean())
        if not fractions and len(found) <= MAX_CLASSES:
            figures["counts"] = dict(zip(map(int, found.tolist()), counts.tolist(), strict=True))
        if tensor.dim() == 2 and is_column and tensor.shape[1] > 1:
            is_constant = (tensor == tensor[:1]).all(0)
            figures["constant"] = tuple(is_constant.nonzero().flatten().tolist())
        few = x[:: max(1, x.numel() // 100_000)]
        figures |= {"quartiles": tuple(few.quantile(quarters).tolist()), "fractions": fractions}
    mean, deviation = (float(m) for m in (x.mean(), torch.nan_to_num(x.std(correction=0))))
    return Values(dtype, x.numel(), width, mean, deviation, not_finite=tuple(bad), **figures)


def _not_finite(figures: SplitFigures) -> list[int]:
    return sorted({row for values in figures.values.values() for row in values.not_finite})


def _loss(bench: Bench, split: Split, rows: list[int]) -> bool | None:
    """Return whether the loss of these examples is finite, None if it raises."""
    task = bench.task

    def measured() -> bool:
        network = bench.fresh().network.eval()
        inputs, targets = fetch(task.examples(split), rows, task.collate)
        return n_nonfinite(task.loss(network(inputs), targets)) == 0

    return _tried(measured)


def _n_classes(bench: Bench) -> int | None:
    """Return how many scores the network gives for each whole target, None if that is not clear."""

    def measured() -> int | None:
        inputs, targets = bench.sample(size=_N_TRIED)
        outputs = bench.fresh().network.eval()(inputs)
        if not isinstance(targets, torch.Tensor) or targets.is_floating_point():
            return None
        shape, wanted = tuple(outputs.shape), tuple(targets.shape)
        axes = [a for a in range(1, len(shape)) if (*shape[:a], *shape[a + 1 :]) == wanted]
        return shape[axes[0]] if len(axes) == 1 and shape[axes[0]] > 1 else None

    return _tried(measured)


def _tried(measured: Callable[[], _T]) -> _T | None:
    """Return what was measured; that network or loss raise is told by other checks."""
    try:
        with torch.no_grad():
            return attempt("The network or its loss", measured)
    except PartFailed:
        return None


def _refused(bench: Bench, n_classes: int) -> tuple[int, ...]:
    """Return labels outside of the classes, if the loss raises on them and on no others."""
    for split, table in tables(bench).items():
        labels = table.first("targets")
        if labels is None or labels.is_floating_point():
            continue
        outside = (labels < 0) | (labels >= n_classes)
        is_bad = outside.reshape(len(labels), -1).any(1)
        bad, good = (
            [table.rows[i] for i in mask.nonzero().flatten()] for mask in (is_bad, ~is_bad)
        )
        if not bad or _loss(bench, split, bad[:_N_TRIED]) is not None:
            continue
        if not good or _loss(bench, split, good[:_N_TRIED]) is not None:
            return tuple(labels[outside].unique().tolist())
    return ()
