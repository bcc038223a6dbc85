"""Finds the kind of a task: from shapes and types, or from the loss where they leave doubt."""

from __future__ import annotations

import math
from typing import Any

import torch

from tunebook.checks.looks.bench import Seen, expects_logits, loss_operations
from tunebook.checks.looks.tensors import first_tensor
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.training.task import Task

_SURE, _SAME = 10.0, 1e-6
IGNORED = -100
"""What PyTorch's losses leave out by default."""


def shape_of(task: Task, seen: Seen) -> TaskShape:
    """Return the kind of a task from a batch; ``OTHER`` if outputs or targets are no tensor."""
    outputs, targets = seen.outputs, seen.targets
    if not isinstance(outputs, torch.Tensor) or targets is None:
        return TaskShape(TargetKind.OTHER)
    outputs = outputs.detach()
    if outputs.numel() == targets.numel() and set(targets.unique().tolist()) <= {0, 1}:
        made = loss_operations(task, seen)
        if expects_logits(made) or any(name.startswith("BinaryCrossEntropy") for name in made):
            return TaskShape(TargetKind.LABELS, is_dense=targets.dim() > 2)
    if targets.is_floating_point() or targets.is_complex():
        return TaskShape(TargetKind.NUMBERS)
    gains = _gains(task, outputs, targets)
    axis = max(gains, key=lambda a: gains[a], default=None)
    # Whole numbers that no axis of scores has to do with, or that are none of its: a regression.
    if axis is None or gains[axis] == 0 or _goes_beyond(targets, outputs.shape[axis]):
        return TaskShape(TargetKind.NUMBERS)
    given = first_tensor(seen.batch[0])
    is_dense = targets.numel() > len(targets)
    is_sequence = is_dense and given is not None and given.shape == targets.shape
    return TaskShape(
        TargetKind.CLASSES,
        n_classes=outputs.shape[axis],
        class_axis=axis,
        is_dense=is_dense,
        ignored=_ignored(task, outputs, targets, axis) if is_dense else None,
        is_sequence=is_sequence and given is not None and not given.is_floating_point(),
    )


def classes_last(outputs: torch.Tensor, targets: torch.Tensor, axis: int) -> torch.Tensor:
    """Return scores with a row for each target, in the order of the targets, classes last."""
    return outputs.movedim(axis, -1).reshape(targets.numel(), -1)


def scores_of(rows: torch.Tensor, like: torch.Tensor, axis: int | None) -> torch.Tensor:
    """Return rows of scores, classes last, in the shape of outputs."""
    if axis is None:
        return rows.reshape(like.shape)
    return rows.reshape(like.movedim(axis, -1).shape).movedim(-1, axis)


def guesses(outputs: torch.Tensor, targets: torch.Tensor, axis: int) -> torch.Tensor:
    """Return the class of the largest score for each target, in the shape of the targets."""
    return classes_last(outputs, targets, axis).argmax(1).reshape(targets.shape)


def sure_of(wanted: torch.Tensor, like: torch.Tensor, axis: int, size: float) -> torch.Tensor:
    """Return outputs of the shape of ``like`` that are sure of these classes by ``size``."""
    rows = like.new_zeros(wanted.numel(), like.shape[axis])
    rows.scatter_(1, wanted.reshape(-1, 1).long().clamp(0, like.shape[axis] - 1), size)
    return scores_of(rows, like, axis)


def is_counted(targets: torch.Tensor, shape: TaskShape) -> torch.Tensor:
    """Return which targets the loss counts."""
    if shape.ignored is None:
        return torch.ones_like(targets, dtype=torch.bool)
    return targets != shape.ignored


def fits(outputs: torch.Tensor, targets: torch.Tensor, axis: int) -> bool:
    """Whether outputs without this axis have the shape of the targets, or all their elements."""
    rest = (*outputs.shape[:axis], *outputs.shape[axis + 1 :])
    is_flat = outputs.dim() == 2 and outputs.shape[0] == targets.numel()
    return axis > 0 and outputs.shape[axis] > 1 and (rest == tuple(targets.shape) or is_flat)


def _goes_beyond(targets: torch.Tensor, n: int) -> bool:
    """Whether a loss that ran has targets beyond its classes, other than one that it ignores."""
    return len(targets[(targets < 0) | (targets >= n)].unique()) > 1


@torch.no_grad()
def _gains(task: Task, outputs: torch.Tensor, targets: torch.Tensor) -> dict[int, float]:
    """Return by axis how much the loss tells right classes from wrong ones there.

    The difference itself, for a flipped sign is a mistake of a classification, too.
    """
    found: dict[int, float] = {}
    for axis in (a for a in range(outputs.dim()) if fits(outputs, targets, a)):
        others = (targets + 1) % outputs.shape[axis]
        right, wrong = (
            loss_of(task, sure_of(t, outputs, axis, _SURE), targets) for t in (targets, others)
        )
        gain = abs(wrong - right)
        found[axis] = 0.0 if gain <= _SAME * min(abs(right), abs(wrong)) else gain
        if math.isnan(gain):
            # Both are infinite: it says nothing, and shapes decide.
            found[axis] = _SAME
    return found


def loss_of(task: Task, outputs: Any, targets: Any) -> float:
    """Return the loss of made outputs, infinity where it raises or is not finite."""
    try:
        found = float(task.loss(outputs, targets))
    # The user's loss is tried on outputs that it may not take.
    except Exception:  # noqa: BLE001  # it only tells that these outputs are not what it takes
        return math.inf
    return math.inf if math.isnan(found) else found


def gradient_of(task: Task, outputs: torch.Tensor, targets: Any) -> torch.Tensor | None:
    """Return the gradient of the loss to made outputs, None where it has none."""
    leaf = outputs.detach().clone().requires_grad_()
    with torch.enable_grad():
        cost = task.loss(leaf.clone(), targets)
        return torch.autograd.grad(cost.sum(), leaf)[0] if cost.requires_grad else None


def _ignored(task: Task, outputs: torch.Tensor, targets: torch.Tensor, axis: int) -> int | None:
    """Return the value of targets at which outputs do not matter, None if all matter."""
    grad, flat = gradient_of(task, torch.rand_like(outputs), targets), targets.flatten()
    if grad is None or not bool(grad.any()):
        return None
    counted = flat[classes_last(grad, targets, axis).any(1)]
    values = (IGNORED, int(flat.mode().values))
    return next((v for v in values if bool((flat == v).any()) and v not in counted), None)
