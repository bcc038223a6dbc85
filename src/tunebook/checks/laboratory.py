"""Carries experiments out on a training task; whatever fails is a reading."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never, final

import torch
from torch import nn

from tunebook.checks.experiments import Experiment, Look, Part, Time, Train, Watch, with_settings
from tunebook.checks.looks import LOOKS
from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import BATCH, Bench, with_rate
from tunebook.checks.looks.learned import learned
from tunebook.checks.looks.shape import guesses, is_counted, shape_of
from tunebook.checks.readings import NotFinite, Reading, Trained
from tunebook.checks.shape import TaskShape
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.recipes.sampling import part_of
from tunebook.records import Configuration
from tunebook.training.task import Examples, Split, Task

MIN_UPDATES, MAX_SECONDS = 100, 12.0
"""A slow network trains fewer updates than asked, but no fewer than this. Seconds are those of the
processor: what else it is busy with must not change a verdict."""

N_SAMPLE = 512
_KNOWN_RATE = 1e-3
_PLAIN = {
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "clip_norm": None,
    "polyak": None,
}


@final
class Laboratory:
    """Carries out experiments on one task. Runs on one thread, as a trial does."""

    def __init__(self, task: Task, *, seed: int = 0, max_seconds: float = MAX_SECONDS) -> None:
        self.task, self.seed, self.max_seconds = task, seed, max_seconds
        self._benches: dict[tuple[Configuration, int], Bench] = {}

    def carry_out(self, experiment: Experiment) -> Reading:
        """Return the reading of an experiment; what it raises is one too."""
        n_threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            match experiment:
                case Train():
                    return self._train(experiment)
                case Look():
                    bench = self._bench(experiment.config, experiment.seed)
                    found: Reading = attempt("A look inside", LOOKS[experiment.what], bench)
                    return found
                case Time():
                    raise NotImplementedError
                case _:
                    assert_never(experiment)
        except PartFailed as failed:
            return failed.reading
        finally:
            torch.set_num_threads(n_threads)

    def _bench(self, config: Configuration, seed: int) -> Bench:
        key = (config, seed)
        if key not in self._benches:
            self._benches[key] = Bench(self.task, config, self.seed + seed)
        return self._benches[key]

    def _train(self, asked: Train) -> Reading:
        part = "Training on a single batch" if asked.one_batch else "A short training"
        made = attempt(part, prepared, self.task, asked, self.seed + asked.seed)
        bench = self._bench(asked.config, asked.seed)
        batch = bench.sample(Split.TRAIN, BATCH) if asked.one_batch else None
        shape = shape_of(self.task, bench.see()) if asked.one_batch else None
        sample = bench.sample(Split.TRAIN, N_SAMPLE) if Watch.SAMPLE in asked.watch else None
        run = _Run(made, batch, shape, sample)
        found = attempt(part, run.train, asked.updates, self.max_seconds)
        if isinstance(found, Trained) and Watch.SPLITS in asked.watch:
            return replace(found, splits=learned(made, bench))
        return found


def prepared(task: Task, asked: Train, seed: int) -> Training:
    """Return the training of an experiment, before its first update."""
    config: Mapping[str, Any] = with_rate(task, asked.config)
    if Part.REGULARIZATION in asked.without:
        config = with_settings(config, **_PLAIN)
    if Part.AUGMENTATION in asked.without:
        task = replace(task, augment=None)
    if asked.within:
        task = replace(task, data=_halves(task), features=None)
    if asked.one_batch or Part.REGULARIZATION in asked.without:
        task = replace(task, network=_without_dropout(task.network))
    if Part.OPTIMIZER in asked.without:
        task = replace(task, optimizer=None)
        config = with_settings(config, optimizer="adam", lr=_KNOWN_RATE)
    training = Training(task, config, n_updates=asked.updates, seed=seed)
    if asked.factor != 1.0:
        training.settings = replace(training.settings, lr=training.settings.lr * asked.factor)
        for group in training.optimizer.param_groups:
            group["lr"] *= asked.factor
    return training


def _halves(task: Task) -> Callable[[str], Examples | None]:
    """Return splits of the training examples alone: every other one is validated on."""
    whole = task.examples(Split.TRAIN)
    starts = {Split.TRAIN.value: 0, Split.TRAIN_VAL.value: 1}

    def data(split: str) -> Examples | None:
        start = starts.get(split)
        return None if start is None else part_of(whole, range(start, len(whole), 2))

    return data


def _without_dropout(build: Callable[[Configuration], nn.Module]) -> Callable[[Any], nn.Module]:
    def network(config: Any) -> nn.Module:
        made = build(config)
        for module in made.modules():
            if isinstance(module, nn.modules.dropout._DropoutNd):  # noqa: SLF001  # the base of all
                module.p = 0.0
        return made

    return network


@dataclass(slots=True)
class _Run:
    """A training that is watched."""

    training: Training
    batch: Batch | None
    shape: TaskShape | None
    sample: Batch | None

    def train(self, n_updates: int, max_seconds: float) -> Reading:
        """Train and return what was seen; ends early where it takes too long."""
        losses, errors, costs = list[float](), list[float](), list[float]()
        outputs: list[Any] = []
        until = time.process_time() + max_seconds
        hook = self.training.network.register_forward_hook(lambda m, i, out: outputs.append(out))
        try:
            for update in range(n_updates):
                if self.sample is not None:
                    costs.append(loss_on(self.training, self.sample))
                outputs.clear()
                losses.append(float(self.training.update(self.batch)))
                if self.batch is not None and outputs:
                    errors.extend(self._error(outputs[-1]))
                if not math.isfinite(losses[-1]):
                    found = tuple(errors) or None
                    return NotFinite(update + 1, tuple(losses), found, tuple(costs))
                if update + 1 >= MIN_UPDATES and time.process_time() > until:
                    break
            if self.sample is not None:
                costs.append(loss_on(self.training, self.sample))
        finally:
            hook.remove()
        is_cut = len(losses) < n_updates
        return Trained(tuple(losses), is_cut, tuple(errors) or None, tuple(costs))

    def _error(self, outputs: Any) -> tuple[float, ...]:
        """Return the share of the counted targets whose largest score is of another class."""
        assert self.batch is not None
        targets, shape = self.batch[1], self.shape
        if shape is None or shape.class_axis is None:
            return ()
        counted = is_counted(targets, shape)
        wrong = guesses(outputs.detach(), targets, shape.class_axis) != targets
        return (float(wrong[counted].float().mean()),)


@torch.no_grad()
def loss_on(training: Training, batch: Batch) -> float:
    """Return the loss of a fixed batch as training sees it: with its own batch statistics."""
    training.network.train()
    return float(training.loss(batch))
