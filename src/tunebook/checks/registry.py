"""All checks, in the order in which they are asked."""

from __future__ import annotations

from tunebook.checks import (
    best_curves,
    boundary,
    convergence,
    dataset_quality,
    first_trial,
    held_back,
    infeasible,
    learning,
    learning_rate,
    metric,
    optimizer_steps,
    search_extent,
    single_batch,
    stability,
    throughput,
    update_size,
    weakness,
)
from tunebook.checks.check import Check

CHECKS: tuple[Check, ...] = (
    dataset_quality.CHECK,
    optimizer_steps.CHECK,
    single_batch.CHECK,
    *held_back.CHECKS,
    metric.CHECK,
    learning.CHECK,
    throughput.CHECK,
    learning_rate.CHECK,
    update_size.CHECK,
    stability.CHECK,
    convergence.CHECK,
    first_trial.CHECK,
    weakness.CHECK,
    infeasible.CHECK,
    boundary.CHECK,
    best_curves.CHECK,
    search_extent.CHECK,
)
