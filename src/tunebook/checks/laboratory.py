"""Carries experiments out on a training task; whatever fails is a reading."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, assert_never, final

import psutil
import torch
from torch import nn

from tunebook.analysis.series import quantile
from tunebook.checks.check import Ability
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

MIN_UPDATES, MAX_SECONDS, PATIENCE = 100, 12.0, 3.0
"""A slow network trains fewer updates than asked, but no fewer than this. Seconds are those of the
processor: what else it is busy with must not change a verdict. Data that are waited for may take
this many times as long by the clock, and then training ends."""

N_SAMPLE, HEADROOM = 512, 0.1
"""Examples of a fixed sample, and the share of free memory that timed updates must leave."""

_KNOWN_RATE = 1e-3
_PLAIN = {"weight_decay": 0.0, "label_smoothing": 0.0, "clip_norm": None, "polyak": None}


@final
class Laboratory:
    """Carries out experiments on one task. Runs on one thread, as a trial does."""

    ABILITIES = frozenset({Ability.CAN_TRAIN, Ability.CAN_LOOK_INSIDE, Ability.HAS_DATA})

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
        run = _Run(made, asked.watch, batch, shape, sample)
        found = attempt(part, run.train, asked.updates, self.max_seconds)
        if isinstance(found, Trained) and Watch.SPLITS in asked.watch:
            return replace(found, splits=learned(made, bench))
        return found


def prepared(task: Task, asked: Train, seed: int) -> Training:
    """Return the training of an experiment, before its first update."""
    config: Mapping[str, Any] = with_rate(task, asked.config)
    if Part.REGULARIZATION in asked.without:
        config = with_settings(config, **_PLAIN)
        task = replace(task, network=_without_dropout(task.network))
    if Part.AUGMENTATION in asked.without:
        task = replace(task, augment=None)
    if Part.OPTIMIZER in asked.without:
        task = replace(task, optimizer=None)
        config = with_settings(config, optimizer="adam", lr=_KNOWN_RATE)
    if asked.within:
        task = replace(task, data=_halves(task), features=None)
    training = Training(task, config, n_updates=asked.updates, seed=seed)
    training.settings = replace(training.settings, lr=training.settings.lr * asked.factor)
    for group in training.optimizer.param_groups:
        group["lr"] *= asked.factor
    return training


def _halves(task: Task) -> Callable[[str], Examples | None]:
    """Return splits of the training examples alone: every other one is validated on."""
    whole = task.examples(Split.TRAIN)
    splits = (Split.TRAIN, Split.TRAIN_VAL)
    halves = {s.value: part_of(whole, range(i, len(whole), 2)) for i, s in enumerate(splits)}
    return halves.get


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
    watch: Collection[Watch]
    batch: Batch | None
    shape: TaskShape | None
    sample: Batch | None
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    moved: dict[str, list[float]] = field(default_factory=dict)

    def train(self, n_updates: int, max_seconds: float) -> Reading:
        """Train and return what was seen; ends early where it takes too long."""
        outputs: list[Any] = []
        until, at_last = (
            time.process_time() + max_seconds,
            time.monotonic() + PATIENCE * max_seconds,
        )
        hook = self.training.network.register_forward_hook(lambda m, i, out: outputs.append(out))
        try:
            while len(self.losses) < n_updates:
                self._sampled()
                outputs.clear()
                self._update(outputs)
                if not math.isfinite(self.losses[-1]):
                    return NotFinite(len(self.losses), **self._seen())
                is_late = len(self.losses) >= MIN_UPDATES and time.process_time() > until
                if is_late or time.monotonic() > at_last:
                    break
            self._sampled()
        finally:
            hook.remove()
        updates = {name: quantile(sizes, 0.5) for name, sizes in self.moved.items()}
        is_cut = len(self.losses) < n_updates
        return Trained(**self._seen(), is_cut=is_cut, updates=updates)

    def _seen(self) -> dict[str, Any]:
        """Return what a training has in common, whether it went through or not."""
        return {
            "losses": tuple(self.losses),
            "errors": tuple(self.errors) or None,
            "sample": tuple(self.costs),
            "norms": tuple(self.norms),
        }

    @torch.no_grad()
    def _sampled(self) -> None:
        """Keep the loss of the sample as training sees it: with its own batch statistics."""
        if self.sample is not None:
            self.training.network.train()
            self.costs.append(float(self.training.loss(self.sample)))

    def _update(self, outputs: Sequence[Any]) -> None:
        """Make an update, and keep what is watched; ``outputs`` are those of its forward pass."""
        network = self.training.network
        # Biases and scales of normalization begin near zero: they are not compared (S1.12).
        named = network.named_parameters() if Watch.UPDATES in self.watch else ()
        weights = {n: p for n, p in named if p.requires_grad and p.dim() > 1}
        before = {n: p.detach().clone() for n, p in weights.items()}
        self.losses.append(float(self.training.update(self.batch)))
        for name, old in before.items():
            if size := float(old.norm()):
                change = float((weights[name].detach() - old).norm())
                self.moved.setdefault(name, []).append(change / size)
        if Watch.NORMS in self.watch:
            self.norms.append(float(gradient_norm(network.parameters())))
        if self.batch is not None and self.shape is not None and outputs:
            self.errors.extend(_error(outputs[-1], self.batch[1], self.shape))


def _error(outputs: Any, targets: Any, shape: TaskShape) -> tuple[float, ...]:
    """Return the share of the counted targets whose largest score is of another class."""
    if shape.class_axis is None or len(outputs) != len(targets):
        return ()
    wrong = guesses(outputs.detach(), targets, shape.class_axis) != targets
    return (float(wrong[is_counted(targets, shape)].float().mean()),)


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
