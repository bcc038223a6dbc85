"""All checks, in the order in which they are asked."""

from __future__ import annotations

from tunebook.checks import augmentation, loss, modes, network, parts, sequence, single_batch
from tunebook.checks.check import Check

CHECKS: tuple[Check, ...] = (
    parts.CHECK,
    loss.CHECK,
    network.CHECK,
    modes.CHECK,
    sequence.CHECK,
    augmentation.CHECK,
    single_batch.CHECK,
)
