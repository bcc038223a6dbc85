"""Looks inside a network and its data, one file each; ``LOOKS`` has them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tunebook.checks.looks import first_batch, inputs, leak, likeness, splits
from tunebook.checks.looks.bench import Bench

LOOKS: Mapping[str, Callable[[Bench], Any]] = {
    "first-batch": first_batch.look,
    "splits": splits.look,
    "likeness": likeness.look,
    "inputs": inputs.look,
    "leaks": leak.look,
}
