"""A short training, and whether what it learned holds on other examples (S0.30, S2.9).

The validation loss with every target at its own example is compared with that of shuffled targets:
this asks nothing of the metric, and lopsided classes do not mislead it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import torch

from tunebook.probes.baselines import SimpleBaselines, simple_baselines
from tunebook.probes.looking import first_batch, with_rate
from tunebook.probes.tensors import n_rows, take
from tunebook.recipes.loop import Training
from tunebook.records.finding import Finding, Verdict
from tunebook.training.task import Split, Task

N_UPDATES, MAX_SECONDS, N_EXAMPLES, N_SHUFFLES = 300, 8.0, 512, 60
MIN_EXAMPLES = 25
SURE = 2.5
"""How many deviations the true targets must lie below shuffled ones: chance does so in 0.6 %."""

_LINEAR_GAIN, _PATIENCE = 3.0, 3.0


@dataclass(frozen=True, slots=True)
class LearningFigures:
    """The loss on ``n`` validation examples, and mean and deviation with shuffled targets.

    ``baselines`` are None where unknown.
    """

    loss: float
    shuffled: float
    deviation: float
    n: int
    n_updates: int
    baselines: SimpleBaselines | None = None


def learning(
    task: Task,
    config: Mapping[str, Any],
    *,
    seed: int = 0,
    n_updates: int = N_UPDATES,
    max_seconds: float = MAX_SECONDS,
) -> LearningFigures | None:
    """Train for some updates and compare; None if targets cannot be shuffled."""
    inputs, targets = first_batch(task, N_EXAMPLES, split=Split.TRAIN_VAL)
    n = n_rows(targets)
    if n is None or n < MIN_EXAMPLES or n_rows(inputs) not in {n, None}:
        return None
    training = Training(task, with_rate(task, config), n_updates=n_updates, seed=seed)
    until, done = time.process_time() + max_seconds, 0
    latest = time.monotonic() + _PATIENCE * max_seconds
    while done < n_updates and time.process_time() < until and time.monotonic() < latest:
        training.update()
        done += 1
    training.network.eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        outputs = training.network(inputs)
        loss = float(task.loss(outputs, targets))
        shuffled = [
            float(task.loss(outputs, take(targets, order.tolist())))
            for order in (torch.randperm(n, generator=generator) for _ in range(N_SHUFFLES))
        ]
    if not all(map(math.isfinite, (loss, *shuffled))):
        return None
    baselines = simple_baselines(task)
    return LearningFigures(loss, fmean(shuffled), stdev(shuffled), n, done, baselines)


def judge_learning(figures: LearningFigures) -> Finding:
    """Return whether anything was learned that holds on other examples (S0.30)."""
    value = f"validation loss {figures.loss:.4g}, {figures.shuffled:.4g} with shuffled targets"
    expected = "lower with the true targets"
    if figures.shuffled - figures.loss > SURE * figures.deviation:
        title = "What is learned holds on the validation set."
        return Finding("learning", Verdict.PASS, title, value, expected, source="S0.30")
    linear = _linear_learns(figures.baselines)
    if linear:
        causes = (
            "the learning rate",
            "inputs and targets are mixed up on their way into training",
            "too much regularization",
        )
        advice = "A linear model learns this task: look at what the network does differently."
    else:
        causes = (
            "labels do not belong to their inputs: a mix-up of files or of order",
            "the inputs say nothing about the labels",
            "the learning rate",
        )
        advice = "Look at ten inputs with their labels, as they come out of the dataset."
    return Finding(
        "learning",
        Verdict.PROBLEM,
        "Nothing is learned that holds on the validation set.",
        value,
        expected,
        causes=causes,
        next_test="Look at ten inputs of each split with their labels.",
        advice=advice,
        source="S0.30",
    )


def _linear_learns(found: SimpleBaselines | None) -> bool:
    """Whether the linear model is better than the trivial one by more than chance."""
    if found is None or found.linear is None:
        return False
    deviation = math.sqrt(max(found.trivial * (1 - found.trivial), 0.01) / found.n)
    return found.linear > found.trivial + _LINEAR_GAIN * deviation
