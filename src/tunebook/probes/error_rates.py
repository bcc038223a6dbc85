"""Error rates of the splits for the decomposition of the error (S2.10)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.diagnosis.decomposition import Decomposition, ErrorRate, decompose
from tunebook.errors import TaskError
from tunebook.recipes.loop import Training
from tunebook.records import Direction
from tunebook.training.task import Split


@dataclass(frozen=True, slots=True)
class ErrorFigures:
    """The error rate of each split; the test set is not measured here but once, at the end (I2)."""

    train: ErrorRate
    train_val: ErrorRate
    test_val: ErrorRate | None = None

    def decompose(self, target: ErrorRate | None = None) -> Decomposition:
        """Return the terms of the error; without a target, bias is unknown (S2.10)."""
        return decompose(
            train=self.train, train_val=self.train_val, test_val=self.test_val, target=target
        )


def measure_errors(training: Training) -> ErrorFigures:
    """Return the error rates of a trained network; ``TaskError`` if its metric is no rate.

    The training error is measured in evaluation mode, without augmentation, on as many examples as
    validation has: otherwise dropout and augmentation fake a negative variance (S2.10).
    """
    task = training.task
    n_val = len(task.examples(Split.TRAIN_VAL))
    n_test = len(task.examples(Split.TEST_VAL)) if task.has(Split.TEST_VAL) else 0
    n_train = min(len(task.examples(Split.TRAIN)), n_val)
    return ErrorFigures(
        train=_rate(training, Split.TRAIN, n_train),
        train_val=_rate(training, Split.TRAIN_VAL, n_val),
        test_val=_rate(training, Split.TEST_VAL, n_test) if n_test else None,
    )


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
