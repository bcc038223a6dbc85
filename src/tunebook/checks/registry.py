"""All checks, in the order in which they are asked."""

from __future__ import annotations

from tunebook.checks import (
    best_curves,
    boundary,
    dataset_quality,
    first_trial,
    infeasible,
    search_extent,
    single_batch,
    weakness,
)
from tunebook.checks.check import Check

CHECKS: tuple[Check, ...] = (
    dataset_quality.CHECK,
    single_batch.CHECK,
    first_trial.CHECK,
    weakness.CHECK,
    infeasible.CHECK,
    boundary.CHECK,
    best_curves.CHECK,
    search_extent.CHECK,
)
