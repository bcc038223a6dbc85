"""Error rates of the splits for the decomposition of the error (S2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tunebook.diagnosis.decomposition import (
    Decomposition,
    ErrorRate,
    decompose,
    expected_training_sample,
)
from tunebook.errors import TaskError
from tunebook.probes.fixed_rate import OnProgress
from tunebook.recipes.loop import Training
from tunebook.records import Direction
from tunebook.training.task import Split, Task


@dataclass(frozen=True, slots=True)
class ErrorFigures:
    """The error rate of each split that was measured, and the training loss of every update.

    ``test`` is measured only on request: it is opened once, at the end (I2).
    """

    train: ErrorRate
    train_val: ErrorRate
    test_val: ErrorRate | None = None
    test: ErrorRate | None = None
    losses: tuple[float, ...] = ()

    def decompose(self, target: ErrorRate | None = None) -> Decomposition:
        """Return the terms of the error; without a target, bias is unknown (S2.10)."""
        return decompose(
            train=self.train,
            train_val=self.train_val,
            test_val=self.test_val,
            test=self.test,
            target=target,
        )


def error_rates(
    task: Task,
    config: Mapping[str, Any],
    *,
    n_updates: int,
    with_test: bool = False,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> ErrorFigures:
    """Train with a configuration and return the error of each split (S2.10)."""
    training = Training(task, config, n_updates=n_updates, seed=seed)
    losses: list[float] = []
    for done in range(1, n_updates + 1):
        losses.append(float(training.update()))
        if on_progress is not None:
            on_progress(done, n_updates)
    return measure_errors(training, with_test=with_test, losses=tuple(losses))


def measure_errors(
    training: Training, *, with_test: bool = False, losses: tuple[float, ...] = ()
) -> ErrorFigures:
    """Return the error rates of a trained network; ``TaskError`` if its metric is no rate.

    The training error is measured in evaluation mode, without augmentation, on as many examples as
    validation has: otherwise dropout and augmentation fake a negative variance (S2.10).
    """
    task = training.task
    n_val = len(task.examples(Split.TRAIN_VAL))
    n_train = expected_training_sample(len(task.examples(Split.TRAIN)), n_val)
    return ErrorFigures(
        train=_rate(training, Split.TRAIN, n_train),
        train_val=_rate(training, Split.TRAIN_VAL, n_val),
        test_val=_if_any(training, Split.TEST_VAL),
        test=_if_any(training, Split.TEST) if with_test else None,
        losses=losses,
    )


def _if_any(training: Training, split: Split) -> ErrorRate | None:
    if not training.task.has(split):
        return None
    return _rate(training, split, len(training.task.examples(split)))


def _rate(training: Training, split: Split, n: int) -> ErrorRate:
    task = training.task
    value = training.evaluate(split, limit=n)[f"{split.prefix}_{task.metric}"]
    if not 0.0 <= value <= 1.0:
        raise TaskError(
            f"The metric {task.metric!r} is no rate: its error cannot be decomposed",
            got=value,
            expected="a number from 0 to 1, such as accuracy or the share of errors",
            do="Maximize an accuracy, or minimize a share of errors",
        )
    is_score = task.objective.direction is Direction.MAXIMIZE
    return ErrorRate(1.0 - value if is_score else value, n)
