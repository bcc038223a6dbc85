"""The gradient check: some entries of every tensor, analytic and by differences (S2.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tunebook.diagnosis.gradient_check import STEP
from tunebook.probes.fixed_rate import unregularized
from tunebook.probes.looking import first_batch
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.training.task import Task

N_EXAMPLES, N_LARGEST, N_RANDOM, MAX_TENSORS = 4, 3, 2, 40
_NEGLIGIBLE = 1e-6
"""Entries below this share of the largest are left out: differences cannot resolve them."""


@dataclass(frozen=True, slots=True)
class GradientFigures:
    """Pairs of an analytic and a numeric derivative, with the tensor that each belongs to."""

    analytic: tuple[float, ...]
    numeric: tuple[float, ...]
    tensors: tuple[str, ...]


def gradient_check(
    task: Task, config: Mapping[str, Any], *, n_examples: int = N_EXAMPLES, seed: int = 0
) -> GradientFigures:
    """Compare gradients with centred differences, in float64 and without dropout (S2.7).

    In evaluation mode, because statistics of a batch change with every pass. The largest entries of
    each tensor are taken, and some at random, which shows gradients that are missing.
    """
    training = Training(unregularized(task), config, n_updates=1, seed=seed)
    network = training.network.double().eval()
    batch = _in_double(first_batch(task, n_examples))
    network.zero_grad(set_to_none=True)
    training.loss(batch).backward()
    tensors = [(n, p) for n, p in network.named_parameters() if p.requires_grad][:MAX_TENSORS]
    generator = torch.Generator().manual_seed(seed)
    found: list[tuple[float, float, str]] = []
    for name, parameter in tensors:
        grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        flat = grad.flatten()
        largest = flat.abs().topk(min(N_LARGEST, len(flat))).indices.tolist()
        others = torch.randint(len(flat), (N_RANDOM,), generator=generator).tolist()
        for place in dict.fromkeys([*largest, *others]):
            numeric = _difference(training, batch, parameter, place)
            found.append((float(flat[place]), numeric, name))
    top = max((max(abs(a), abs(n)) for a, n, _ in found), default=0.0)
    kept = [pair for pair in found if max(abs(pair[0]), abs(pair[1])) > _NEGLIGIBLE * top]
    return GradientFigures(
        tuple(a for a, _, _ in kept), tuple(n for _, n, _ in kept), tuple(t for _, _, t in kept)
    )


@torch.no_grad()
def _difference(training: Training, batch: Batch, parameter: nn.Parameter, place: int) -> float:
    values = parameter.view(-1)
    kept = float(values[place])
    costs = []
    for sign in (1, -1):
        values[place] = kept + sign * STEP
        costs.append(float(training.loss(batch)))
    values[place] = kept
    return (costs[0] - costs[1]) / (2 * STEP)


def _in_double(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.double() if value.is_floating_point() else value
    if isinstance(value, dict):
        return {name: _in_double(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_in_double(inner) for inner in value)
    return value
