"""What a change makes stale: a tuned value remembers what it was tuned under (5.3, I3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


_STALE = {
    Change.DATA: "* baselines",
    Change.MODEL: "batch_feasibility lr max_steps initialization weight_decay dropout",
    Change.OPTIMIZER: (
        "lr momentum beta1 beta2 weight_decay clip_norm max_steps batch_feasibility"
    ),
    Change.BATCH_SIZE: ("lr momentum beta1 beta2 weight_decay dropout max_steps normalization"),
    Change.STEPS: "schedule lr weight_decay",
    Change.REGULARIZERS: "max_steps weight_decay",
    Change.RESOLUTION: "batch_feasibility lr max_steps anchors",
    Change.DATA_FRACTION: "max_steps weight_decay dropout ranking",
}
STALE_AFTER = {change: tuple(names.split()) for change, names in _STALE.items()}
"""What is stale after a change (S0.37, S4.9, I3). A star is everything that was measured."""


def stale_values(changes: Sequence[Change], tuned: Sequence[str]) -> dict[str, list[Change]]:
    """Return which tuned values are stale, and by which changes; the others keep their badge."""
    found: dict[str, list[Change]] = {}
    for name in tuned:
        plain = h.name if (h := known(name)) is not None else name
        why = [c for c in changes if plain in STALE_AFTER[c] or "*" in STALE_AFTER[c]]
        if why:
            found[name] = why
    return found


def question_before_search(changes: Sequence[Change], searched_over: Sequence[str]) -> str | None:
    """Return what to ask before a search that holds stale values fixed, None if none is (I3)."""
    stale = stale_values(changes, searched_over)
    if not stale:
        return None
    named = ", ".join(f"{name} ({why[0]} changed)" for name, why in stale.items())
    return f"Stale: {named}. Search all the same?"


def changed_conditions(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Return in what network, data, fraction, steps, batch or optimizer results differ (S0.26)."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def refusal_to_reuse(found: Mapping[str, object], now: Mapping[str, object]) -> str | None:
    """Return why earlier values are not offered: another network or weights (S0.7); or None."""
    other = [k for k in ("network", "pretrained") if found.get(k) != now.get(k)]
    return f"found for another {' and '.join(other)}" if other else None
