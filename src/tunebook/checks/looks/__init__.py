"""Looks inside a network and its data, one file each; ``LOOKS`` has them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tunebook.checks.looks import (
    augmentation,
    baselines,
    first_batch,
    leak,
    likeness,
    loss,
    metric,
    modes,
    network,
    optimizer_steps,
    parts,
    sequence,
    splits,
)
from tunebook.checks.looks.bench import Bench

LOOKS: Mapping[str, Callable[[Bench], Any]] = {
    "first-batch": first_batch.look,
    "optimizer-steps": optimizer_steps.look,
    "metric": metric.look,
    "baselines": baselines.look,
    "parts": parts.look,
    "loss": loss.look,
    "network": network.look,
    "modes": modes.look,
    "sequence": sequence.look,
    "augmentation": augmentation.look,
    "splits": splits.look,
    "likeness": likeness.look,
    "leaks": leak.look,
}
