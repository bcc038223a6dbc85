"""What chance alone does to a value: how far trials of one configuration lie apart (S4.45)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import variance

from tunebook.analysis.ranking import error, feasible
from tunebook.records import Objective, Trial


def deviation_of_repeats(trials: Sequence[Trial], objective: Objective) -> float | None:
    """Return the deviation of trials of equal configurations, pooled over configurations.

    Only trials trained anew to the same step are repeats. None if nothing was trained twice.
    """
    groups: dict[tuple[object, ...], list[float]] = {}
    for trial in feasible(trials):
        if trial.parent is None:
            key = (trial.step, *sorted(trial.config.items()))
            groups.setdefault(key, []).append(error(trial, objective))
    repeated = [group for group in groups.values() if len(group) > 1]
    n_free = sum(len(group) - 1 for group in repeated)
    if n_free == 0:
        return None
    return math.sqrt(sum(variance(group) * (len(group) - 1) for group in repeated) / n_free)
