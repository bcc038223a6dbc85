"""How much a result moves with the seed alone: one configuration, trained several times (S4.28)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from tunebook.playbook.adoption import N_SEEDS
from tunebook.probes.fixed_rate import OnProgress, losses_of
from tunebook.recipes.loop import Training
from tunebook.records import Direction
from tunebook.training.task import Split, Task


@dataclass(frozen=True, slots=True)
class SeedFigures:
    """The metric of the validation set by seed, at the end of training."""

    metric: str
    direction: Direction
    values: Mapping[int, float]

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return fmean(self.values.values())

    @property
    def deviation(self) -> float:
        """Standard deviation between seeds, 0 for a single one."""
        return stdev(self.values.values()) if len(self.values) > 1 else 0.0

    @property
    def errors(self) -> Sequence[float]:
        """The values as errors, lower being better: what an adoption compares (S4.28)."""
        sign = -1.0 if self.direction is Direction.MAXIMIZE else 1.0
        return [sign * value for value in self.values.values()]


def seed_noise(
    task: Task,
    config: Mapping[str, Any],
    *,
    n_updates: int,
    n_seeds: int = N_SEEDS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> SeedFigures:
    """Train with the seeds after ``seed``, which is left out: it may be the one that won (S4.28).

    Seeds change initial weights, the order of the data and dropout; the split stays.
    """
    objective = task.objective
    values: dict[int, float] = {}
    for number in range(1, n_seeds + 1):
        training = Training(task, config, n_updates=n_updates, seed=seed + number)
        losses_of(training, n_updates)
        values[seed + number] = training.evaluate(Split.TRAIN_VAL)[objective.metric]
        if on_progress is not None:
            on_progress(number, n_seeds)
    return SeedFigures(objective.metric, objective.direction, values)
