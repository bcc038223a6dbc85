"""Tries the loss on made-up outputs: what it pairs, what it adds up, what it takes them for."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch

from tunebook.checks.looks.bench import (
    Bench,
    Seen,
    Tries,
    end_node,
    end_of,
    expects_logits,
    loss_operations,
    probabilities_for_logits,
    told,
)
from tunebook.checks.looks.shape import fits, loss_of, shape_of
from tunebook.checks.looks.tensors import tensors_in
from tunebook.checks.loss import LossFigures, best_share
from tunebook.checks.shape import TargetKind, TaskShape
from tunebook.recipes.batches import changed
from tunebook.training.task import Task

_NEAR, _UNIT = 1e-5, 1e-3
_INFINITE = math.inf
_REACHES = {
    **dict.fromkeys(("Relu", "Exp", "Softplus", "Abs"), (0.0, _INFINITE)),
    **dict.fromkeys(("Sigmoid", "Hardsigmoid", "Softmax"), (0.0, 1.0)),
    "Tanh": (-1.0, 1.0),
}


def look(bench: Bench) -> LossFigures:
    """Return what the loss shows on outputs of the shape of the network's."""
    seen, task, tries = bench.see(), bench.task, Tries()
    shape, made = shape_of(task, seen), loss_operations(task, seen)
    outputs, targets = seen.outputs, seen.batch[1]
    if seen.loss.numel() != 1:
        return LossFigures(shape, seen.loss.numel())
    found: dict[str, Any] = {"initial": _finite(float(seen.loss)), "end": end_of(outputs)}
    sizes = (float(t.abs().mean()) for t in tensors_in(seen.batch[0]) if t.is_floating_point())
    found["input_size"] = max(sizes, default=0.0)
    with torch.no_grad():
        first = loss_of(task, outputs, targets)
        # A loss that draws at random tells nothing by its differences.
        if first == loss_of(task, outputs, targets):
            found |= tries("what the loss depends on", _pairing, task, seen) or {}
            if shape.class_axis is not None and bool(torch.isfinite(outputs).all()):
                found |= tries("what the loss takes for scores", _scores, task, seen, shape) or {}
            found["chance"] = tries("the loss of chance", _chance, task, seen, shape, made)
            found |= tries("the range of outputs", _range, bench, seen, shape, made) or {}
    return LossFigures(
        shape,
        told=told(outputs, targets),
        takes_probabilities_for_logits=probabilities_for_logits(seen, made),
        failed=tries.failed,
        **found,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _is_same(a: float, b: float, near: float = _NEAR) -> bool:
    return math.isfinite(a) and abs(a - b) <= near * max(1e-6, abs(a))


def _made_up(task: Task, outputs: Any, targets: Any, seed: int = 0) -> Any:
    """Return random outputs that the loss takes: any numbers, or else shares."""
    rng = torch.Generator().manual_seed(seed)
    draw = partial(torch.randn, generator=rng)
    made = changed(outputs, lambda t: draw(t.shape).to(t) if t.is_floating_point() else t)
    is_taken = math.isfinite(loss_of(task, made, targets))
    return (
        made
        if is_taken
        else changed(made, lambda t: t.sigmoid() if t.dtype.is_floating_point else t)
    )


def _pairing(task: Task, seen: Seen) -> dict[str, Any]:
    outputs, targets = seen.outputs, seen.batch[1]
    made = _made_up(task, outputs, targets)
    base = loss_of(task, made, targets)
    cost = partial(loss_of, task)
    twice = partial(changed, change=lambda t: torch.cat([t, t]) if t.dim() else t)
    repeated = cost(twice(made), twice(targets))
    found: dict[str, Any] = {}
    if math.isfinite(repeated) and math.isfinite(base) and abs(base) > 1e-6:
        found["repeated"] = repeated / base
    others = _made_up(task, outputs, targets, seed=1)
    found["uses_outputs"] = not math.isfinite(base) or not _is_same(
        base, cost(others, targets), 1e-7
    )
    if not isinstance(outputs, torch.Tensor) or seen.targets is None or targets.dim() == 0:
        return found
    alike = targets[:1].expand_as(targets).contiguous()
    # Where a loss is no mean over examples, such as of contrasts, targets may be others' business.
    is_paired = outputs.shape == targets.shape or _is_wider(outputs, targets)
    is_paired = is_paired or any(fits(outputs, targets, a) for a in range(1, outputs.dim()))
    if is_paired and _is_same(base, repeated) and not torch.equal(alike, targets):
        found["uses_targets"] = not _is_same(base, cost(made, alike), 1e-7)
        found["broadcasts"] = _is_wider(outputs, targets) and _is_same(
            base, cost(made.roll(1, 0), targets)
        )
    is_number = targets.is_floating_point() and targets.numel() == outputs.numel()
    if is_number and found.get("uses_targets") and not torch.equal(targets.trunc(), targets):
        found["truncates"] = any(
            cost(made, change(targets)) == base
            for change in (torch.trunc, torch.round, torch.floor)
        )
    return found


def _is_wider(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors are joined to one that is larger than both."""
    try:
        shape = torch.broadcast_shapes(a.shape, b.shape)
    except RuntimeError:
        return False
    return int(math.prod(shape)) > max(a.numel(), b.numel())


def _scores(task: Task, seen: Seen, shape: TaskShape) -> dict[str, Any]:
    """Return over which axis scores are made shares, and whether that was left out."""
    outputs, targets, axis = seen.outputs, seen.batch[1], shape.class_axis
    assert axis is not None
    made = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(1)).to(outputs)
    base = loss_of(task, made, targets)

    def is_free(a: int) -> bool:
        """Whether each row along an axis can be shifted: what a softmax does not see."""
        size = [1 if d == a else n for d, n in enumerate(made.shape)]
        shift = torch.randn(size, generator=torch.Generator().manual_seed(2)).to(made)
        return _is_same(base, loss_of(task, made + shift, targets), 1e-4)

    wide = [a for a in range(outputs.dim()) if outputs.shape[a] > 1 and a != axis]
    ends = [a for a in (axis, *wide) if _is_share(outputs, a)]
    if ends and ends[0] != axis:
        return {"softmax_axis": ends[0]}
    if is_free(axis):
        return {}
    wrong = next((a for a in wide if is_free(a)), None)
    lowered = base - loss_of(task, made + 1, targets)
    is_log = bool(ends) and bool((outputs <= 0).all())
    return {"softmax_axis": wrong, "is_linear": abs(lowered - 1) < _UNIT and not is_log}


def _is_share(outputs: torch.Tensor, axis: int) -> bool:
    """Whether outputs are probabilities along an axis, or logarithms of some."""
    shares = outputs if bool((outputs >= 0).all()) else outputs.exp()
    return bool(((shares.sum(axis) - 1).abs() < _UNIT).all())


def _chance(task: Task, seen: Seen, shape: TaskShape, made: list[str]) -> float | None:
    """Return what knowing nothing costs: equal scores, or equal shares; None if not known."""
    outputs, n = seen.outputs, shape.n_classes
    if shape.kind not in {TargetKind.CLASSES, TargetKind.LABELS}:
        return None
    end = end_of(outputs)
    share = 1 / n if n else 0.5
    equal = 0.0 if expects_logits(made) else None
    if equal is None and end in {"Softmax", "Sigmoid", "LogSoftmax"}:
        equal = math.log(share) if end == "LogSoftmax" else share
    if equal is None:
        return None
    cost = loss_of(task, torch.full_like(outputs, equal), seen.batch[1])
    return cost if math.isfinite(cost) and cost > 0 else None


def _range(bench: Bench, seen: Seen, shape: TaskShape, made: list[str]) -> dict[str, Any]:
    """Return what the last operation lets through, and which targets lie outside of it."""
    reach = _reach(seen)
    outputs, targets = seen.outputs, bench.sample()[1]
    if reach is None or not isinstance(outputs, torch.Tensor):
        return {}
    if shape.kind in {TargetKind.CLASSES, TargetKind.LABELS}:
        share = best_share(shape, reach) if expects_logits(made) else None
        return {"reach": reach, "best_share": share}
    is_paired = isinstance(targets, torch.Tensor) and targets[0].numel() == outputs[0].numel()
    if shape.kind is not TargetKind.NUMBERS or not is_paired:
        return {}
    right = targets.reshape(-1, *outputs.shape[1:]).to(outputs.dtype)
    near = right.clamp(*reach)
    # Else the loss does not want outputs that are equal to the targets.
    is_wanted = loss_of(bench.task, right, targets) < loss_of(bench.task, near, targets)
    off = (right - near).abs() > _UNIT * float(right.std())
    share = float(off.float().mean()) if is_wanted else 0.0
    span = (float(right.min()), float(right.max()))
    return {"reach": reach, "unreachable": share, "targets": span}


def _reach(seen: Seen) -> tuple[float, float] | None:
    node = end_node(next(tensors_in(seen.outputs), None))
    name = type(node).__name__
    for prefix, low, high in (
        ("Clamp", "_saved_min", "_saved_max"),
        ("Hardtanh", "_saved_min_val", "_saved_max_val"),
    ):
        if name.startswith(prefix):
            ends = [getattr(node, attribute, None) for attribute in (low, high)]
            if all(e is None or isinstance(e, int | float) for e in ends):
                low_end, high_end = ends
                return (
                    -_INFINITE if low_end is None else float(low_end),
                    _INFINITE if high_end is None else float(high_end),
                )
    return _REACHES.get(end_of(seen.outputs))
