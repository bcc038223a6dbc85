"""Errors of the splits for the decomposition (S2.10), and what labelled target examples do (S2.15).

Target examples are added to training, or trained on last. They are taken from test-val; what is
left of it measures the shift before and after.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from statistics import stdev
from typing import Any

import numpy as np
from torch.utils.data import ConcatDataset

from tunebook.checks.decomposition import SplitError, TermName, decompose, judge_adaptation
from tunebook.checks.metric_kind import MetricKind, kind_of
from tunebook.datasets.splitting import sample_of
from tunebook.errors import TaskError
from tunebook.recipes.loop import Training
from tunebook.recipes.sampling import classes_of, part_of
from tunebook.records.finding import Finding
from tunebook.training.task import Examples, Split, Task

FINE_TUNING_SHARE, FINE_TUNING_FACTOR = 0.25, 0.1
"""Fine-tuning takes a quarter of the updates at a tenth of the rate (ours)."""

UPDATES_OF_ADAPTATION = 2.0 + FINE_TUNING_SHARE
"""What it costs in trainings."""

_PARTS = 8
"""Disjoint parts of a split whose spread gives the standard error of what is no rate (ours)."""


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


def measure_errors(training: Training) -> dict[str, SplitError]:
    """Return the errors of a trained network; the test set is measured once, at the end (I2).

    The training error is measured in evaluation mode, without augmentation, on as many examples as
    validation has: otherwise dropout and augmentation fake a negative variance (S2.10).
    """
    task = training.task
    splits = [s for s in (Split.TRAIN, Split.TRAIN_VAL, Split.TEST_VAL) if task.has(s)]
    sizes = {split: len(task.examples(split)) for split in splits}
    sizes[Split.TRAIN] = min(sizes[Split.TRAIN], sizes[Split.TRAIN_VAL])
    return {split.value: _error(training, split, n) for split, n in sizes.items()}


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
        other = copy(training)
        other.task = replace(task, data=lambda _, part=part: part, features=None)  # type: ignore[misc]  # a protocol's method is replaced
        errors.append(as_error(task, other.evaluate(split)[name]))
    spread = stdev(errors) / math.sqrt(len(errors)) if len(errors) > 1 else math.inf
    return SplitError(size, n, spread)


def adapt(
    task: Task, config: Mapping[str, Any], *, n_target: int, n_updates: int, seed: int = 0
) -> Finding:
    """Train without target examples, with them added, and fine-tuned on them (S2.15).

    Takes 2.25 times ``n_updates``; ``n_target`` is at most half of test-val.
    """
    whole = task.examples(Split.TEST_VAL)
    given = sample_of(classes_of(whole), n_target / len(whole), seed=seed)
    kept = sorted(set(range(len(whole))) - set(given))
    target, rest = part_of(whole, given), part_of(whole, kept)

    def trained(
        examples: Examples, n: int, start: Training | None = None, **changes: Any
    ) -> Training:
        found = {Split.TRAIN.value: examples, Split.TEST_VAL.value: rest}
        # Other splits are read when they are asked for: the test set is not (I2).
        changed = replace(
            task, data=lambda split: found.get(split) or task.data(split), features=None
        )
        training = Training(changed, {**config, **changes}, n_updates=n, seed=seed)
        if start is not None:
            training.network.load_state_dict(start.network.state_dict())
        for _ in range(n):
            training.update()
        return training

    source = task.examples(Split.TRAIN)
    plain = trained(source, n_updates)
    both: Any = ConcatDataset([source, target])  # type: ignore[list-item]  # map-style datasets
    added = trained(both, n_updates)
    n_last = max(1, round(FINE_TUNING_SHARE * n_updates))
    last = trained(target, n_last, plain, lr=FINE_TUNING_FACTOR * plain.settings.lr)
    found = [decompose(measure_errors(one)) for one in (plain, added, last)]
    # Training and test-val have errors, so each of the three has a shift.
    shift, *left = [term for one in found for term in one.terms if term.name is TermName.SHIFT]
    uses = dict(zip(("added to the training data", "trained on last"), left, strict=True))
    return judge_adaptation(shift, uses, n_target=len(given), unit=unit_of(task))
