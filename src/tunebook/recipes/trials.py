"""How a trial trains a task: what a study is given in place of a training function.

A step of such a trial is an evaluation interval of ``updates_per_step`` updates (S4.35).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import torch

from tunebook.errors import ConfigurationError
from tunebook.recipes.loop import Training
from tunebook.recipes.sampling import sampled
from tunebook.records import Configuration, TaskKind, TaskRef
from tunebook.training import TrialHandle
from tunebook.training.task import Split, Task, load_task


@final
@dataclass(frozen=True, slots=True)
class TaskTraining:
    """The training of ``task``, to be called with a trial.

    ``fixed`` are values of a configuration that the study's space does not vary. Each step reports
    ``train_loss``, the mean over its updates, and the metrics of the validation sets.
    ``data_fraction`` is the share of the training data that is used (S0.11). ``seed`` replaces that
    of the trial, to repeat one training exactly (I8). ``conditions`` are what a study tells about
    it besides: the recipe's name, the version of the data.
    """

    task: Task
    updates_per_step: int
    fixed: Mapping[str, Any] = field(default_factory=dict)
    data_fraction: float = 1.0
    seed: int | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)

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
        task = sampled(self.task, self.data_fraction)
        training = Training(
            task,
            Configuration({**self.fixed, **trial.config}),
            n_updates=(trial.max_steps or 1) * self.updates_per_step,
            seed=trial.seed if self.seed is None else self.seed,
            device=trial.device,
        )
        trial.track(training=training)
        splits = [s for s in (Split.TRAIN_VAL, Split.TEST_VAL) if task.has(s)]
        for _ in trial.steps():
            losses = [training.update() for _ in range(self.updates_per_step)]
            metrics: dict[str, Any] = {"train_loss": float(torch.stack(losses).mean())}
            for split in splits:
                metrics |= training.evaluate(split)
            trial.report(**metrics)

    def to_ref(self) -> TaskRef:
        """Return how a study describes it, so that another process can go on with the study."""
        return TaskRef(
            TaskKind.RECIPE,
            self.task.reference or self.task.name,
            is_importable=self.task.reference is not None,
            options={
                "updates_per_step": self.updates_per_step,
                "fixed": dict(self.fixed),
                "arguments": None if self.task.arguments is None else dict(self.task.arguments),
                "data_fraction": self.data_fraction,
                "seed": self.seed,
                "conditions": dict(self.conditions),
            },
        )


def load_training(ref: TaskRef) -> TaskTraining:
    """Return the training that a study describes; ``TaskError`` if its task cannot be loaded."""
    options = ref.options
    task = load_task(ref.reference, options["arguments"])
    return TaskTraining(
        task,
        options["updates_per_step"],
        options["fixed"],
        data_fraction=options.get("data_fraction", 1.0),
        seed=options.get("seed"),
        conditions=options.get("conditions", {}),
    )
