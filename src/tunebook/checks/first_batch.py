"""What one batch shows before any training, as several checks read it (S2.7, S2.8)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.checks.experiments import Look
from tunebook.checks.shape import TaskShape
from tunebook.records import Configuration


@dataclass(frozen=True, slots=True)
class FirstBatch:
    """Facts of the first batch. What could not be measured is None.

    ``floor`` is what the best outputs cost, ``error_floor`` the share of elements that even they
    get wrong: of equal beginnings of a text not all go on alike. ``label_entropy`` is in nats.
    ``n_without_gradient`` counts trainable tensors. ``has_own_rate``: the user chose the learning
    rate, so that a bad one is a mistake. ``has_own_optimizer``: the task makes its optimizer, which
    need not heed the learning rate, the schedule and the warm-up of a configuration.
    ``loss_varies``: the same outputs and targets do not cost the same twice.
    """

    shape: TaskShape
    has_own_rate: bool
    floor: float = 0.0
    error_floor: float = 0.0
    label_entropy: float | None = None
    n_without_gradient: int | None = None
    inputs_are_equal: bool | None = None
    labels_conflict: bool | None = None
    loss_varies: bool = False
    outputs_are_probabilities: bool = False
    n_train: int = 0
    updates_per_epoch: int = 1
    has_own_optimizer: bool = False
    has_dropout: bool = False
    has_augmentation: bool = False


def first_batch(config: Configuration) -> Look:
    """Return the look that gives a ``FirstBatch``."""
    return Look("first-batch", config)
