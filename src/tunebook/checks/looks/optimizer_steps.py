"""Steps of the optimizer: the first ones on a batch, then many with one and the same gradient."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from tunebook.checks.looks.attempts import attempt
from tunebook.checks.looks.bench import BATCH, Bench, Seen, has_own_rate, with_rate
from tunebook.checks.looks.tensors import n_rows, take
from tunebook.checks.optimizer_steps import StepFigures
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.training.task import Split

N_REAL, N_SAME, N_OWN, MAX_SECONDS = 3, 8, 400, 0.8
"""Updates on a batch, steps with one gradient, and as many with an optimizer of the task's own,
which may have a schedule inside; those end early where they take long."""

_LEAST_ROWS, _ADAMS = 8, (torch.optim.Adam, torch.optim.NAdam, torch.optim.RAdam)
_PART = "A step of the optimizer"


def look(bench: Bench) -> StepFigures:
    """Return what steps of the optimizer do."""
    seen, batch = bench.see(), bench.sample(Split.TRAIN, BATCH)
    held = _held(seen.training)
    n_trained = sum(p.requires_grad for p in seen.training.network.parameters())
    is_own = bench.task.optimizer is not None
    figures = StepFigures(n_trained, len(held), is_own, has_own_rate(bench.task, bench.config))
    has_one = held and seen.loss.requires_grad and seen.loss.numel() == 1
    gradients = _gradients(seen.loss, held) if has_one else []
    norm, clip = _norm(gradients), seen.training.settings.clip_norm
    if not 0 < norm < math.inf:
        return figures

    rated = with_rate(bench.task, bench.config)

    def steps(share: float = 1.0, n: int = N_SAME, **settings: float) -> dict[str, Any]:
        scaled = [share * gradient for gradient in gradients]
        return attempt(_PART, _steps, bench.fresh(**rated), scaled, n, settings)

    losses, moved = attempt(_PART, _real, bench.fresh(**rated), batch)
    same, plain = steps(n=N_OWN if is_own else N_SAME), steps(n=1, weight_decay=0.0)
    share = 1.0 if clip is None else min(1.0, clip / norm)
    return replace(
        figures,
        **{**same, "decay": (same["decay"], plain["decay"])},
        gradient=norm,
        losses=losses,
        moved=moved,
        by_targets=_by_targets(seen, held, norm),
        **_settings(seen.training.optimizer),
        clipped=same["free"] if share == 1.0 else steps(share)["free"],
    )


def _held(training: Training) -> list[nn.Parameter]:
    """Return the trained tensors of a network that its optimizer has."""
    known = {id(p) for group in training.optimizer.param_groups for p in group["params"]}
    return [p for p in training.network.parameters() if p.requires_grad and id(p) in known]


def _gradients(loss: torch.Tensor, held: Sequence[nn.Parameter]) -> Sequence[torch.Tensor]:
    """Return the gradient of a loss, zeros for tensors it does not depend on."""
    return torch.autograd.grad(loss, held, retain_graph=True, materialize_grads=True)


def _by_targets(seen: Seen, held: Sequence[nn.Parameter], norm: float) -> float:
    """Return how far shuffled targets turn the gradient, as a share of it; 1 if unknown."""
    n = n_rows(seen.batch[1]) or 0
    if n < _LEAST_ROWS:
        return 1.0
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0)).tolist()
    shuffled = take(seen.batch[1], order)
    other = attempt("The loss", seen.training.task.loss, seen.outputs, shuffled)
    return _norm(_gradients(seen.loss - other, held)) / norm


def _settings(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Return the betas, the rate and the weight decay of an optimizer."""
    group = max(optimizer.param_groups, key=lambda g: float(g.get("weight_decay", 0.0)))
    rate, decay = float(group.get("lr", 0.0)), float(group.get("weight_decay", 0.0))
    if not isinstance(optimizer, _ADAMS):
        return {"shrinking": rate * decay}
    is_apart = isinstance(optimizer, torch.optim.AdamW) or group.get("decoupled_weight_decay")
    own = {"shrinking": rate * decay} if is_apart else {"l2": decay}
    betas = tuple(map(float, group.get("betas", ())))
    return {**own, "betas": betas, "adam_rate": max(float(g["lr"]) for g in optimizer.param_groups)}


@torch.no_grad()
def _norm(tensors: Sequence[torch.Tensor]) -> float:
    return float(nn.utils.get_total_norm([t.detach() for t in tensors])) if tensors else 0.0


def _real(training: Training, batch: Batch) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return losses and sizes of the first updates on a batch; matrices of weights alone count."""
    weights = [p for p in training.network.parameters() if p.requires_grad and p.dim() > 1]
    losses, moved = list[float](), list[float]()
    for _ in range(N_REAL):
        before = [p.detach().clone() for p in weights]
        losses.append(float(training.update(batch)))
        size = _norm(before)
        change = _norm([p - old for p, old in zip(weights, before, strict=True)])
        moved.append(change / size if size > 0 and math.isfinite(change) else 0.0)
    with torch.no_grad():
        training.network.train()
        losses.append(float(training.loss(batch).mean()))
    return tuple(losses), tuple(moved)


def _steps(
    training: Training, gradients: Sequence[torch.Tensor], n_steps: int, settings: dict[str, float]
) -> dict[str, Any]:
    """Make steps with one and the same gradient, set by hand as a backward pass would add it."""
    optimizer, held, norm = training.optimizer, _held(training), _norm(gradients)
    for group in optimizer.param_groups:
        group.update(settings)
    left, rates = list[float](), list[float]()
    found: dict[str, Any] = {"free": 0.0}
    until = time.process_time() + MAX_SECONDS
    while len(rates) < n_steps and time.process_time() < until:
        optimizer.zero_grad(set_to_none=True)
        left.append(_norm([p.grad for p in held if p.grad is not None]) / norm)
        for p, gradient in zip(held, gradients, strict=True):
            p.grad = gradient.clone() if p.grad is None else p.grad + gradient
        rates.append(max(float(group["lr"]) for group in optimizer.param_groups))
        # The first step that moves anything has its size and its direction kept.
        before = None if found["free"] else [p.detach().clone() for p in held]
        optimizer.step()
        if before is not None:
            found = _compared(before, held)
    base = max(float(group.get("initial_lr", 0.0)) for group in optimizer.param_groups)
    return {**found, "left": tuple(left), "rates": tuple(rates), "base": base}


@torch.no_grad()
def _compared(before: Sequence[torch.Tensor], held: Sequence[nn.Parameter]) -> dict[str, Any]:
    """Return the size and the direction of a step, and whether it dropped the gradient."""
    change = [p - old for p, old in zip(held, before, strict=True)]
    moved, weights = _norm(change), _norm(before) or 1.0
    along = sum(float((c * old).sum()) for c, old in zip(change, before, strict=True))
    return {
        "weights": weights,
        "n_elements": sum(p.numel() for p in held),
        "free": moved / weights,
        "decay": -along / (moved * weights) if moved else 0.0,
        "is_reset": not any(p.grad is not None and bool(p.grad.any()) for p in held),
    }
