"""A single batch trained as configured: with regularization, and with augmentation (S2.8)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tunebook.diagnosis.held_back import HeldBack
from tunebook.probes.fixed_rate import dropouts, unregularized, without_regularization
from tunebook.probes.looking import first_batch, with_rate
from tunebook.recipes.loop import Training
from tunebook.recipes.settings import TrainingSettings
from tunebook.training.task import Task

N_STEPS, MIN_STEPS, MAX_SECONDS = 300, 60, 5.0


@dataclass(frozen=True, slots=True)
class ConfiguredFigures:
    """Losses on one batch: ``plain``, and with each of what may hold a fit back."""

    plain: tuple[float, ...] = ()
    configured: Mapping[HeldBack, Sequence[float]] = field(default_factory=dict)


def configured_batch(
    task: Task, config: Mapping[str, Any], *, seed: int = 0, n_steps: int = N_STEPS
) -> ConfiguredFigures:
    """Train on one batch without and with regularization and augmentation, where there is any.

    Regularization is dropout and weight decay; augmentation is drawn anew at every step.
    """
    settings = {**with_rate(task, config), "schedule": "constant", "warmup": 0.0, "accumulate": 1}
    found: dict[HeldBack, list[float]] = {}
    bare, kept = unregularized(task), without_regularization(settings)
    plain = replace(task, augment=None)
    network = Training(plain, settings, n_updates=1, seed=seed).network
    has_dropout = any(layer.p > 0 for layer in dropouts(network))
    if has_dropout or TrainingSettings.of(settings).weight_decay > 0:
        found[HeldBack.REGULARIZATION] = _fit(plain, settings, seed, n_steps)
    if task.augment is not None:
        augmented = replace(bare, augment=task.augment)
        found[HeldBack.AUGMENTATION] = _fit(augmented, kept, seed, n_steps)
    if not found:
        return ConfiguredFigures()
    return ConfiguredFigures(tuple(_fit(bare, kept, seed, n_steps)), found)


def _fit(task: Task, settings: Mapping[str, Any], seed: int, n_steps: int) -> list[float]:
    training = Training(task, settings, n_updates=n_steps, seed=seed)
    batch, until = first_batch(task), time.process_time() + MAX_SECONDS
    losses: list[float] = []
    while len(losses) < n_steps:
        losses.append(float(training.update(batch)))
        is_late = len(losses) >= MIN_STEPS and time.process_time() > until
        if is_late or not math.isfinite(losses[-1]):
            break
    return losses
