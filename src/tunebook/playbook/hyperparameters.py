"""The registry of hyperparameters: kind, prior sensitivity, and where a default comes from.

The prior is relative to defaults and to the model. It orders what to search first, until a study
of 20 feasible trials has measured importance.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tunebook.space import Kind


class Sensitivity(StrEnum):
    """How much a hyperparameter is expected to matter."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Mark(StrEnum):
    """Where a default value comes from: every one shown bears its mark (I10)."""

    SOURCE = "default given by the source, untuned"
    RULE = "default by our rule, untuned"


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """What the playbook knows about a hyperparameter before any trial."""

    name: str
    kind: Kind
    sensitivity: Sensitivity


def _group(kind: Kind, sensitivity: Sensitivity, *names: str) -> list[Hyperparameter]:
    return [Hyperparameter(name, kind, sensitivity) for name in names]


_HIGH, _MEDIUM, _LOW = Sensitivity.HIGH, Sensitivity.MEDIUM, Sensitivity.LOW

REGISTRY: dict[str, Hyperparameter] = {
    h.name: h
    for h in (
        *_group(Kind.OPTIMIZATION, _HIGH, "lr", "schedule", "loss"),
        *_group(Kind.STRUCTURE, _HIGH, "width"),
        *_group(Kind.STRUCTURE, _MEDIUM, "depth", "initialization", "kernel_size"),
        *_group(Kind.REGULARIZATION, _MEDIUM, "weight_decay", "dropout", "label_smoothing"),
        *_group(Kind.DATA, _MEDIUM, "augmentation", "mixup", "resolution", "data_fraction"),
        *_group(Kind.OPTIMIZATION, _MEDIUM, "warmup", "max_steps", "clip_norm", "end_lr"),
        *_group(Kind.OPTIMIZATION, _LOW, "optimizer", "momentum", "beta1", "beta2", "epsilon"),
        *_group(Kind.OPTIMIZATION, _LOW, "batch_size"),
        *_group(Kind.STRUCTURE, _LOW, "activation", "normalization"),
    )
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
    for candidate in (last, last.split("_", 1)[-1]):
        found = REGISTRY.get(_ALIASES.get(candidate, candidate))
        if found is not None:
            return found
    return None
