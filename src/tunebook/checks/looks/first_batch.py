"""The first batch: what kind of task it is, what the best outputs cost, what is wrong with it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

import torch

from tunebook.analysis.series import entropy
from tunebook.checks.first_batch import FirstBatch
from tunebook.checks.looks.bench import (
    Bench,
    Seen,
    dropouts,
    has_own_rate,
    loss_operations,
    probabilities_for_logits,
)
from tunebook.checks.looks.shape import is_counted, loss_of, shape_of, sure_of
from tunebook.checks.looks.tensors import bytes_of, first_tensor, n_rows
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.training.task import Split, Task

_SCALES = (2.0, 5.0, 10.0, 20.0)


def look(bench: Bench) -> FirstBatch:
    """Return what the first batch of a task shows."""
    seen, task = bench.see(), bench.task
    settings = seen.training.settings
    shape, made = shape_of(task, seen), loss_operations(task, seen)
    entropy_floor, error_floor = _open_ends(seen, shape)
    are_equal, conflict = _alike(*seen.batch)
    with torch.no_grad():
        costs = {loss_of(task, seen.outputs, seen.batch[1]) for _ in range(2)}
    return FirstBatch(
        shape=shape,
        has_own_rate=has_own_rate(task, bench.config),
        floor=0.0 if "Softmax" in made else max(_floor(task, seen, shape), entropy_floor),
        error_floor=error_floor,
        label_entropy=_label_entropy(seen, shape),
        n_without_gradient=_without_gradient(seen),
        inputs_are_equal=are_equal,
        labels_conflict=conflict,
        loss_varies=len(costs) > 1,
        n_train=len(task.examples(Split.TRAIN)),
        updates_per_epoch=max(1, seen.training.batches.per_epoch // settings.accumulate),
        has_own_optimizer=task.optimizer is not None,
        has_dropout=any(m.p > 0 for m in dropouts(seen.training.network)),
        has_augmentation=task.augment is not None,
        outputs_are_probabilities=probabilities_for_logits(seen, made),
    )


def _without_gradient(seen: Seen) -> int | None:
    parameters = [p for p in seen.training.network.parameters() if p.requires_grad]
    if not parameters:
        return None
    if not seen.loss.requires_grad:
        return len(parameters)
    grads = torch.autograd.grad(seen.loss.mean(), parameters, allow_unused=True, retain_graph=True)
    return sum(g is None or not bool(g.any()) for g in grads)


@torch.no_grad()
def _floor(task: Task, seen: Seen, shape: TaskShape) -> float:
    """Return what the best outputs cost: above 0 with label smoothing, for example."""
    targets = seen.targets
    if shape.class_axis is None or shape.n_classes is None or targets is None:
        return 0.0
    counted = targets[is_counted(targets, shape)]
    if not counted.numel() or int(counted.min()) < 0 or int(counted.max()) >= shape.n_classes:
        return 0.0
    like = seen.outputs.detach()
    costs = [loss_of(task, sure_of(targets, like, shape.class_axis, s), targets) for s in _SCALES]
    return max(0.0, min(filter(math.isfinite, costs), default=0.0))


def _open_ends(seen: Seen, shape: TaskShape) -> tuple[float, float]:
    """Return entropy and least error of what follows equal beginnings of a text in this batch.

    A causal model cannot do better, on however few examples: their first words are often the same.
    """
    words, targets = first_tensor(seen.batch[0]), seen.targets
    if not shape.is_sequence or words is None or targets is None or words.dim() != 2:
        return 0.0, 0.0
    counted = is_counted(targets, shape)
    following: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for row, wanted, counts in zip(words.tolist(), targets.tolist(), counted.tolist(), strict=True):
        for place, is_in in enumerate(counts):
            if is_in:
                following[tuple(row[: place + 1])][wanted[place]] += 1
    n = sum(map(Counter.total, following.values()))
    if not n:
        return 0.0, 0.0
    spread = sum(
        sum(c.values()) * entropy([k / c.total() for k in c.values()]) for c in following.values()
    )
    missed = sum(c.total() - max(c.values()) for c in following.values())
    return spread / n, missed / n


def _label_entropy(seen: Seen, shape: TaskShape) -> float | None:
    if seen.targets is None or shape.kind is not TargetKind.CLASSES:
        return None
    counts = seen.targets.unique(return_counts=True)[1]
    return entropy((counts / counts.sum()).tolist())


def _alike(inputs: Any, targets: Any) -> tuple[bool | None, bool | None]:
    """Return whether all inputs are equal, and whether equal ones have different targets."""
    found, n = first_tensor(inputs), n_rows(inputs)
    if found is None or n is None:
        return None, None
    rows = [bytes_of(row) for row in found]
    are_equal = n > 1 and len(set(rows)) == 1
    if not isinstance(targets, torch.Tensor) or n_rows(targets) != n:
        return are_equal, None
    pairs = {(row, bytes_of(target)) for row, target in zip(rows, targets, strict=True)}
    return are_equal, len(pairs) > len(set(rows))
