"""What a fit on one batch is without: dropout, augmentation, regularization (S2.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from tunebook.training.task import Task

_PLAIN = {"weight_decay": 0.0, "label_smoothing": 0.0, "clip_norm": None, "polyak": None}


def without_regularization(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with nothing that holds a fit back (S2.8)."""
    kept = {
        name: value for name, value in config.items() if str(name).rsplit(".", 1)[-1] not in _PLAIN
    }
    return {**kept, **_PLAIN}


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
