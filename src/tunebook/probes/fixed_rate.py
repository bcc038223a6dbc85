"""Trainings at one constant learning rate: what sweeps and stability probes are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.training.task import Task

_PLAIN = {"weight_decay": 0.0, "label_smoothing": 0.0, "clip_norm": None, "polyak": None}


def at_rate(config: Mapping[str, Any], lr: float) -> dict[str, Any]:
    """Return the configuration with ``lr`` alone for its learning rate, held without warm-up."""
    kept = {name: value for name, value in config.items() if str(name).rsplit(".", 1)[-1] != "lr"}
    return {**kept, "lr": lr, "schedule": "constant", "warmup": 0.0}


def without_regularization(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with nothing that holds a fit back (S2.8)."""
    kept = {
        name: value for name, value in config.items() if str(name).rsplit(".", 1)[-1] not in _PLAIN
    }
    return {**kept, **_PLAIN}


def training_at(
    task: Task, config: Mapping[str, Any], lr: float, *, n_updates: int, seed: int = 0
) -> Training:
    """Return a fresh training at a constant rate, an optimizer of the task's own included."""
    training = Training(task, at_rate(config, lr), n_updates=n_updates, seed=seed)
    if task.optimizer is not None:
        hold_rate(training, lr)
    return training


def hold_rate(training: Training, lr: float) -> None:
    """Set the rate of the next updates; groups with rates of their own keep their proportions."""
    training.settings = replace(training.settings, lr=lr)
    if training.task.optimizer is None:
        return
    groups = training.optimizer.param_groups
    highest = max((float(group["lr"]) for group in groups), default=0.0)
    for group in groups:
        group["lr"] = lr * float(group["lr"]) / highest if highest else lr


def losses_of(
    training: Training, n_updates: int, *, on_update: Callable[[float], None] | None = None
) -> list[float]:
    """Return the loss of every update; a loss that is not finite ends them."""
    losses: list[float] = []
    for _ in range(n_updates):
        loss = float(training.update())
        losses.append(loss)
        if on_update is not None:
            on_update(loss)
        if not math.isfinite(loss):
            break
    return losses


def dropouts(network: nn.Module) -> list[Any]:
    """Return the layers of all kinds that drop units."""
    return [m for m in network.modules() if isinstance(m, nn.modules.dropout._DropoutNd)]  # noqa: SLF001  # the base of all of them


def unregularized(task: Task) -> Task:
    """Return the task without augmentation, and with the dropout of its network at 0 (S2.8)."""

    def network(config: Any) -> nn.Module:
        made: nn.Module = task.network(config)
        for module in dropouts(made):
            module.p = 0.0
        return made

    return replace(task, augment=None, network=network)


def costs_of(training: Training, sample: Batch, n_updates: int) -> list[float]:
    """Return the loss of a fixed sample before training and after every update.

    The loss of batches moves with which examples they have; this moves with the weights alone.
    """
    found = [loss_on(training, sample)]

    def add(_: float) -> None:
        found.append(loss_on(training, sample))

    losses_of(training, n_updates, on_update=add)
    return found


@torch.no_grad()
def loss_on(training: Training, batch: Batch) -> float:
    """Return the loss of a fixed batch as training sees it: with its own batch statistics."""
    training.network.train()
    return float(training.loss(batch))
