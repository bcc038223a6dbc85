"""What costs nothing: the majority class, the mean, and a linear model, on the validation set."""

from __future__ import annotations

import math
from typing import Any

import torch

from tunebook.checks.learning import Baselines
from tunebook.checks.looks.bench import Bench
from tunebook.checks.looks.shape import shape_of
from tunebook.checks.looks.tensors import n_rows, tensors_in
from tunebook.checks.shape import TargetKind
from tunebook.training.task import Split

MAX_EXAMPLES, MAX_FEATURES, MAX_TARGETS = 1000, 1024, 256
_SURE, _LEAST, _FAR = 4.0, 0.01, 0.4
"""Standard errors of an accuracy, its least variance, and a share of variance (ours)."""

_RIDGES = (1e-3, 1e-1, 1e1)


def look(bench: Bench) -> Baselines:
    """Return a task's baselines (S2.9); they are None where targets are not classes or numbers."""
    has_augmentation = bench.task.augment is not None
    kind = shape_of(bench.task, bench.see()).kind
    x, y = _vectors(*bench.sample(Split.TRAIN, MAX_EXAMPLES))
    x_val, y_val = _vectors(*bench.sample(Split.TRAIN_VAL, MAX_EXAMPLES))
    is_dense = kind is TargetKind.CLASSES and y is not None and y.shape[1] > 1
    if y is None or y_val is None or kind is TargetKind.OTHER or is_dense:
        return Baselines(has_augmentation)
    wanted, is_accuracy = y, kind is not TargetKind.NUMBERS
    if kind is TargetKind.CLASSES:
        n = int(max(y.max(), y_val.max())) + 1
        if min(y.min(), y_val.min()) < 0 or n > MAX_EXAMPLES:
            return Baselines(has_augmentation)
        wanted = torch.nn.functional.one_hot(y.flatten().long(), n).double()
    fits = _fits(wanted, x, x_val)
    if is_accuracy:
        given = [s > 0.5 if wanted is y else s.argmax(1, keepdim=True) for s in fits]
        found = [float((s == y_val).double().mean()) for s in (y.mode(0).values, *given)]
    else:
        found = [explained(s, y_val) for s in (y.mean(0), *fits)]
    best = max(found)
    margin = _SURE * math.sqrt(max(best * (1 - best), _LEAST) / len(y_val)) if is_accuracy else _FAR
    return Baselines(has_augmentation, found[0], max(found[1:], default=None), margin, is_accuracy)


def explained(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Return the share of the variance of targets that outputs explain, all columns together."""
    targets = targets.double()
    spread = float((targets - targets.mean(0)).square().sum())
    return 1.0 - float((outputs - targets).square().sum()) / spread if spread > 0 else 0.0


def _vectors(inputs: Any, targets: Any) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Return inputs and targets as rows of numbers, None where they are not."""
    n = n_rows(targets)
    if not isinstance(targets, torch.Tensor) or not n or targets.numel() > n * MAX_TARGETS:
        return None, None
    wanted, tensors = targets.reshape(n, -1).double(), list(tensors_in(inputs))
    if n_rows(inputs) != n or not all(t.is_floating_point() for t in tensors):
        return None, wanted
    x = torch.cat([t.reshape(n, -1) for t in tensors], 1)
    # A large picture is looked at through every k-th number: a baseline need not be fine.
    return torch.nan_to_num(x[:, :: -(-x.shape[1] // MAX_FEATURES)].double()), wanted


def _fits(
    wanted: torch.Tensor, x: torch.Tensor | None, x_val: torch.Tensor | None
) -> list[torch.Tensor]:
    """Return predictions of ridge regressions of three strengths, inputs standardized."""
    if x is None or x_val is None or x.shape[1] != x_val.shape[1]:
        return []
    mean, deviation, level = x.mean(0), x.std(0), wanted.mean(0)
    kept = deviation > 1e-9
    x, x_val = (((v - mean) / deviation)[:, kept] for v in (x, x_val))
    # In the space of examples: one decomposition serves all strengths, however many features.
    values, vectors = torch.linalg.eigh(x @ x.T)
    turned, towards = vectors.T @ (wanted - level), x_val @ x.T @ vectors
    return [towards @ (turned / (values + r * len(x))[:, None]) + level for r in _RIDGES]
