"""Errors of the splits for the decomposition (S2.10), and what labelled target examples do (S2.15).

Target examples are added to training, or trained on last. They are taken from test-val; what is
left of it measures the shift before and after.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import stdev
from typing import Any

import numpy as np
from torch.utils.data import ConcatDataset

from tunebook.checks.decomposition import Decomposition, SplitError, decompose, judge_adaptation
from tunebook.checks.metric_kind import MetricKind, kind_of
from tunebook.datasets.splitting import sample_of
from tunebook.errors import TaskError
from tunebook.recipes.loop import Training
from tunebook.recipes.sampling import classes_of, part_of
from tunebook.records.finding import Finding
from tunebook.training.task import Examples, Split, Task

ADDED, FINE_TUNED = "added to the training data", "trained on last"
"""The two supervised kinds."""

FINE_TUNING_SHARE, FINE_TUNING_FACTOR = 0.25, 0.1
"""Fine-tuning takes a quarter of the updates at a tenth of the rate (ours)."""

UPDATES_OF_ADAPTATION = 2.0 + FINE_TUNING_SHARE
"""What it costs in trainings."""

_PARTS = 8
"""Disjoint parts of a split whose spread gives the standard error of what is no rate (ours)."""


@dataclass(frozen=True, slots=True)
class SplitErrors:
    """The error of each split; the test set is not measured here but once, at the end (I2)."""

    train: SplitError
    train_val: SplitError
    test_val: SplitError | None = None
    unit: str = ""

    def decompose(self, target: SplitError | None = None) -> Decomposition:
        """Return the terms of the error; without a target, bias is unknown (S2.10)."""
        return decompose(
            train=self.train,
            train_val=self.train_val,
            test_val=self.test_val,
            target=target,
            unit=self.unit,
        )


def unit_of(task: Task) -> str:
    """Return what errors of a task are counted in: nothing for rates, else the metric's name."""
    return "" if kind_of(task.metric, task.metric_kind).is_rate else task.metric


def as_error(task: Task, value: float) -> float:
    """Return a value of the metric so that lower is better: 1 minus an accuracy, minus an R2.

    A rate above 1 is in percent. ``TaskError`` if it is not a rate, although it is called one.
    """
    kind = kind_of(task.metric, task.metric_kind)
    if not kind.is_rate:
        return task.objective.sign * value
    share = value / 100 if 1.0 < value <= 100.0 else value
    if not 0.0 <= share <= 1.0:
        raise TaskError(
            f"The metric {task.metric!r} is not a rate: its error cannot be decomposed as one",
            got=value,
            expected="a number from 0 to 1, such as accuracy or the share of errors",
            do="Set metric_kind of the task to 'score' or 'loss'",
        )
    return 1.0 - share if kind is MetricKind.RATE else share


def measure_errors(training: Training) -> SplitErrors:
    """Return the errors of a trained network.

    The training error is measured in evaluation mode, without augmentation, on as many examples as
    validation has: otherwise dropout and augmentation fake a negative variance (S2.10).
    """
    task = training.task
    n_val = len(task.examples(Split.TRAIN_VAL))
    n_test = len(task.examples(Split.TEST_VAL)) if task.has(Split.TEST_VAL) else 0
    n_train = min(len(task.examples(Split.TRAIN)), n_val)
    return SplitErrors(
        train=_error(training, Split.TRAIN, n_train),
        train_val=_error(training, Split.TRAIN_VAL, n_val),
        test_val=_error(training, Split.TEST_VAL, n_test) if n_test else None,
        unit=unit_of(task),
    )


def _error(training: Training, split: Split, n: int) -> SplitError:
    task, name = training.task, f"{split.prefix}_{training.task.metric}"
    size = as_error(task, training.evaluate(split, limit=n)[name])
    if not unit_of(task):
        return SplitError(size, n)
    whole = task.examples(split)
    places = np.linspace(0, len(whole) - 1, n).astype(int)
    errors = []
    for k in range(min(_PARTS, n)):
        part = part_of(whole, places[k::_PARTS].tolist())
        training.task = replace(task, data=lambda _, part=part: part, features=None)  # type: ignore[misc]
        try:
            errors.append(as_error(task, training.evaluate(split)[name]))
        finally:
            training.task = task
    spread = stdev(errors) / math.sqrt(len(errors)) if len(errors) > 1 else math.inf
    return SplitError(size, n, spread)


@dataclass(frozen=True, slots=True)
class Adaptation:
    """The errors before, and after each kind of use of ``n_target`` labelled target examples."""

    before: SplitErrors
    after: Mapping[str, SplitErrors]
    n_target: int

    def judge(self) -> Finding:
        """Return what each kind makes of the shift term."""
        after = {kind: errors.decompose() for kind, errors in self.after.items()}
        return judge_adaptation(self.before.decompose(), after, n_target=self.n_target)


def adapt(
    task: Task, config: Mapping[str, Any], *, n_target: int, n_updates: int, seed: int = 0
) -> Adaptation:
    """Train without target examples, with them added, and fine-tuned on them (S2.15).

    Takes 2.25 times ``n_updates``. ``TaskError`` where test-val is too small to give so many away.
    """
    whole = task.examples(Split.TEST_VAL)
    if not 0 < n_target <= len(whole) // 2:
        raise TaskError(
            "Too many labelled target examples to take from test-val",
            got=n_target,
            expected=f"1 to {len(whole) // 2}: the rest measures the shift",
        )
    given = sample_of(classes_of(whole), n_target / len(whole), seed=seed)
    kept = sorted(set(range(len(whole))) - set(given))
    target, rest = part_of(whole, given), part_of(whole, kept)

    def training(examples: Examples, n: int, **changes: Any) -> Training:
        found = {Split.TRAIN.value: examples, Split.TEST_VAL.value: rest}
        # Other splits are read when they are asked for: the test set is not (I2).
        changed = replace(
            task, data=lambda split: found.get(split) or task.data(split), features=None
        )
        return Training(changed, {**config, **changes}, n_updates=n, seed=seed)

    source = task.examples(Split.TRAIN)
    plain = _trained(training(source, n_updates))
    both: Any = ConcatDataset([source, target])  # type: ignore[list-item]  # map-style datasets
    added = _trained(training(both, n_updates))
    n_last = max(1, round(FINE_TUNING_SHARE * n_updates))
    last = training(target, n_last, lr=FINE_TUNING_FACTOR * plain.settings.lr)
    last.network.load_state_dict(plain.network.state_dict())
    return Adaptation(
        before=measure_errors(plain),
        after={ADDED: measure_errors(added), FINE_TUNED: measure_errors(_trained(last))},
        n_target=len(given),
    )


def _trained(training: Training) -> Training:
    for _ in range(training.n_updates):
        training.update()
    return training
