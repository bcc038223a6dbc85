"""Carries experiments out on a training task; whatever fails is a reading."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, assert_never, final

import psutil
import torch
from torch import nn

from tunebook.analysis.series import quantile
from tunebook.checks.examination import NotPossible
from tunebook.checks.experiments import (
    UNTIMED,
    Experiment,
    Look,
    Part,
    Time,
    Train,
    Watch,
    with_settings,
)
from tunebook.checks.looks import LOOKS
from tunebook.checks.looks.attempts import PartFailed, attempt
from tunebook.checks.looks.bench import BATCH, Bench, dropouts, with_rate
from tunebook.checks.looks.learned import learned
from tunebook.checks.looks.shape import guesses, is_counted, shape_of
from tunebook.checks.readings import NotFinite, Reading, Timed, Trained
from tunebook.checks.shape import TaskShape
from tunebook.recipes.batches import Batch
from tunebook.recipes.loop import Training
from tunebook.recipes.optimizers import gradient_norm
from tunebook.recipes.sampling import part_of
from tunebook.records import Configuration
from tunebook.training.task import Examples, Split, Task

MIN_UPDATES, MAX_SECONDS = 100, 12.0
"""A slow network trains fewer updates than asked, but no fewer than this. Seconds are those of the
processor: what else it is busy with must not change a verdict."""

N_SAMPLE, HEADROOM = 512, 0.1
"""Examples of a fixed sample, and the share of free memory that timed updates must leave."""

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

    def __init__(
        self,
        task: Task,
        *,
        seed: int = 0,
        max_seconds: float = MAX_SECONDS,
        max_bytes: int | None = None,
    ) -> None:
        """``max_bytes`` bounds what timed updates may allocate: by default most of what is free."""
        self.task, self.seed, self.max_seconds = task, seed, max_seconds
        self.max_bytes, self._has_timed = max_bytes, False
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
                    if experiment.what not in LOOKS:
                        raise NotPossible("not for a training task")
                    bench = self._bench(experiment.config, experiment.seed)
                    found: Reading = attempt("A look inside", LOOKS[experiment.what], bench)
                    return found
                case Time():
                    return self._time(experiment)
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

    def _time(self, asked: Time) -> Reading:
        if not self._has_timed:
            # A first update imports what PyTorch imports late: that must not run out of memory.
            small = replace(asked, config=with_settings(asked.config, batch_size=2), updates=1)
            attempt("Timing updates", timed, self.task, small, self.seed)
            self._has_timed = True
        with limited_memory(self.max_bytes):
            return attempt("Timing updates", timed, self.task, asked, self.seed)

    def _train(self, asked: Train) -> Reading:
        part = "Training on a single batch" if asked.one_batch else "A short training"
        made = attempt(part, prepared, self.task, asked, self.seed + asked.seed)
        bench = self._bench(asked.config, asked.seed)
        batch = bench.sample(Split.TRAIN, BATCH) if asked.one_batch else None
        shape = shape_of(self.task, bench.see()) if asked.one_batch else None
        sample = bench.sample(Split.TRAIN, N_SAMPLE) if Watch.SAMPLE in asked.watch else None
        run = _Run(made, batch, shape, sample, frozenset(asked.watch))
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
    if Part.REGULARIZATION in asked.without:
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
        for module in dropouts(made):
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
    watch: Collection[Watch] = ()
    moved: dict[str, list[float]] = field(default_factory=dict)

    def train(self, n_updates: int, max_seconds: float) -> Reading:
        """Train and return what was seen; ends early where it takes too long."""
        losses, errors = list[float](), list[float]()
        costs, norms = list[float](), list[float]()
        outputs: list[Any] = []
        until = time.process_time() + max_seconds
        hook = self.training.network.register_forward_hook(lambda m, i, out: outputs.append(out))
        try:
            for update in range(n_updates):
                if self.sample is not None:
                    costs.append(loss_on(self.training, self.sample))
                outputs.clear()
                before = self._weights() if Watch.UPDATES in self.watch else {}
                losses.append(float(self.training.update(self.batch)))
                self._compare(before)
                if Watch.NORMS in self.watch:
                    norms.append(float(gradient_norm(self.training.network.parameters())))
                if self.batch is not None and outputs:
                    errors.extend(self._error(outputs[-1]))
                if not math.isfinite(losses[-1]):
                    found = tuple(errors) or None
                    return NotFinite(update + 1, tuple(losses), found, tuple(costs), tuple(norms))
                if update + 1 >= MIN_UPDATES and time.process_time() > until:
                    break
            if self.sample is not None:
                costs.append(loss_on(self.training, self.sample))
        finally:
            hook.remove()
        is_cut = len(losses) < n_updates
        updates = {name: quantile(sizes, 0.5) for name, sizes in self.moved.items()}
        wrong = tuple(errors) or None
        return Trained(
            tuple(losses),
            is_cut,
            wrong,
            sample=tuple(costs),
            norms=tuple(norms),
            updates=updates,
        )

    def _weights(self) -> dict[str, torch.Tensor]:
        """Copy what is compared: biases and scales of normalization begin near zero (S1.12)."""
        found = self.training.network.named_parameters()
        return {n: p.detach().clone() for n, p in found if p.requires_grad and p.dim() > 1}

    @torch.no_grad()
    def _compare(self, before: Mapping[str, torch.Tensor]) -> None:
        """Keep the size of the last update beside the weights that it changed."""
        after = dict(self.training.network.named_parameters())
        for name, old in before.items():
            size, moved = float(old.norm()), float((after[name] - old).norm())
            if size > 0 and after[name].requires_grad:
                self.moved.setdefault(name, []).append(moved / size)

    def _error(self, outputs: Any) -> tuple[float, ...]:
        """Return the share of the counted targets whose largest score is of another class."""
        assert self.batch is not None
        targets, shape = self.batch[1], self.shape
        if shape is None or shape.class_axis is None or len(outputs) != len(targets):
            return ()
        counted = is_counted(targets, shape)
        wrong = guesses(outputs.detach(), targets, shape.class_axis) != targets
        return (float(wrong[counted].float().mean()),)


@torch.no_grad()
def loss_on(training: Training, batch: Batch) -> float:
    """Return the loss of a fixed batch as training sees it: with its own batch statistics."""
    training.network.train()
    return float(training.loss(batch))


def timed(task: Task, asked: Time, seed: int) -> Timed:
    """Time updates (S4.6). Augmentation counts as input: the batch in memory has it already."""
    n, config = asked.price, with_settings(asked.config, accumulate=1)
    plain = replace(task, augment=None) if asked.in_memory else task
    training = Training(plain, config, n_updates=n, seed=seed)
    batch = training.batches[0] if asked.in_memory else None
    if batch is not None and task.augment is not None:
        batch = task.augment(*batch)
    seconds: list[float] = []
    for _ in range(n):
        begin = time.perf_counter()
        # Reading the loss waits for the device to be done.
        float(training.update(batch))
        seconds.append(time.perf_counter() - begin)
    return Timed(tuple(seconds[UNTIMED:]))


@contextmanager
def limited_memory(max_bytes: int | None) -> Iterator[None]:
    """Let an allocation fail before the system ends the process for its memory (S4.6)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = round((1 - HEADROOM) * psutil.virtual_memory().available)
    limit = psutil.Process().memory_info().vms + (max_bytes or most)
    unlimited = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_AS, (limit if soft == unlimited else min(limit, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
