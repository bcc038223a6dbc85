"""How to start: default values, first batch size, what is switched off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tunebook.playbook.hyperparameters import Mark

FIRST_BATCH, IMBALANCED_BATCH, SMALL_DATA_BATCH = 64, 128, 32
_IMBALANCE, _FEW = 3.0, 5_000
GENERALIZATION = (
    *("weight_decay", "dropout", "augmentation", "mixup", "label_smoothing"),
    *("l1", "l2"),
)
"""What is off in the first stages, because it bends the curves (S1.6)."""

RETURNS_AT = 6
"""The stage at which regularization comes back."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A value and why."""

    value: object
    reason: str


def first_batch_size(imbalance: float, n_training: int, n_parameters: int) -> Advice:
    """Return 64; 128 for imbalance of 3 and more; 32 for few data and a larger network (S1.7).

    ``imbalance`` is the largest class over the smallest. The choice by throughput replaces it.
    """
    is_imbalanced = imbalance >= _IMBALANCE
    is_few = n_training < _FEW and n_parameters > n_training
    if is_imbalanced and is_few:
        return Advice(FIRST_BATCH, "classes are imbalanced, but data are few: the usual 64")
    if is_imbalanced:
        return Advice(IMBALANCED_BATCH, f"classes are imbalanced, {imbalance:.1f} to 1")
    if is_few:
        return Advice(SMALL_DATA_BATCH, f"{n_training} examples for {n_parameters} parameters")
    return Advice(FIRST_BATCH, "the usual first size")


def initialization(activation: str) -> Advice:
    """Return He for ReLU and its kin, Glorot otherwise (S1.8)."""
    if "relu" in activation.lower() or activation.lower() in {"gelu", "silu", "elu"}:
        return Advice("he", "He normal, variance 2/fan_in: the activation halves the signal")
    return Advice("glorot", "Glorot normal, variance 2/(fan_in + fan_out): symmetric activations")


def default_values(
    inputs: str, *, optimizer: str = "adam", batch_size: int = 64
) -> Mapping[str, tuple[object, Mark]]:
    """Return the values of the first run, each with its mark (S2.4, C7, C15, C17).

    SGD starts at 0.1 * batch / 256, which is common practice.
    """
    activation = "tanh" if inputs == "sequences" else "relu"
    is_adam = "adam" in optimizer
    lr, mark = (3e-4, Mark.SOURCE) if is_adam else (0.1 * batch_size / 256, Mark.RULE)
    values: dict[str, tuple[object, Mark]] = {
        "optimizer": (optimizer, Mark.SOURCE),
        "lr": (lr, mark),
        "activation": (activation, Mark.SOURCE),
        "initialization": (initialization(activation).value, Mark.SOURCE),
        "normalization": ("none", Mark.SOURCE),
        "weight_decay": (0.0, Mark.SOURCE),
        "dropout": (0.0, Mark.SOURCE),
        "augmentation": (False, Mark.RULE),
        "schedule": ("constant", Mark.SOURCE),
    }
    if not is_adam:
        values["momentum"] = (0.9, Mark.SOURCE)
    return values


def switched_off(values: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """Return the values with generalization off, and the banner that names it (S1.6, C7)."""
    off = [name for name in values if name in GENERALIZATION]
    changed = {
        name: (False if isinstance(value, bool) else 0.0) if name in off else value
        for name, value in values.items()
    }
    banner = f"Off until stage {RETURNS_AT}: {', '.join(off)}." if off else ""
    return changed, banner
