"""Tensors in whatever a task hands around: a tensor, a tuple, a dict, or something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Yield every tensor in it, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from tensors_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from tensors_in(inner)


def first_tensor(value: Any) -> torch.Tensor | None:
    """Return the first tensor in it, None if there is none."""
    return next(tensors_in(value), None)


def n_rows(value: Any) -> int | None:
    """Return how many examples it holds: the first dimension of all tensors, if it is one."""
    sizes = {len(t) if t.dim() else 0 for t in tensors_in(value)}
    return sizes.pop() if len(sizes) == 1 else None


def take(value: Any, rows: Sequence[int]) -> Any:
    """Return the examples ``rows`` of a batch; every tensor has examples first."""
    if isinstance(value, torch.Tensor):
        return value[list(rows)]
    if isinstance(value, dict):
        return {name: take(inner, rows) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(take(inner, rows) for inner in value)
    return value


def difference(a: Any, b: Any) -> float | None:
    """Return the largest absolute difference between the tensors of two values, if they fit."""
    largest = 0.0
    for x, y in zip(tensors_in(a), tensors_in(b), strict=False):
        if x.shape != y.shape:
            return None
        x, y = x.detach(), y.detach()
        if x.numel() and (x.is_floating_point() or y.is_floating_point()):
            largest = max(largest, float((x.double() - y.double()).abs().max()))
    return largest


def scale_of(outputs: Any) -> float:
    """Return the deviation of outputs, or what rounding makes visible of large ones."""
    found = first_tensor(outputs)
    if found is None or found.numel() < 2 or not found.is_floating_point():
        return 1.0
    # Numbers of half precision differ by rounding alone.
    rounding = torch.finfo(found.dtype).eps / torch.finfo(torch.float32).eps
    wide = found.detach().double()
    return max(float(wide.std()), 0.01 * float(wide.abs().max()), 1e-6) * max(1.0, rounding)


def n_nonfinite(value: Any) -> int:
    """Return how many numbers of its tensors are NaN or infinite."""
    return sum(int((~torch.isfinite(t)).sum()) for t in tensors_in(value) if t.is_floating_point())


def operations(value: torch.Tensor | None, *, most: int = 12) -> list[tuple[str, Any]]:
    """Return the operations that made a tensor, with their nodes, the last one first.

    Follows the first input alone, so it sees a chain such as squeeze of a softmax: ``Softmax``.
    """
    found: list[tuple[str, Any]] = []
    node = None if value is None else value.grad_fn
    while node is not None and len(found) < most:
        name = type(node).__name__.rstrip("0123456789").removesuffix("Backward")
        found.append((name, node))
        node = next((inner for inner, _ in node.next_functions if inner is not None), None)
    return found


def bytes_of(row: torch.Tensor) -> bytes:
    """Return the numbers of a tensor as a key: equal ones are equal."""
    return row.numpy(force=True).tobytes()


def leaves_of(value: Any) -> list[torch.Tensor]:
    """Return the tensors that a gradient of ``value`` would arrive at: weights, as a rule."""
    found: dict[int, torch.Tensor] = {}
    waiting = [t.grad_fn for t in tensors_in(value) if t.grad_fn is not None]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        leaf = getattr(node, "variable", None)
        if isinstance(leaf, torch.Tensor):
            found[id(leaf)] = leaf
        for inner, _ in node.next_functions:
            if inner is not None and inner not in seen:
                seen.add(inner)
                waiting.append(inner)
    return list(found.values())
