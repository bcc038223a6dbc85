"""Study files: a study in YAML, without loss. Flags describe a study by this model, too (S0.21)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from tunebook.engine import Facts
from tunebook.errors import StudyFileError
from tunebook.execution.script_command import join_command
from tunebook.execution.script_ends import ScriptEnds
from tunebook.records import TaskKind, TaskRef
from tunebook.study.file_errors import example_of, first_error
from tunebook.study.file_lines import YamlFile, read_yaml


def _no_truth(value: object) -> object:
    """Refuse true and false, which Python would take for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    return value


def _one_line(value: object) -> object:
    """Return a command that is written as a list of words as the line that it stands for."""
    if not isinstance(value, list | tuple):
        return value
    if not all(isinstance(word, str | int | float) for word in value) or True in value:
        raise ValueError("a command is a text, or a list of words: [python, train.py, '{lr}']")
    return join_command([str(word) for word in value])


Whole = Annotated[int, BeforeValidator(_no_truth)]
Number = Annotated[float, BeforeValidator(_no_truth)]


_OF_STUDIES = (
    *("name", "max_steps", "search", "warm_start", "workers", "per_device", "trial_timeout_s"),
    *("seed", "notes"),
)
_OF_RECIPES = ("data", "set", "sample", "updates_per_step", "training_seed", "schedule")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ObjectiveSection(_Strict):
    """``objective:``, exactly one of ``maximize`` and ``minimize``."""

    maximize: str | None = None
    minimize: str | None = None
    reduce: str = "best"

    @property
    def direction(self) -> str:
        """The key of the metric."""
        return "maximize" if self.maximize is not None else "minimize"

    @property
    def metric(self) -> str:
        """The metric's name, empty for none."""
        return self.maximize or self.minimize or ""


class BudgetSection(_Strict):
    """``budget:``, any mix of limits."""

    trials: Whole | None = None
    steps: Whole | None = None
    hours: Number | None = None
    cost: Number | None = None
    price_per_hour: Number | None = None
    target: Number | None = None
    patience: Whole | None = None
    max_failures: Whole | None = None


class LegSection(_Strict):
    """A leg of ``schedule:``: up to which step, with which seed, which values are set."""

    until_step: Whole
    seed: Whole
    set: Mapping[str, Any] = {}


class StudyFile(_Strict):
    """A study as a file describes it; exactly one of command, function and recipe is trained.

    ``folder`` is where the command runs and the function is imported from; in a file it is
    relative to the file, and its own folder by default. Of a recipe, space, objective and length
    may be left out; ``set`` holds values set by hand, ``sample`` is the data sampling ratio,
    ``training_seed`` and ``schedule`` repeat a training of before.
    """

    name: str | None = None
    command: Annotated[str | None, BeforeValidator(_one_line)] = None
    function: str | None = None
    recipe: str | None = None
    data: str | None = None
    set: Mapping[str, Any] = {}
    sample: Number = 1.0
    updates_per_step: Whole | None = None
    training_seed: Whole | None = None
    schedule: tuple[LegSection, ...] = ()
    folder: str | None = None
    pattern: str | tuple[str, ...] | None = None
    grace_s: Number | None = None
    diverged_exit: Whole | None = None
    diverged_pattern: str | None = None
    space: Mapping[str, Any] = {}
    objective: ObjectiveSection = ObjectiveSection()
    max_steps: Whole | None = None
    budget: BudgetSection = BudgetSection()
    search: str | Mapping[str, Any] = "auto"
    warm_start: tuple[str, ...] = ()
    workers: Whole | None = None
    per_device: Whole = 1
    trial_timeout_s: Number | None = None
    seed: Whole = 0
    notes: str = ""

    @model_validator(mode="after")
    def _trains_one_thing(self) -> Self:
        tasks = [key for key in ("command", "function", "recipe") if getattr(self, key) is not None]
        if len(tasks) != 1:
            told = " and ".join(tasks) if tasks else "none of them"
            raise ValueError(f"exactly one of command, function and recipe is needed, not {told}")
        for key in ("pattern", *ScriptEnds.__slots__):
            if getattr(self, key) is not None and self.command is None:
                raise ValueError(f"{key}: only a command takes it")
        return self

    @model_validator(mode="after")
    def _has_what_its_task_needs(self) -> Self:
        given = self.model_fields_set
        if self.recipe is None:
            for key in ("space", "objective"):
                if key not in given:
                    raise ValueError(f"the key {key!r} is missing. {example_of(key)}")
            for key in _OF_RECIPES:
                if key in given:
                    raise ValueError(f"{key}: only a recipe takes it")
        elif self.updates_per_step is not None and self.updates_per_step < 1:
            raise ValueError("updates_per_step: a step has one update or more")
        return self

    @property
    def is_search(self) -> bool:
        """Whether a study of a recipe is a search: else it trains one configuration."""
        return bool(self.space) or "search" in self.model_fields_set

    def task(self) -> TaskRef:
        """Return where the training code is; a recipe is completed first (``recipe_file``)."""
        folder = str(Path(self.folder or ".").absolute())
        if self.command is not None:
            patterns = [self.pattern] if isinstance(self.pattern, str) else list(self.pattern or ())
            parameters = [name for name in self.space if name != "constraints"]
            options = {"parameters": parameters, "patterns": patterns, "folder": folder}
            options |= ScriptEnds.of(self.model_dump()).to_options()
            return TaskRef(TaskKind.SCRIPT, self.command, is_importable=True, options=options)
        if self.function is not None:
            where = {"folder": folder}
            return TaskRef(TaskKind.FUNCTION, self.function, is_importable=True, options=where)
        raise StudyFileError(
            "A recipe is known only together with its data",
            got=self.recipe,
            do="Complete the file by tunebook.presets.recipe_file.complete",
        )

    def options(self) -> dict[str, Any]:
        """Return the keywords of ``tune`` that the file stands for."""
        own = {key: getattr(self, key) for key in _OF_STUDIES}
        return self.objective.model_dump() | self.budget.model_dump() | own

    def changed(self, changes: Mapping[str, Any]) -> StudyFile:
        """Return the file, checked again, with the keys that are not None, of sections too."""
        body = self.model_dump(exclude_unset=True)
        given = {key: value for key, value in changes.items() if value is not None}
        for key, value in given.items():
            if key in BudgetSection.model_fields:
                body["budget"] = {**body.get("budget", {}), key: value}
            elif key in {"maximize", "minimize"}:
                body["objective"] = {"reduce": self.objective.reduce, key: value}
            elif key == "reduce":
                body["objective"] = {**body["objective"], key: value}
            else:
                body[key] = value
        return checked_file(body)


