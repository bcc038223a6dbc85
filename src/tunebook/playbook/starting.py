"""How to start: default values, first batch size, what is switched off."""

from __future__ import annotations

from collections.abc import Mapping

FIRST_BATCH, IMBALANCED_BATCH, SMALL_DATA_BATCH = 64, 128, 32
_IMBALANCE, _FEW = 3.0, 5_000
GENERALIZATION = frozenset(
    ("weight_decay", "dropout", "augmentation", "mixup", "label_smoothing", "l1", "l2")
)
"""What is off in the first stages, because it bends the curves (S1.6)."""

RETURNS_AT = 6
"""The stage at which regularization comes back."""


def first_batch_size(imbalance: float, n_training: int, n_parameters: int) -> tuple[int, str]:
    """Return 64; 128 for imbalance of 3 and more; 32 for few data and a larger network (S1.7).

    ``imbalance`` is the largest class over the smallest. The choice by throughput replaces it. The
    reason comes with it.
    """
    is_imbalanced = imbalance >= _IMBALANCE
    is_few = n_training < _FEW and n_parameters > n_training
    if is_imbalanced and is_few:
        return FIRST_BATCH, "classes are imbalanced, but data are few: the usual 64"
    if is_imbalanced:
        return IMBALANCED_BATCH, f"classes are imbalanced, {imbalance:.1f} to 1"
    if is_few:
        return SMALL_DATA_BATCH, f"{n_training} examples for {n_parameters} parameters"
    return FIRST_BATCH, "the usual first size"


def default_values(*, optimizer: str = "adam", batch_size: int = 64) -> dict[str, object]:
    """Return the first settings (S2.4, C7, C15): SGD at 0.1 * batch / 256, others 3e-4."""
    is_adam = "adam" in optimizer
    values = {
        "optimizer": optimizer,
        "lr": 3e-4 if is_adam else 0.1 * batch_size / 256,
        "weight_decay": 0.0,
        "schedule": "constant",
    }
    return values if is_adam else {**values, "momentum": 0.9}


def switched_off(values: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """Return the values with generalization off, and the banner that names it (S1.6, C7)."""
    off = [name for name in values if name in GENERALIZATION]
    zeros = {name: False if isinstance(values[name], bool) else 0.0 for name in off}
    banner = f"Off until stage {RETURNS_AT}: {', '.join(off)}." if off else ""
    return {**values, **zeros}, banner
