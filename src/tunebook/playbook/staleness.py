"""What a change makes stale: a tuned value remembers what it was tuned under (5.3, I3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tunebook.playbook.hyperparameters import known


class Change(StrEnum):
    """What can be changed on a finished project."""

    DATA = "data version or split"
    MODEL = "model or preset"
    OPTIMIZER = "optimizer"
    BATCH_SIZE = "batch size"
    STEPS = "number of steps"
    REGULARIZERS = "augmentation or dropout on or off"
    RESOLUTION = "resolution"
    DATA_FRACTION = "data fraction raised"


@dataclass(frozen=True, slots=True)
class Staleness:
    """What is stale after a change, and the stages to go back to, in order."""

    stale: tuple[str, ...]
    stages: tuple[int, ...]
    is_schedule_only: bool = False


_MOMENTS = ("momentum", "beta1", "beta2")

MATRIX: dict[Change, Staleness] = {
    Change.DATA: Staleness(("*", "baselines"), (0, 5)),
    Change.MODEL: Staleness(
        ("batch_feasibility", "lr", "max_steps", "initialization", "weight_decay", "dropout"), (2,)
    ),
    Change.OPTIMIZER: Staleness(
        ("lr", *_MOMENTS, "weight_decay", "clip_norm", "max_steps", "batch_feasibility"), (3,)
    ),
    Change.BATCH_SIZE: Staleness(
        ("lr", *_MOMENTS, "weight_decay", "dropout", "max_steps", "normalization"), (4,)
    ),
    Change.STEPS: Staleness(("schedule", "lr", "weight_decay"), (4,), is_schedule_only=True),
    Change.REGULARIZERS: Staleness(("max_steps", "weight_decay"), (4, 6)),
    Change.RESOLUTION: Staleness(("batch_feasibility", "lr", "max_steps", "anchors"), (3,)),
    Change.DATA_FRACTION: Staleness(("max_steps", "weight_decay", "dropout", "ranking"), (5,)),
}
"""The matrix of 5.3 (S0.37, S4.9, I3). A star stands for everything that was measured."""


def stale_values(changes: Sequence[Change], tuned: Sequence[str]) -> dict[str, list[Change]]:
    """Return which tuned values are stale, and by which changes; the others keep their badge."""
    found: dict[str, list[Change]] = {}
    for name in tuned:
        plain = h.name if (h := known(name)) is not None else name
        why = [c for c in changes if plain in MATRIX[c].stale or "*" in MATRIX[c].stale]
        if why:
            found[name] = why
    return found


def stage_to_return_to(changes: Sequence[Change]) -> int | None:
    """Return the earliest stage to go back to, None without a change."""
    return min((MATRIX[c].stages[0] for c in changes), default=None)


def question_before_search(changes: Sequence[Change], searched_over: Sequence[str]) -> str | None:
    """Return what to ask before a search that holds stale values fixed, None if none is (I3)."""
    stale = stale_values(changes, searched_over)
    if not stale:
        return None
    named = ", ".join(f"{name} ({why[0]} changed)" for name, why in stale.items())
    return f"Stale: {named}. Search all the same?"


def changed_conditions(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Return what differs between the conditions of a result and those of its reuse (S0.26).

    Conditions are network, data version, fraction, steps, batch size, optimizer.
    """
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
