"""The best network of a study as a folder: weights, recipe, metrics, how to repeat it (I8)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunebook.engine.retention import best_checkpoint
from tunebook.errors import CheckpointError, InputError
from tunebook.files import write_file
from tunebook.playbook.conditions import conditions_of_study
from tunebook.records import CheckpointRef, StudySpec, TaskKind, Trial
from tunebook.search.lineage import lineage
from tunebook.study.study import Study
from tunebook.study.study_file import file_of, to_yaml
from tunebook.training.randomness import trial_seed


def write_best_model(study: Study, folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Write the best network of a study into a folder; return its metrics.

    Of a function or script it is the weights of what was tracked. ``InputError`` if there are none,
    ``CheckpointError`` if a recipe's were not kept or measure, loaded again, something else.
    """
    from tunebook.recipes.models import write_model

    spec = study.spec
    trial = study.trials[study.best.number]
    ref = best_checkpoint(study.facts, trial)
    if spec.task.kind is not TaskKind.RECIPE:
        return _write_tracked(study, trial, ref, Path(folder))
    if ref is None:
        raise CheckpointError(
            f"No weights of the best trial of {study.name!r} were kept",
            got=f"trial {trial.number}, {trial.state}",
            do=f"Train it again: tunebook train --from {study.name}",
        )
    state = study.checkpoints.load(ref)["training"]
    config = {**spec.task.options["fixed"], **trial.config}
    conditions = _without_folder(conditions_of_study(spec, config))
    told = _measured(study, trial, ref) | {"conditions": conditions}
    into = Path(folder)
    _require_folder(into)
    facts = {"training": _training(study, trial)}
    measured = write_model(folder, ref=spec.task, config=config, state=state, facts=facts)
    metric = spec.objective.metric
    _require_equal(metric, told["metrics"], measured)
    write_file(into / "metrics.json", json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    recipe = json.loads((into / "recipe.json").read_text("utf-8"))
    write_file(into / "recipe.yaml", to_yaml(_form(study, trial, recipe)))
    return told


def _write_tracked(
    study: Study, trial: Trial, ref: CheckpointRef | None, folder: Path
) -> dict[str, Any]:
    """Write the weights of the modules that a training of the user's own has tracked."""
    if ref is None:
        raise _no_network(study.spec)
    states = study.checkpoints.load(ref)
    told = _measured(study, trial, ref) | {
        "config": dict(trial.config),
        "seed": trial_seed(study.spec.seed, trial.number),
        "task": study.spec.task.reference,
    }
    _require_folder(folder)
    from tunebook.recipes.models import write_weights

    if not write_weights(folder, states=states, facts=told):
        raise _no_network(study.spec)
    return told


def _no_network(spec: StudySpec) -> InputError:
    what = "a script" if spec.task.kind is TaskKind.SCRIPT else "a function of your own"
    return InputError(
        f"The study {spec.name!r} trains {what}: which weights make its network is not known",
        got=spec.task.reference or str(spec.task.kind),
        expected="a study of 'tunebook train', or a training that gives its module to trial.track",
        do="Add trial.track(net=net) to it; or take what it saved itself; or describe the network "
        "as a training task (docs/how-to/describe-a-task.md)",
    )


def _require_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "The folder for the model cannot be made",
            got=str(folder),
            do=f"{error.strerror or error}: name another one",
        ) from None


def _measured(study: Study, trial: Trial, ref: CheckpointRef) -> dict[str, Any]:
    """Return what was measured at the checkpoint, on what evidence."""
    objective = study.spec.objective
    measured = {
        name: dict(zip(series.steps, series.values, strict=True)).get(ref.step)
        for name, series in trial.curves.items()
    }
    return {
        "study": study.name,
        "trial": trial.number,
        "objective": f"{objective.direction} {objective.metric}",
        "step": ref.step,
        "metrics": {name: value for name, value in measured.items() if value is not None},
        "evidence": f"one run, the best of {len(study.trials)} by the same validation data",
        "n_legs": len(lineage(study.trials, trial.number)),
    }


def _without_folder(conditions: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out where the user's own file lay: the model goes elsewhere."""
    recipe = str(conditions["recipe"])
    is_file = recipe.partition(":")[0].endswith(".py")
    return {**conditions, "recipe": Path(recipe).name if is_file else recipe}


def _training(study: Study, trial: Trial) -> dict[str, Any]:
    spec, options = study.spec, study.spec.task.options
    return {
        "max_steps": spec.max_steps,
        "updates_per_step": options["updates_per_step"],
        "data_fraction": options.get("data_fraction", 1.0),
        "seed": _seed(spec, trial),
    }


def _seed(spec: StudySpec, trial: Trial) -> int:
    given = spec.task.options.get("seed")
    return trial_seed(spec.seed, trial.number) if given is None else int(given)


def _form(study: Study, trial: Trial, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the study file that repeats a trial (S0.5, I8), a clone by its legs (S0.15)."""
    body, spec = file_of(study.facts), study.spec
    legs = lineage(study.trials, trial.number)
    is_file = str(recipe["task"]).partition(":")[0].endswith(".py")
    form = {
        "name": f"{study.name}-again",
        "recipe": recipe["task"] if is_file else body["recipe"],
        "data": body.get("data"),
        "set": dict(recipe["config"]),
        "objective": body["objective"],
        "max_steps": spec.max_steps,
        "updates_per_step": recipe["training"]["updates_per_step"],
        "sample": recipe["training"]["data_fraction"],
    }
    if len(legs) == 1:
        form["training_seed"] = _seed(spec, trial)
    else:
        form["schedule"] = [
            {
                "until_step": leg.to_step,
                "seed": trial_seed(spec.seed, leg.trial),
                "set": dict(leg.config),
            }
            for leg in legs
        ]
    return {key: value for key, value in form.items() if value is not None}


def _require_equal(metric: str, told: Mapping[str, float], measured: Mapping[str, float]) -> None:
    known, again = told.get(metric), measured.get(metric)
    if known is None or again is None or abs(known - again) <= 1e-4 * max(1.0, abs(known)):
        return
    raise CheckpointError(
        f"The network, loaded again, has another {metric} than the study measured",
        got=again,
        expected=f"{known:.6g}",
        do="The training task or its data were changed since: go back to what they were",
    )
