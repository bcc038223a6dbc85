"""Presets by the name of a recipe, or of a training task of the user's own: ``file.py:Name``.

A task of the user's own has no recipe: its baseline is the default of every setting, and a search
varies the learning rate, the momentum and what the task's own space holds (S4.44).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from tunebook.datasets.library import Stored, names_of, open_dataset
from tunebook.errors import DatasetError, nearest
from tunebook.playbook.default_spaces import default_space
from tunebook.recipes.registry import Recipe, recipe_named
from tunebook.recipes.settings import ACTS_WITH, TrainingSettings
from tunebook.recipes.trials import TaskTraining
from tunebook.space import Float, Kind, Parameter, Space
from tunebook.training.preset import Preset
from tunebook.training.task import Split, Task, load_task

MAX_STEPS = 10
"""Steps, each with an evaluation, of a task that says nothing of its length."""

MAX_UPDATES = 200
"""Updates from one evaluation to the next, where an epoch is longer."""

SGD_LR, SGD_BATCH = 0.1, 256
"""Stochastic gradient descent begins with this rate for so many examples in a batch (C15)."""

_ADAM_LR, _ADAM_BETA1 = (1e-5, 1e-2), (0.5, 0.98)
SETTINGS = frozenset(field.name for field in fields(TrainingSettings))


def read_preset(
    recipe: str, *, data: str | None = None, home: str | None = None, given: Mapping[str, Any]
) -> Preset:
    """Return the preset of a recipe or of a user's task; ``given`` are values set by hand."""
    if not is_own_task(recipe):
        return _preset_of_recipe(recipe_named(recipe), data, Path(home or "."), given)
    if data is not None:
        raise DatasetError(
            "A training task of your own reads its own data",
            got=data,
            expected="no name of a dataset with file.py:Name",
            do="Leave the data out, or name a recipe",
        )
    return _preset_of(load_task(recipe), recipe, given)


def _preset_of_recipe(
    recipe: Recipe, data: str | None, home: Path, given: Mapping[str, Any]
) -> Preset:
    """Return the preset of a recipe for a version of a dataset of its kind (S0.1, S0.4)."""
    if data is None:
        raise DatasetError(
            f"The recipe {recipe.name!r} needs data",
            expected="the name of a dataset: --data NAME",
            do=nearest("", names_of(home)),
        )
    stored = open_dataset(data, home)
    if stored.dataset.kind is not recipe.kind:
        raise DatasetError(
            f"The recipe {recipe.name!r} is not for this dataset",
            got=f"{stored.name}, a dataset for {stored.dataset.kind}",
            expected=f"a dataset for {recipe.kind}",
        )
    _check_splits(stored)
    recipe = recipe.variant(given)
    options = {name: given.get(name, usual) for name, usual in recipe.options.items()}
    values = {**recipe.defaults, **options}
    version = f"{stored.name}@{stored.version}"
    made = recipe.arguments(stored, {**values, **given})
    task = load_task(recipe.maker, {"data": version, "home": str(home.resolve()), **made})
    return Preset(
        recipe=recipe.name,
        task=task,
        defaults=values,
        space=recipe.space,
        known=_settings_of(task) | set(recipe.space.names) | set(values),
        max_steps=recipe.max_steps,
        updates_per_step=_updates(task, {**values, **given}, n_epochs=recipe.epochs_per_step),
        data=version,
        conditions={"network": recipe.network, **options},
        metric_name=f"{task.objective.metric} ({recipe.metric_name or recipe.name}, {version})",
        is_share=recipe.is_share or task.metric == "accuracy",
        acts_with={**ACTS_WITH, **recipe.acts_with},
    )


def _check_splits(stored: Stored) -> None:
    """Refuse a dataset without items to train with or to validate with."""
    for split, what in (("train", "training"), ("train-val", "validation")):
        items = stored.dataset.of_split(split)
        if all(item.label is None and item.file is None for item in items):
            raise DatasetError(
                f"The dataset {stored.name!r} has no {what} split with labelled items",
                got=", ".join(stored.dataset.splits) or "no split",
                expected="items in train and in train-val (validation)",
                do="Import it again with more items or with files of that split; "
                f"'tunebook data report {stored.name}' says more",
            )


def _settings_of(task: Task) -> frozenset[str]:
    """Return the settings that its training has; a loss that smooths no labels lacks one."""
    return SETTINGS if task.smooths_labels else SETTINGS - {"label_smoothing"}


def _updates(task: Task, values: Mapping[str, Any], *, n_epochs: int = 1) -> int:
    """Return the updates of a step: some epochs, or fewer where those are long (C16)."""
    sizes = (values["batch_size"], values.get("accumulate", 1))
    # What cannot be a size is refused by the settings.
    size = math.prod(n for n in sizes if isinstance(n, int) and n > 0)
    return max(1, min(MAX_UPDATES, math.ceil(n_epochs * len(task.examples(Split.TRAIN)) / size)))


def is_own_task(recipe: str) -> bool:
    """Whether it names a training task of the user's own: ``file.py:Name`` or ``module:Name``."""
    return ":" in recipe or recipe.endswith(".py")


def _preset_of(task: Task, recipe: str, given: Mapping[str, Any]) -> Preset:
    sizes = [given.get(name, 1) for name in ("batch_size", "accumulate")]
    if all(isinstance(size, int) for size in sizes):
        TrainingSettings.of(given)  # refuses what cannot be used
    settings = TrainingSettings.of({n: given[n] for n in ("optimizer",) if n in given})
    own = {} if task.space is None else dict(task.space.parameters)
    rules = () if task.space is None else task.space.constraints
    space = Space({**_optimizer_space(settings.optimizer), **own}, constraints=rules)
    defaults = {"optimizer": settings.optimizer, "batch_size": settings.batch_size}
    size = given.get("batch_size", settings.batch_size)
    momentum = "momentum" if "momentum" in space else "beta1"
    is_adam = "adam" in settings.optimizer
    rate = settings.lr if is_adam else SGD_LR * settings.batch_size / SGD_BATCH
    defaults |= {"lr": rate, momentum: getattr(settings, momentum)}
    if task.space is not None:
        defaults |= dict(task.space.default())
    return Preset(
        recipe=task.reference or recipe,
        task=task,
        defaults=defaults,
        space=space,
        known=_settings_of(task) | set(own),
        max_steps=MAX_STEPS,
        updates_per_step=_updates(task, {"batch_size": size}),
        conditions={"network": task.name},
        metric_name=f"{task.objective.metric} ({task.name})",
        is_share=task.metric == "accuracy",
        # What an optimizer of the user's own makes of the settings is not known.
        acts_with=ACTS_WITH if task.optimizer is None else {},
    )


def training_of(preset: Preset, **options: Any) -> TaskTraining:
    """Return the training of a preset, which tells its conditions to whoever compares (I1)."""
    conditions = {"recipe": preset.recipe, "data": preset.data, **preset.conditions}
    return TaskTraining(preset.task, conditions=conditions, **options)


def _optimizer_space(optimizer: str) -> dict[str, Parameter]:
    if optimizer in {"adamw", "nadamw", "momentum", "nesterov"}:
        return dict(default_space(optimizer).parameters)
    found: dict[str, Parameter] = {"lr": Float(*_ADAM_LR, log=True, kind=Kind.OPTIMIZATION)}
    if "adam" in optimizer:
        found["beta1"] = Float(*_ADAM_BETA1, log="1-x", kind=Kind.OPTIMIZATION)
    return found
