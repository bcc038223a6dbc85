"""How a trial trains a task: a step is ``updates_per_step`` updates and an evaluation (S4.35)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, final

import torch

from tunebook.analysis.series import down_sampled
from tunebook.errors import ConfigurationError
from tunebook.recipes.loop import Training
from tunebook.recipes.sampling import sampled
from tunebook.recipes.settings import TrainingSettings
from tunebook.records import Configuration, Series, TaskKind, TaskRef
from tunebook.records.measurement import BATCH
from tunebook.training import TrialHandle
from tunebook.training.endings import Diverged
from tunebook.training.randomness import seed_everything
from tunebook.training.task import Split, Task, load_task

MAX_POINTS = 6000
"""Losses of single updates that are kept of a trial; of more the extremes and the last ones."""


_TOLD = ("updates_per_step", "fixed", "data_fraction", "seed", "conditions")


@final
@dataclass(frozen=True, slots=True)
class TaskTraining:
    """The training of ``task``, to be called with a trial.

    ``fixed`` are values of a configuration that the study's space does not vary. Each step reports
    ``train_loss``, the mean over its updates, the metrics of the training set without those of
    single classes, all of the validation sets, and of its last update the ``learning_rate``
    (S4.40), the ``gradient_norm`` and the ``update_ratio``.
    ``data_fraction`` is the share of the training data that is used (S0.11). ``seed`` replaces that
    of the trial, to repeat one training exactly (I8). ``conditions`` are what a study tells about
    it besides: the recipe's name, the version of the data. ``schedule`` repeats what population
    based training found (S0.15): legs of ``until_step``, ``seed`` and the values to ``set``.
    """

    task: Task
    updates_per_step: int
    fixed: Mapping[str, Any] = field(default_factory=dict)
    data_fraction: float = 1.0
    seed: int | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    schedule: Sequence[Mapping[str, Any]] = ()
    # The data of a worker's first trial serve all others.
    _read: list[Task] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.updates_per_step < 1:
            raise ConfigurationError(
                "A step of training has no update", got=self.updates_per_step, expected="1 or more"
            )

    @property
    def name(self) -> str:
        """The name of the task, which an unnamed study takes."""
        return self.task.name

    def __call__(self, trial: TrialHandle) -> None:
        """Train the task with the trial's configuration until the trial has its steps."""
        if trial.device == "cpu":
            torch.set_num_threads(1)  # as many trials as cores, one thread each, is fastest
        if not self._read:
            self._read.append(sampled(self.task, self.data_fraction))
        task = self._read[0]
        legs = self.schedule or ({"until_step": None, "seed": self.seed, "set": {}},)

        def make(leg: int) -> Training:
            given = legs[leg]["seed"]
            if given is not None:
                seed_everything(given)
            return Training(
                task,
                Configuration({**self.fixed, **trial.config, **legs[leg]["set"]}),
                n_updates=(trial.max_steps or 1) * self.updates_per_step,
                seed=trial.seed if given is None else given,
                device=trial.device,
            )

        course = _Course(make, [leg["until_step"] for leg in legs])
        trial.track(training=course)
        splits = [s for s in (Split.TRAIN_VAL, Split.TEST_VAL) if task.has(s)]
        for step in trial.steps():
            training = course.at(step)
            begun = trial.seconds
            losses, measured = training.advance(self.updates_per_step)
            if training.settings.record == "batch":
                times = (begun, trial.seconds)
                points = _of_updates(losses.tolist(), training.n_done, times, trial.max_steps or 1)
                trial.report(None, **{f"train_loss{BATCH}": points})
            metrics: dict[str, Any] = {"train_loss": float(losses.mean()), **measured}
            _require_finite(metrics, step)
            for split in splits:
                metrics |= training.evaluate(split)
            _require_finite(metrics, step)
            objective = task.objective
            if objective.metric in metrics:
                training.note(-objective.sign * metrics[objective.metric])
            trial.report(**metrics)

    def to_ref(self) -> TaskRef:
        """Return how a study describes it, so that another process can go on with the study."""
        return TaskRef(
            TaskKind.RECIPE,
            self.task.reference or self.task.name,
            is_importable=self.task.reference is not None,
            options={
                # What trains where neither names it: shown beside studies that search it.
                "defaults": {} if self.task.optimizer else asdict(TrainingSettings()),
                "arguments": None if self.task.arguments is None else dict(self.task.arguments),
                "schedule": [dict(leg) for leg in self.schedule],
                **{name: getattr(self, name) for name in _TOLD},
            },
        )


def _of_updates(
    losses: Sequence[float], n_done: int, seconds: tuple[float, float], n_steps: int
) -> Series:
    """Return the losses of a step's updates, no more than its part of ``MAX_POINTS`` (S1.1)."""
    kept = down_sampled(losses, MAX_POINTS // n_steps)
    n, (begun, ended) = len(losses), seconds
    times = (begun + (ended - begun) * (place + 1) / n for place in kept)
    return Series.of((n_done - n + place + 1 for place in kept), (losses[i] for i in kept), times)


def _require_finite(metrics: Mapping[str, Any], step: int) -> None:
    """End a trial as diverged by any loss: an accuracy stays a number when all weights are NaN."""
    for name, value in metrics.items():
        if name.endswith("_loss") and not math.isfinite(value):
            raise Diverged(name, value, step)


@final
class _Course:
    """A training leg by leg, each up to its last step in ``ends``, as clones train (S0.15)."""

    def __init__(self, make: Callable[[int], Training], ends: Sequence[int | None]) -> None:
        self._make, self._ends = make, ends
        self._leg, self._training = 0, make(0)

    def at(self, step: int) -> Training:
        """Return the training that does ``step``, counted from 1."""
        leg = sum(end is not None and step > end for end in self._ends[:-1])
        if leg != self._leg:
            self._enter(leg, self._training.state_dict())
        return self._training

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on from here."""
        return self._training.state_dict() | {"leg": self._leg}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where ``state_dict`` was taken."""
        self._enter(state.get("leg", 0), state)

    def _enter(self, leg: int, state: Mapping[str, Any]) -> None:
        if leg != self._leg:
            self._leg, self._training = leg, self._make(leg)
        self._training.load_state_dict(state)


def load_training(ref: TaskRef) -> TaskTraining:
    """Return the training that a study describes; ``TaskError`` if its task cannot be loaded."""
    options = ref.options
    task = load_task(ref.reference, options["arguments"])
    told = {name: options[name] for name in ("schedule", *_TOLD) if name in options}
    return TaskTraining(task, **told)
