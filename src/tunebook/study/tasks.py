"""What a study trains, as its description holds it, and back: functions, scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tunebook.errors import TaskError
from tunebook.execution.user_code import importable_reference, load_function
from tunebook.records import StudySpec, TaskKind, TaskRef
from tunebook.training import TrainingFunction


def describe_task(train: TrainingFunction | object) -> TaskRef:
    """Return where the training code is; ``TaskError`` if it cannot be called."""
    to_ref = getattr(train, "to_ref", None)
    if callable(to_ref):
        ref: TaskRef = to_ref()
        return ref
    if not callable(train):
        raise TaskError(
            "What is to be trained is not a function",
            got=train,
            expected="a function of one argument, the trial: def train(trial): ...",
        )
    reference = importable_reference(train)
    if reference is not None:
        return TaskRef(TaskKind.FUNCTION, reference, is_importable=True)
    code, name = getattr(train, "__code__", None), getattr(train, "__qualname__", "")
    place = f"{Path(code.co_filename).name}:{name}" if code is not None else name
    return TaskRef(TaskKind.FUNCTION, place or type(train).__qualname__)


def load_task(spec: StudySpec) -> TrainingFunction:
    """Return the code of a study; ``TaskError`` if there is none here says how it can go on."""
    task = spec.task
    if task.kind is TaskKind.SCRIPT or task.is_importable:
        return load_ref(task, folder=spec.environment.get("folder"))
    if task.kind is TaskKind.ASK_TELL:
        raise TaskError(
            f"The study {spec.name!r} is asked and told by somebody's own loop",
            do="Go on with study.ask() and study.tell(), or give run() a training function",
        )
    raise TaskError(
        f"The training function of {spec.name!r} cannot be imported by name",
        got=task.reference,
        do=f"Run the program again that started the study: {spec.environment.get('command')}",
    )


def load_ref(task: TaskRef, *, folder: str | None = None) -> TrainingFunction:
    """Return a script's or a function's code; ``folder`` is for a reference that names none."""
    if task.kind is TaskKind.SCRIPT:
        from tunebook.execution.scripts import ScriptTask

        return ScriptTask.from_ref(task)
    if task.kind is TaskKind.RECIPE:
        # Here: a study must not need PyTorch to be read.
        from tunebook.recipes.trials import load_training

        return load_training(task)
    place = task.options.get("folder") or folder
    if place and place not in sys.path:
        sys.path.insert(0, str(place))
    return load_function(task.reference)


def name_of(train: Callable[..., Any] | object) -> str:
    """Return what to call a study of this task that was given no name."""
    named = getattr(train, "__name__", None) or getattr(train, "name", None)
    return named if isinstance(named, str) and named.isidentifier() else "study"
