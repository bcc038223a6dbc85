"""The recipe for tables: a perceptron, its inputs standardised by the training rows (S2.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, final

import torch
from torch import nn
from torch.utils.data import TensorDataset

from tunebook.datasets.library import Stored, open_dataset
from tunebook.datasets.records import Kind as DataKind
from tunebook.errors import InputError
from tunebook.recipes.answers import Likeliest, likeliest
from tunebook.recipes.registry import Recipe
from tunebook.recipes.scores import class_scores, number_scores
from tunebook.records import Configuration
from tunebook.space import Choice, Float, Int, Kind, Space
from tunebook.space.parse import parse_value

MAX_WORDS = 64
"""So many words of a column, the most frequent ones, have an input each; the others have none."""

Row = Sequence[float | str | None]


@final
class TabularTask:
    """Predicts a column of a table from the others: a class, or a number if there are no labels."""

    name = "tabular"

    def __init__(
        self,
        data: str,
        home: str,
        *,
        labels: Sequence[str],
        columns: Sequence[Mapping[str, Any]],
        target: Mapping[str, float],
    ) -> None:
        self._data, self._home = data, home
        self.labels = list(labels) or None
        self._columns, self._target = columns, target
        self.maximize = "accuracy" if labels else None
        self.minimize = None if labels else "rmse"
        in_unit = partial(number_scores, unit=target["deviation"])
        self.metrics = partial(class_scores, labels=labels) if labels else in_unit
        self.loss = nn.functional.cross_entropy if labels else _squared_error

    def data(self, split: str) -> TensorDataset | None:
        """Return the rows of a split as inputs and targets."""
        items = open_dataset(self._data, Path(self._home)).dataset.labelled(split)
        if not items:
            return None
        inputs = torch.tensor([self._inputs_of(item.row) for item in items])
        labels = torch.tensor([float(item.label or 0.0) for item in items])
        if self.labels is not None:
            return TensorDataset(inputs, labels.long())
        return TensorDataset(inputs, (labels - self._target["mean"]) / self._target["deviation"])

    def answer(
        self, network: nn.Module, raw: str | Row, *, top: int | None = None
    ) -> Likeliest | float:
        """Return the class of a row and its share of certainty, the ``top`` ones, or the number.

        The cells are in the table's order without the target; a text has commas between them.
        """
        row = [_cell(cell) for cell in raw.split(",")] if isinstance(raw, str) else raw
        if len(row) != len(self._columns):
            raise InputError(
                f"A row must have {len(self._columns)} cells, without the target", got=raw
            )
        outputs = network(torch.tensor([self._inputs_of(row)]))[0]
        if self.labels is None:
            return float(outputs[0]) * self._target["deviation"] + self._target["mean"]
        return likeliest(self.labels, outputs, top)

    def _inputs_of(self, row: Row) -> list[float]:
        inputs: list[float] = []
        for cell, column in zip(row, self._columns, strict=True):
            if "words" in column:
                said = f"{cell:g}" if isinstance(cell, float) else str(cell)
                inputs += [float(said == word) for word in column["words"]]
            else:
                is_there = isinstance(cell, int | float)
                value = (float(cell) - column["mean"]) / column["deviation"] if is_there else 0.0  # type: ignore[arg-type]  # a number, by the line above
                inputs += [value, float(not is_there)]
        return inputs

    def network(self, config: Configuration) -> nn.Module:
        """Build a perceptron of ``depth`` hidden layers of ``width``."""
        n = sum(len(c["words"]) if "words" in c else 2 for c in self._columns)
        depth, width = int(config["depth"]), int(config["width"])  # type: ignore[arg-type]  # the recipe's are numbers
        dropout = float(config["dropout"])  # type: ignore[arg-type]  # the recipe's is a number
        layers: list[nn.Module] = []
        for _ in range(depth):
            layers += [nn.Linear(n, width), nn.ReLU(), nn.Dropout(dropout)]
            n = width
        return nn.Sequential(*layers, nn.Linear(n, len(self.labels or [0])))


def _squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error of standardised numbers."""
    return nn.functional.mse_loss(outputs[:, 0], targets)


def arguments_of(stored: Stored, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return how each column becomes inputs, and the target's scale, by the training rows."""
    del given
    items = stored.dataset.labelled("train")
    cells = zip(*(item.row for item in items), strict=True)
    return {
        "labels": list(stored.dataset.classes),
        "columns": [
            {"name": name, **_column(list(column))}
            for name, column in zip(stored.dataset.columns, cells, strict=True)
        ],
        "target": _scale([float(item.label or 0.0) for item in items]),
    }


def _column(cells: Row) -> dict[str, Any]:
    told = [cell for cell in cells if cell is not None]
    if all(isinstance(cell, int | float) for cell in told):
        return dict(_scale([float(cell) for cell in told]))
    counts = Counter(map(str, told))
    return {"words": sorted(counts, key=lambda word: (-counts[word], word))[:MAX_WORDS]}


def _cell(text: str) -> float | str | None:
    value = parse_value(text) if text.strip() else None
    return value if isinstance(value, int | float | str) else None


def _scale(values: Sequence[float]) -> dict[str, float]:
    numbers = torch.tensor(values or [0.0], dtype=torch.float64)
    deviation = float(numbers.std(correction=0))
    return {"mean": float(numbers.mean()), "deviation": deviation if deviation > 0 else 1.0}


RECIPE = Recipe(
    name="tabular",
    kind=DataKind.TABLE,
    maker="tunebook.recipes.tabular:TabularTask",
    arguments=arguments_of,
    defaults=dict(
        optimizer="adamw", lr=1e-3, weight_decay=1e-4, batch_size=64, width=64, depth=2, dropout=0.0
    ),
    space=Space(
        lr=Float(1e-4, 1e-1, log=True, kind=Kind.OPTIMIZATION),
        weight_decay=Float(1e-6, 1e-1, log=True, kind=Kind.REGULARIZATION),
        width=Int(16, 256, log=True, kind=Kind.STRUCTURE),
        depth=Choice(1, 2, 3, ordered=True, kind=Kind.STRUCTURE),
        dropout=Float(0.0, 0.5, kind=Kind.REGULARIZATION),
    ),
    max_steps=20,
    network="perceptron",
)
"""Adam with decoupled decay and half a decade around 1e-3: a rule of ours, for want of a source."""
