"""Training on a share of the training data: seeded, stratified by class, nested (S0.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch.utils.data import Subset, TensorDataset

from tunebook.datasets.splitting import sample_of
from tunebook.training.preset import checked_share
from tunebook.training.task import Examples, Split, Task


def sampled(task: Task, share: float, *, seed: int = 0) -> Task:
    """Return the task with a share of its training examples: nested, and stratified by class."""
    if checked_share(share) == 1.0:
        return replace(task, data=cache(task.data))

    def part(split: str, whole: Examples) -> Examples:
        if split != Split.TRAIN.value:
            return whole
        return part_of(whole, sample_of(classes_of(whole), share, seed=seed))

    @cache
    def data(split: str) -> Examples | None:
        found = task.data(split)
        return found if found is None else part(split, found)

    shown = task.features
    return replace(
        task,
        data=data,
        features=shown and (lambda split, body: part(split, shown(split, body))),
    )


def classes_of(examples: Examples) -> Sequence[Any]:
    """Return the class of each example; one class for all where targets are no classes."""
    if isinstance(examples, TensorDataset):
        targets: Sequence[Any] = examples.tensors[-1].tolist()
    elif (given := getattr(examples, "targets", None)) is not None:
        targets = list(given)
    else:
        targets = [examples[i][1] for i in range(len(examples))]
    plain = [t.item() if isinstance(t, torch.Tensor) and t.ndim == 0 else t for t in targets]
    is_class = all(isinstance(t, int | str) or hasattr(t, "__index__") for t in plain)
    return [t if isinstance(t, str) else int(t) for t in plain] if is_class else [0] * len(plain)


def part_of(examples: Examples, chosen: Sequence[int]) -> Examples:
    """Return the examples at these positions, in this order."""
    if isinstance(examples, TensorDataset):
        return TensorDataset(*(tensor[list(chosen)] for tensor in examples.tensors))
    part: Examples = Subset(examples, list(chosen))  # type: ignore[arg-type]  # any map-style dataset will do
    return part
