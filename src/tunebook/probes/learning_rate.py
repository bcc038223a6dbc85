"""Which rates train: a sweep of whole curves (S1.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.diagnosis.learning_rate import SWEEP, SweepChoice, SweepRun, choose_rate
from tunebook.probes.fixed_rate import losses_of, training_at
from tunebook.training.task import Task

N_UPDATES, MAX_EXTENSIONS = 300, 2


@dataclass(frozen=True, slots=True)
class SweepFigures:
    """The curves of a sweep, lowest rate first, and the choice among them."""

    runs: tuple[SweepRun, ...]
    choice: SweepChoice


def rate_sweep(
    task: Task,
    config: Mapping[str, Any],
    *,
    rates: Sequence[float] = SWEEP,
    n_updates: int = N_UPDATES,
    max_extensions: int = MAX_EXTENSIONS,
    seed: int = 0,
) -> SweepFigures:
    """Train at every rate, and beyond the end that won, as often as allowed (S1.9).

    All trainings begin with the same weights and see the same batches.
    """
    runs: dict[float, SweepRun] = {}
    wanted = list(rates)
    for extension in range(max_extensions + 1):
        for lr in wanted:
            training = training_at(task, config, lr, n_updates=n_updates, seed=seed)
            runs[lr] = SweepRun(lr, losses_of(training, n_updates))
        choice = choose_rate(tuple(runs.values()))
        wanted = [lr for lr in choice.extension if lr not in runs]
        if not wanted or extension == max_extensions:
            break
    ordered = tuple(sorted(runs.values(), key=lambda run: run.lr))
    return SweepFigures(ordered, choice)
