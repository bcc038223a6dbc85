"""All checks, in the order in which they are asked."""

from __future__ import annotations

from tunebook.checks import (
    convergence,
    held_back,
    learning_rate,
    optimizer_steps,
    single_batch,
    stability,
    throughput,
    update_size,
)
from tunebook.checks.check import Check

CHECKS: tuple[Check, ...] = (
    optimizer_steps.CHECK,
    single_batch.CHECK,
    *held_back.CHECKS,
    throughput.CHECK,
    learning_rate.CHECK,
    update_size.CHECK,
    stability.CHECK,
    convergence.CHECK,
)
