"""Steps of the optimizer: the first ones on a batch, then many with one and the same gradient."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from tunebook.checks.looks.attempts import attempt
from tunebook.checks.looks.bench import BATCH, Bench, has_own_rate, with_rate
from tunebook.checks.optimizer_steps import StepFigures
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.training.task import Split

N_REAL, N_SAME, N_OWN, MAX_SECONDS = 3, 8, 400, 0.8
"""Updates on a batch, steps with one gradient, and as many with an optimizer of the task's own,
which may have a schedule inside; those end early where they take long."""

_PART = "A step of the optimizer"


def look(bench: Bench) -> StepFigures:
    """Return what steps of the optimizer do."""
    seen, batch = bench.see(), bench.sample(Split.TRAIN, BATCH)
    training = seen.training
    trained = [p for p in training.network.parameters() if p.requires_grad]
    held = _held(training, trained)
    is_own, has_rate = bench.task.optimizer is not None, has_own_rate(bench.task, bench.config)
    gradients = _gradients(seen.loss, held)
    if gradients is None:
        return StepFigures(len(trained), len(held), is_own, has_rate)
    norm, weights = _norm(gradients), _norm(held) or 1.0
    clip = training.settings.clip_norm
    share = 1.0 if clip is None else min(1.0, clip / norm)
    losses, moved = attempt(_PART, _real, _fresh(bench), batch)
    n_steps = N_OWN if is_own else N_SAME
    same = attempt(_PART, _Same, _fresh(bench), gradients, n_steps)
    clipped = same.free if share == 1.0 else attempt(
        _PART, _Same, _fresh(bench), [share * g for g in gradients], N_SAME
    ).free  # fmt: skip
    plain = attempt(_PART, _Same, _fresh(bench), gradients, 1, is_decaying=False)
    return StepFigures(
        len(trained), len(held), is_own, has_rate, norm, weights, losses, moved,
        left=tuple(same.left),
        rates=tuple(same.rates),
        base=same.base,
        clipped=clipped,
        free=same.free,
        acts_each=same.acts_each,
        n_elements=sum(p.numel() for p in held),
        decay=(same.to_zero, plain.to_zero),
        is_reset=same.is_reset,
    )  # fmt: skip


def _fresh(bench: Bench) -> Training:
    return bench.fresh(**with_rate(bench.task, bench.config))


def _held(training: Training, trained: Sequence[nn.Parameter]) -> list[nn.Parameter]:
    """Return the trained tensors of a network that its optimizer has."""
    known = {id(p) for group in training.optimizer.param_groups for p in group["params"]}
    return [p for p in trained if id(p) in known]


def _gradients(loss: torch.Tensor, held: Sequence[nn.Parameter]) -> list[torch.Tensor] | None:
    """Return the gradient of a loss; None if there is none, or it is zero or not finite."""
    if not held or not loss.requires_grad or loss.numel() != 1:
        return None
    made = torch.autograd.grad(loss, held, allow_unused=True)
    found = [torch.zeros_like(p) if g is None else g for p, g in zip(held, made, strict=True)]
    return found if 0 < _norm(found) < math.inf else None


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


class _Same:
    """Steps with one and the same gradient, set by hand as a backward pass would add it."""

    def __init__(
        self,
        training: Training,
        gradients: Sequence[torch.Tensor],
        n_steps: int,
        *,
        is_decaying: bool = True,
    ) -> None:
        trained = [p for p in training.network.parameters() if p.requires_grad]
        self.held, self.gradients, self.norm = _held(training, trained), gradients, _norm(gradients)
        self.left, self.rates = list[float](), list[float]()
        self.free = self.to_zero = 0.0
        self.acts_each, self.is_reset = 1, False
        groups = training.optimizer.param_groups
        self.base = max(float(g.get("initial_lr", 0.0)) for g in groups)
        if not is_decaying:
            for group in groups:
                group["weight_decay"] = 0.0
        until = time.process_time() + MAX_SECONDS
        for step in range(n_steps):
            self._step(training.optimizer, step)
            if time.process_time() > until:
                break

    def _step(self, optimizer: Any, step: int) -> None:
        optimizer.zero_grad(set_to_none=True)
        rest = [p.grad for p in self.held if p.grad is not None]
        self.left.append(_norm(rest) / self.norm)
        for p, gradient in zip(self.held, self.gradients, strict=True):
            p.grad = gradient.clone() if p.grad is None else p.grad + gradient
        self.rates.append(max(float(group["lr"]) for group in optimizer.param_groups))
        is_waiting = self.free == 0.0
        before = [p.detach().clone() for p in self.held] if is_waiting else []
        optimizer.step()
        if is_waiting:
            self._compare(before, step)

    @torch.no_grad()
    def _compare(self, before: Sequence[torch.Tensor], step: int) -> None:
        """Keep the size and the direction of the first step that moves anything."""
        change = [p - old for p, old in zip(self.held, before, strict=True)]
        moved, weights = _norm(change), _norm(before)
        self.is_reset = not any(p.grad is not None and bool(p.grad.any()) for p in self.held)
        if moved > 0:
            self.free, self.acts_each = moved / (weights or 1.0), step + 1
            along = sum(float((c * old).sum()) for c, old in zip(change, before, strict=True))
            self.to_zero = -along / (moved * (weights or 1.0))
