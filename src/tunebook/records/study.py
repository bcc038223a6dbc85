"""What a study is asked to do: the frozen description that its whole life refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

from tunebook.records.budget import Budget
from tunebook.records.objective import Objective
from tunebook.records.text import clean_fields

StudyId = NewType("StudyId", int)

# A JSON object as it lies in a store or a study file.
JsonObject = Mapping[str, Any]


class TaskKind(StrEnum):
    """How a trial is trained."""

    FUNCTION = "function"
    SCRIPT = "script"
    RECIPE = "recipe"
    ASK_TELL = "ask and tell"


@dataclass(frozen=True, slots=True)
class TaskRef:
    """Where the training code is; ``is_importable``: a process can load it by ``reference``."""

    kind: TaskKind
    reference: str
    is_importable: bool = False
    options: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudySpec:
    """A study as the user described it. ``space`` is the JSON form of a ``tunebook.Space``.

    ``search`` is ``{"name": ..., option: ...}``. ``per_device`` trials share one device.
    ``trial_timeout_s`` ends a trial that trains longer. ``environment`` records what is needed
    to repeat the study (I8): versions, command, code state. ``past`` are the older studies it
    starts from, each as JSON with what it tried: they count also when those are gone.
    """

    name: str
    space: JsonObject
    objective: Objective
    budget: Budget = Budget()
    max_steps: int | None = None
    search: JsonObject = field(default_factory=lambda: {"name": "auto"})
    workers: int = 1
    per_device: int = 1
    trial_timeout_s: float | None = None
    seed: int = 0
    task: TaskRef = TaskRef(TaskKind.ASK_TELL, "")
    notes: str = ""
    environment: JsonObject = field(default_factory=dict)
    past: tuple[JsonObject, ...] = ()

    def __post_init__(self) -> None:
        clean_fields(self, "notes", "environment")
