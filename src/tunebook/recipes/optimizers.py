"""Optimizers of PyTorch. Its Adam adds epsilon after the correction, the paper of S4.4 before."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn, optim

from tunebook.recipes.settings import TrainingSettings


def make_optimizer(
    parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]], settings: TrainingSettings
) -> optim.Optimizer:
    """Return the optimizer that the settings name (S4.3); frozen parameters are left out."""
    s = settings
    trained: list[Any] = [
        p for p in parameters if not isinstance(p, nn.Parameter) or p.requires_grad
    ]
    usual: dict[str, Any] = {"lr": s.lr, "weight_decay": s.weight_decay}
    adaptive = {**usual, "betas": (s.beta1, s.beta2), "eps": s.epsilon}
    match s.optimizer:
        case "sgd":
            return optim.SGD(trained, **usual)
        case "momentum" | "nesterov":
            is_nesterov = s.optimizer == "nesterov" and s.momentum > 0
            return optim.SGD(trained, **usual, momentum=s.momentum, nesterov=is_nesterov)
        case "rmsprop":
            return optim.RMSprop(
                trained, **usual, alpha=s.beta2, eps=s.epsilon, momentum=s.momentum
            )
        case "adam":
            return optim.Adam(trained, **adaptive)
        case "adamw":
            return optim.AdamW(trained, **adaptive)
        case _:
            is_apart = s.optimizer == "nadamw"
            return optim.NAdam(trained, **adaptive, decoupled_weight_decay=is_apart)


def set_rate(optimizer: optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all groups; a group's ``lr_factor`` multiplies it (S3.5)."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("lr_factor", 1.0)


def gradient_norm(parameters: Iterable[torch.Tensor]) -> torch.Tensor:
    """Return the global norm of the gradients (S4.46, S4.49)."""
    grads = [p.grad for p in parameters if p.grad is not None]
    grads = [g.coalesce().values() if g.is_sparse else g for g in grads]
    return nn.utils.get_total_norm(grads) if grads else torch.zeros(())


@torch.no_grad()
def update_ratio(before: Sequence[torch.Tensor], after: Sequence[torch.Tensor]) -> float:
    """Return the median over tensors of an update's norm beside that of the tensor (S1.12)."""
    sizes = torch.stack([tensor.norm() for tensor in before])
    moved = torch.stack([(new - old).norm() for old, new in zip(before, after, strict=True)])
    # A tensor of zeros has no ratio.
    ratios = (moved / sizes)[sizes > 0]
    return float(ratios.quantile(0.5)) if len(ratios) else math.nan
