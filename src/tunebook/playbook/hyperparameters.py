"""The registry of hyperparameters: kind, and sensitivity until 20 feasible trials tell it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tunebook.space import Kind


class Sensitivity(StrEnum):
    """How much a hyperparameter is expected to matter."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """What the playbook knows about a hyperparameter before any trial."""

    name: str
    kind: Kind
    sensitivity: Sensitivity


_NAMES = {
    (Kind.OPTIMIZATION, Sensitivity.HIGH): "lr schedule loss",
    (Kind.STRUCTURE, Sensitivity.HIGH): "width",
    (Kind.STRUCTURE, Sensitivity.MEDIUM): "depth initialization kernel_size",
    (Kind.REGULARIZATION, Sensitivity.MEDIUM): "weight_decay dropout label_smoothing",
    (Kind.DATA, Sensitivity.MEDIUM): "augmentation mixup resolution data_fraction",
    (Kind.OPTIMIZATION, Sensitivity.MEDIUM): "warmup max_steps clip_norm end_lr",
    (Kind.OPTIMIZATION, Sensitivity.LOW): "optimizer momentum beta1 beta2 epsilon batch_size",
    (Kind.STRUCTURE, Sensitivity.LOW): "activation normalization",
}

REGISTRY = {
    name: Hyperparameter(name, kind, sensitivity)
    for (kind, sensitivity), names in _NAMES.items()
    for name in names.split()
}
"""Every hyperparameter of the presets (S0.28) with the prior of S2.17."""

_ALIASES = {
    "learning_rate": "lr",
    "wd": "weight_decay",
    "hidden": "width",
    "units": "width",
    "layers": "depth",
    "n_layers": "depth",
    "augment": "augmentation",
    "image_size": "resolution",
    "steps": "max_steps",
    "eps": "epsilon",
    "norm": "normalization",
    "batch": "batch_size",
}


def known(name: str) -> Hyperparameter | None:
    """Return what is known of a name, also as ``adam.lr`` or ``adam_lr``; None if nothing is."""
    last = name.rsplit(".", 1)[-1]
    names = (_ALIASES.get(n, n) for n in (last, last.split("_", 1)[-1]))
    return next((REGISTRY[n] for n in names if n in REGISTRY), None)