def read_study_file(path: str | os.PathLike[str]) -> StudyFile:
    """Read a study file, called after its file; ``StudyFileError`` names key and line."""
    given = read_yaml(Path(path))
    found = checked_file(given.body, given)
    folder = Path(path).absolute().parent / (found.folder or "")
    changes = {"folder": str(folder.resolve()), "name": found.name or Path(path).stem}
    return found.model_copy(update=changes)


def checked_file(body: Mapping[str, Any], given: YamlFile | None = None) -> StudyFile:
    """Return the description in ``body``; ``given`` is the file it comes from."""
    try:
        return StudyFile.model_validate(body)
    except ValidationError as error:
        raise first_error(error, StudyFile, given) from None


def file_of(facts: Facts) -> dict[str, Any]:
    """Return a study as it is now as the body of a file, without a task that has no name."""
    spec, objective = facts.known_spec, facts.known_spec.objective
    limits = {key: getattr(facts.budget, key) for key in BudgetSection.model_fields}
    body: dict[str, Any] = {
        "name": spec.name,
        **_task_keys(spec.task, spec.environment.get("folder")),
        "space": dict(facts.space),
        "objective": {str(objective.direction): objective.metric, "reduce": objective.reduce},
        "max_steps": spec.max_steps,
        "budget": {key: limit for key, limit in limits.items() if limit is not None},
        "search": dict(spec.search),
        "warm_start": [past["name"] for past in spec.past] or None,
        "workers": spec.workers,
        "per_device": spec.per_device if spec.per_device != 1 else None,
        "trial_timeout_s": spec.trial_timeout_s or None,
        "seed": spec.seed,
        "notes": facts.notes or None,
    }
    return {key: value for key, value in body.items() if value is not None}


def _task_keys(task: TaskRef, folder: str | None) -> dict[str, Any]:
    """Return the keys of a file that name its task; None stands for a key that is left out."""
    options, is_script = task.options, task.kind is TaskKind.SCRIPT
    if task.kind is TaskKind.RECIPE:
        conditions = options.get("conditions", {})
        is_own = options["arguments"] is None
        return {
            "recipe": task.reference if is_own else conditions.get("recipe", task.reference),
            "data": conditions.get("data"),
            "set": dict(options["fixed"]) or None,
            "sample": options.get("data_fraction", 1.0),
            "updates_per_step": options["updates_per_step"],
            "training_seed": options.get("seed"),
            "schedule": list(options.get("schedule", ())) or None,
        }
    if not task.is_importable and not is_script:
        return {}
    patterns = list(options.get("patterns") or ())
    return {
        "command" if is_script else "function": task.reference,
        "folder": options.get("folder") or folder or None,
        "pattern": (patterns[0] if len(patterns) == 1 else patterns) or None,
        **(ScriptEnds.of(options).to_options() if is_script else {}),
    }


def to_yaml(body: Mapping[str, Any]) -> str:
    """Return the body of a study file as YAML, one line for each parameter."""
    import yaml

    from tunebook.study.yaml_values import StudyDumper

    style: Any = {"sort_keys": False, "allow_unicode": True, "default_flow_style": None}
    text: str = yaml.dump(dict(body), Dumper=StudyDumper, width=1000, **style)
    return text
