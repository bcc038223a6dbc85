"""All checks, in the order in which they are asked."""

from __future__ import annotations

from tunebook.checks import (
    conflicting_labels,
    data,
    inputs,
    leak,
    missing_values,
    overlap,
    repeats,
    single_batch,
    targets,
    validation_size,
)
from tunebook.checks.check import Check

CHECKS: tuple[Check, ...] = (
    data.CHECK,
    missing_values.CHECK,
    inputs.CHECK,
    targets.CHECK,
    leak.CHECK,
    overlap.CHECK,
    conflicting_labels.CHECK,
    repeats.CHECK,
    validation_size.CHECK,
    single_batch.CHECK,
)
