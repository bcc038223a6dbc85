"""What a batch size costs: updates to a target (S4.7), and accuracy by elapsed time (S0.36)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.diagnosis.batch_size import AccuracyRun
from tunebook.probes.fixed_rate import OnProgress, loss_on, losses_of, training_at
from tunebook.probes.looking import first_batch
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.recipes.settings import TrainingSettings
from tunebook.training.task import Split, Task

SIZES = (16, 32, 64, 128, 256)
N_RATES, RATES = 8, (1e-4, 1.0)
"""So many rates are tried at each size, spread over this range (S4.7)."""

N_UPDATES, N_SAMPLE, INTERVAL, PART, BEYOND = 1000, 512, 5, 4, 2.0
N_SEEDS, SECONDS, N_MEASURED = 3, 10.0, 20


@dataclass(frozen=True, slots=True)
class TargetFigures:
    """Updates to the target by batch size, None where no rate reached it, and the rate that did.

    ``target`` is a loss of a fixed sample of the training set.
    """

    target: float
    steps: Mapping[int, int | None]
    rates: Mapping[int, float | None]

    @property
    def reached(self) -> dict[int, int]:
        """The sizes that reached the target, with their updates."""
        return {size: n for size, n in self.steps.items() if n is not None}


def steps_by_batch_size(
    task: Task,
    config: Mapping[str, Any],
    *,
    sizes: Sequence[int] = SIZES,
    target: float | None = None,
    n_updates: int = N_UPDATES,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> TargetFigures:
    """Tune the rate at every size, and count the updates to one target (S4.7).

    Without a ``target`` it is what the smallest size reaches in a quarter of ``n_updates``. A size
    is trained no longer than its best rate so far needed.
    """
    sample, rates, ordered = first_batch(task, N_SAMPLE), spread_rates(N_RATES), sorted(sizes)

    def trained(size: int, lr: float) -> Training:
        sized = {**config, "batch_size": size, "accumulate": 1}
        return training_at(task, sized, lr, n_updates=n_updates, seed=seed)

    if target is None:
        ends = [_reached(trained(ordered[0], lr), sample, n_updates) for lr in rates]
        target = min(filter(math.isfinite, ends), default=math.inf)
    steps: dict[int, int | None] = {}
    chosen: dict[int, float | None] = {}
    for number, size in enumerate(ordered, start=1):
        most, steps[size], chosen[size] = n_updates, None, None
        wanted, highest = list(rates), max(rates)
        while wanted:
            lr = wanted.pop(0)
            needed = _steps_to(trained(size, lr), sample, target, most)
            if needed is not None:
                steps[size], chosen[size], most = needed, lr, needed - 1
            # A best rate at the end of the range is none: go on as long as it gets better.
            if not wanted and chosen[size] == highest:
                highest *= BEYOND
                wanted.append(highest)
        if on_progress is not None:
            on_progress(number, len(ordered))
    return TargetFigures(target, steps, chosen)


def spread_rates(n: int, low: float = RATES[0], high: float = RATES[1]) -> list[float]:
    """Return ``n`` rates spread evenly by orders of magnitude, likely ones first."""
    span = math.log(high / low)
    found = [low * math.exp(span * (k + 0.5) / n) for k in range(n)]
    middle = math.sqrt(low * high)
    return sorted(found, key=lambda lr: abs(math.log(lr / middle)))


def _reached(training: Training, sample: Batch, n_updates: int) -> float:
    """Return the loss of the sample after a part of all updates, infinite if it diverged."""
    losses = losses_of(training, max(1, n_updates // PART))
    return loss_on(training, sample) if math.isfinite(losses[-1]) else math.inf


def _steps_to(training: Training, sample: Batch, target: float, most: int) -> int | None:
    """Return the updates until the sample's loss is at the target, None if ``most`` are too few."""
    done = 0
    while done < most:
        losses = losses_of(training, min(INTERVAL, most - done))
        done += len(losses)
        if not math.isfinite(losses[-1]):
            return None
        if loss_on(training, sample) <= target:
            return done
    return None


def accuracy_by_time(
    task: Task,
    config: Mapping[str, Any],
    *,
    sizes: Sequence[int] = SIZES,
    seconds: float = SECONDS,
    n_seeds: int = N_SEEDS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> list[AccuracyRun]:
    """Train every size for the same time, its rate in proportion, with several seeds (S0.36).

    The metric is that of the validation set, which has to be maximized; time spent on evaluating
    does not count.
    """
    settings = TrainingSettings.of(config)
    found: list[AccuracyRun] = []
    for size in sizes:
        lr = settings.lr * size / settings.batch_size
        for number in range(1, n_seeds + 1):
            sized = {**config, "batch_size": size}
            training = training_at(task, sized, lr, n_updates=1, seed=seed + number)
            found.append(_timed(training, size, seconds))
            if on_progress is not None:
                on_progress(len(found), n_seeds * len(sizes))
    return found


def _timed(training: Training, size: int, seconds: float) -> AccuracyRun:
    at: list[float] = []
    accuracies: list[float] = []
    spent, name = 0.0, training.task.objective.metric
    for until in (seconds * k / N_MEASURED for k in range(1, N_MEASURED + 1)):
        while spent < until:
            begin = time.perf_counter()
            losses_of(training, 1)
            spent += time.perf_counter() - begin
        at.append(spent)
        accuracies.append(training.evaluate(Split.TRAIN_VAL)[name])
    return AccuracyRun(size, at, accuracies)
