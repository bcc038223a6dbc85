"""How to start: simple architecture, default values, first batch size, the reduced problem."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tunebook.playbook.hyperparameters import Mark

FIRST_BATCH, IMBALANCED_BATCH, SMALL_DATA_BATCH = 64, 128, 32
_IMBALANCE, _FEW = 3.0, 5_000
REDUCED_EXAMPLES, REDUCED_CLASSES = 10_000, 2
TINY_EXAMPLES, TINY_VALIDATION, EVALUATE_EVERY = 1_000, 100, 1_000
MAX_TRAIN_VAL = 10_000
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


_ARCHITECTURES: dict[str, tuple[str, str]] = {
    "images": ("a LeNet-like network", "a ResNet"),
    "sequences": (
        "an LSTM with one hidden layer, or temporal convolutions",
        "attention, or a WaveNet-like network",
    ),
    "other": ("a fully connected network with one hidden layer", "depends on the problem"),
}


def architecture(inputs: Collection[str]) -> tuple[Advice, str]:
    """Return what to start with for kinds of input, and what may follow later (S2.3, S4.2)."""
    kinds = list(dict.fromkeys(k if k in _ARCHITECTURES else "other" for k in inputs)) or ["other"]
    if len(kinds) > 1:
        parts = "; ".join(f"{kind} by {_ARCHITECTURES[kind][0]}" for kind in kinds)
        plan = f"encode each to a small vector ({parts}), concatenate, then dense layers"
        return Advice(plan, "several kinds of input"), "a larger encoder for each"
    start, later = _ARCHITECTURES[kinds[0]]
    return Advice(start, f"the simple network for {kinds[0]}"), later


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


@dataclass(frozen=True, slots=True)
class ReducedProblem:
    """A smaller problem to get any learning at all, and what to undo when growing back (S0.30)."""

    n_examples: int
    n_classes: int
    n_validation: int
    weight_decay: float
    evaluate_every: int
    speed_up: float
    to_undo: tuple[str, ...]


def reduced_problem(
    n_examples: int, n_classes: int, weight_decay: float, *, is_tiny: bool = False
) -> ReducedProblem:
    """Return the reduced problem: 10 000 examples (S2.6), or the tiny one of two classes (S0.30).

    ``weight_decay`` is Nielsen's lambda, which is divided by the number of examples: it shrinks
    with them. Evaluate every 1000 training examples, not per epoch.
    """
    classes = min(n_classes, REDUCED_CLASSES) if is_tiny else n_classes
    most = TINY_EXAMPLES if is_tiny else REDUCED_EXAMPLES
    left = min(n_examples, most)
    undo = [f"{left} of {n_examples} examples"] if left < n_examples else []
    if classes < n_classes:
        undo.append(f"{classes} of {n_classes} classes")
    if weight_decay and left < n_examples:
        undo.append(f"lambda rescaled from {weight_decay:g}")
    validation = TINY_VALIDATION if is_tiny else math.ceil(left / 10)
    return ReducedProblem(
        left,
        classes,
        validation,
        rescaled_lambda(weight_decay, n_examples, left),
        EVALUATE_EVERY,
        n_examples / left,
        tuple(undo),
    )


def held_out_sizes(n_training: int, n_test_side: int = 0) -> tuple[int, int]:
    """Return the sizes of train-val and test-val (S2.11).

    A tenth of the training data, 10 000 at most; and half of what comes from the test's source: the
    other half is the locked test set.
    """
    return max(1, min(MAX_TRAIN_VAL, n_training // 10)), n_test_side // 2


def rescaled_lambda(lam: float, n_before: int, n_after: int) -> float:
    """Return the lambda that keeps lambda / n when the data shrink or grow (S0.30)."""
    return lam * n_after / n_before


def decay_of_lambda(lam: float, n_examples: int) -> float:
    """Return Nielsen's lambda as a coefficient of weight decay: lambda / n (S0.35)."""
    return lam / n_examples
