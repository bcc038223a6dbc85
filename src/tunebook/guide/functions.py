"""Training functions and scripts as a guide takes them: studies alone, steps for updates (5.1)."""

from __future__ import annotations

from typing import Any, NoReturn

from tunebook.errors import InputError
from tunebook.presets.described import open_described
from tunebook.records import Objective
from tunebook.space import Space
from tunebook.study import Study
from tunebook.study.study_file import StudyFile
from tunebook.training.task import Task


def task_of(file: StudyFile) -> Task:
    """Return a task that has the objective and the space of a study file, and nothing inside."""
    if file.max_steps is None:
        raise InputError(
            "A guide must know how long a training is",
            got="no max_steps",
            expected="max_steps in the study file: the steps of a full training",
        )
    objective = Objective.of(**file.objective.model_dump())
    return Task(
        name=file.name or "study",
        metric=objective.metric,
        objective=objective,
        space=Space.from_dict(file.space),
        data=lambda split: None,
        network=_nothing,
        loss=_nothing,
        metrics=_nothing,
        reference=file.function or file.command,
    )


def _nothing(*_: Any) -> NoReturn:
    raise TypeError("nothing is known of the inside of a training function")


def study_of(
    file: StudyFile, name: str, space: Space, search: Any, *, home: Any, **changes: Any
) -> Study:
    """Run a study as the file describes it, of another space, to its end."""
    wanted = file.model_copy(
        update={
            "name": name,
            "space": space.to_dict(),
            "search": search,
            "budget": type(file.budget)(),
            "workers": changes.pop("workers", None),
            "warm_start": tuple(changes.pop("warm_start", ())),
        }
    )
    study = open_described(wanted.changed(changes), home=home)
    return study.run(workers=wanted.workers, progress=False, dry_run=False)
