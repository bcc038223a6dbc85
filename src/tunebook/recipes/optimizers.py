"""Optimizers by name, from PyTorch. All of their hyperparameters are set, none is left to chance.

PyTorch's Adam adds epsilon to the corrected root, outside of it; the paper behind S4.4 adds it
before the correction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn, optim

from tunebook.recipes.settings import TrainingSettings


def make_optimizer(
    parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]], settings: TrainingSettings
) -> optim.Optimizer:
    """Return the optimizer that the settings name (S4.3). Frozen parameters are left out.

    ``sgd`` has no momentum; ``momentum`` and ``nesterov`` are its two forms with one. ``adamw`` and
    ``nadamw`` decay the weights apart from the gradient.
    """
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
    return nn.utils.get_total_norm(grads) if grads else torch.zeros(())
