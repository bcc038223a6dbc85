"""What costs nothing: the majority class, the mean, and a linear model, on the validation set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from tunebook.probes.looking import first_batch
from tunebook.probes.tensors import n_rows, tensors_in
from tunebook.training.task import Split, Task

MAX_EXAMPLES, MAX_FEATURES = 2000, 4096
_RIDGES = (1e-3, 1e-1, 1e1)


@dataclass(frozen=True, slots=True)
class SimpleBaselines:
    """Accuracies (classes) or shares of variance explained (numbers) on ``n`` validation examples.

    ``linear`` is None where inputs are no vectors of numbers.
    """

    trivial: float
    linear: float | None
    n: int
    is_classification: bool


def simple_baselines(task: Task) -> SimpleBaselines | None:
    """Return a task's baselines (S2.9); None if targets are neither classes nor numbers."""
    train, val = (_sample(task, split) for split in (Split.TRAIN, Split.TRAIN_VAL))
    if train is None or val is None:
        return None
    (x, y), (x_val, y_val) = train, val
    if y.is_floating_point() and y.dim() > 1 and y.shape[1] > 1:
        return None
    y, y_val = y.flatten(), y_val.flatten()
    is_classes = not y.is_floating_point() or set(y.unique().tolist()) <= {0.0, 1.0}
    if is_classes:
        y, y_val = y.long(), y_val.long()
        majority = y.mode().values
        trivial = float((y_val == majority).double().mean())
        linear = None if x is None or x_val is None else _classify(x, y, x_val, y_val)
    else:
        trivial = 0.0
        linear = None if x is None or x_val is None else _regress(x, y, x_val, y_val)
    return SimpleBaselines(trivial, linear, len(y_val), is_classes)


def _sample(task: Task, split: Split) -> tuple[torch.Tensor | None, torch.Tensor] | None:
    """Return inputs as vectors (None if they are none) and targets, of up to 2,000 examples."""
    n = min(len(task.examples(split)), MAX_EXAMPLES)
    inputs, targets = first_batch(task, MAX_EXAMPLES, split=split)
    if not isinstance(targets, torch.Tensor) or targets.dim() == 0 or len(targets) != n:
        return None
    if targets[0].numel() != 1:
        return None
    return _vectors(inputs, n), targets


def _vectors(inputs: Any, n: int) -> torch.Tensor | None:
    tensors = list(tensors_in(inputs))
    if len(tensors) != 1 or n_rows(inputs) != n or not tensors[0].is_floating_point():
        return None
    x = tensors[0].reshape(n, -1).double()
    # A large picture is looked at through every k-th number: a baseline need not be fine.
    step = -(-x.shape[1] // MAX_FEATURES)
    return torch.nan_to_num(x[:, ::step])


def _classify(x: torch.Tensor, y: torch.Tensor, x_val: torch.Tensor, y_val: torch.Tensor) -> float:
    wanted = torch.nn.functional.one_hot(y, int(max(y.max(), y_val.max())) + 1).double()
    return max(
        float((scores.argmax(1) == y_val).double().mean()) for scores in _fits(x, wanted, x_val)
    )


def _regress(x: torch.Tensor, y: torch.Tensor, x_val: torch.Tensor, y_val: torch.Tensor) -> float:
    spread = float((y_val.double() - y.double().mean()).square().mean())
    if spread == 0.0:
        return 0.0
    errors = [
        float((found.flatten() - y_val.double()).square().mean())
        for found in _fits(x, y.double().unsqueeze(1), x_val)
    ]
    return 1.0 - min(errors) / spread


def _fits(x: torch.Tensor, wanted: torch.Tensor, x_val: torch.Tensor) -> list[torch.Tensor]:
    """Return predictions of ridge regressions of three strengths, inputs standardized."""
    mean, deviation = x.mean(0), x.std(0)
    kept = deviation > 1e-9
    x = (x[:, kept] - mean[kept]) / deviation[kept]
    x_val = (x_val[:, kept] - mean[kept]) / deviation[kept]
    level = wanted.mean(0)
    n, d = x.shape
    found = []
    for ridge in _RIDGES:
        penalty = ridge * n * torch.eye(min(n, d), dtype=x.dtype)
        if d <= n:
            weights = torch.linalg.solve(x.T @ x + penalty, x.T @ (wanted - level))
        else:
            weights = x.T @ torch.linalg.solve(x @ x.T + penalty, wanted - level)
        found.append(x_val @ weights + level)
    return found
