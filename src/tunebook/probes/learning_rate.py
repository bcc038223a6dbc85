"""Which rates train: a sweep of whole curves (S1.9), and the threshold where cost rises (S0.31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.diagnosis.learning_rate import (
    SWEEP,
    Course,
    SweepChoice,
    SweepRun,
    choose_rate,
    course_of,
    next_probe,
    threshold,
)
from tunebook.probes.fixed_rate import OnProgress, costs_of, losses_of, training_at
from tunebook.probes.looking import first_batch
from tunebook.training.task import Task

N_UPDATES, N_EPOCHS, N_SAMPLE, MAX_EXTENSIONS = 300, 3, 256, 2


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
    on_progress: OnProgress | None = None,
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
            if on_progress is not None:
                on_progress(len(runs), max(len(rates), len(runs)))
        choice = choose_rate(tuple(runs.values()))
        wanted = [lr for lr in choice.extension if lr not in runs]
        if not wanted or extension == max_extensions:
            break
    ordered = tuple(sorted(runs.values(), key=lambda run: run.lr))
    return SweepFigures(ordered, choice)


@dataclass(frozen=True, slots=True)
class ThresholdFigures:
    """The costs by rate with what they did; ``threshold`` is None where no rate trains (S0.31)."""

    costs: Mapping[float, Sequence[float]]
    courses: Mapping[float, Course]
    threshold: float | None

    @property
    def usual_rate(self) -> float | None:
        """Half of the threshold, the rate to use by default (S0.31)."""
        return None if self.threshold is None else self.threshold / 2


def rate_threshold(
    task: Task,
    config: Mapping[str, Any],
    *,
    n_updates: int | None = None,
    n_sample: int = N_SAMPLE,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> ThresholdFigures:
    """Probe rates by orders of magnitude, then by single digits, until the cost rises (S0.31).

    The cost is that of one fixed sample of the training set after every update: batches differ by
    more than the rule allows. By default a probe has 3 epochs or 300 updates, whichever is less.
    """
    sample = first_batch(task, n_sample)
    costs: dict[float, list[float]] = {}
    courses: dict[float, Course] = {}
    lr = next_probe(courses)
    while lr is not None:
        training = training_at(task, config, lr, n_updates=N_UPDATES, seed=seed)
        n = n_updates or min(N_UPDATES, N_EPOCHS * training.batches.per_epoch)
        costs[lr] = costs_of(training, sample, n)
        courses[lr] = course_of(costs[lr])
        if on_progress is not None:
            on_progress(len(courses), len(courses) + 1)
        lr = next_probe(courses)
    return ThresholdFigures(costs, courses, threshold(courses))
