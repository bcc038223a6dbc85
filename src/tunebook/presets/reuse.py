"""Values found by an earlier study, for a new training: with the conditions they were found under.

A result belongs to a network, a version of the data, a length (S0.26). For another network it is
refused (S0.7); whatever else differs is told before the training starts, and what is stale by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tunebook.errors import InputError
from tunebook.playbook.conditions import conditions_of, conditions_of_study
from tunebook.playbook.staleness import (
    Change,
    changed_conditions,
    question_before_search,
    refusal_to_reuse,
    stale_values,
)
from tunebook.presets.recipe_file import RecipeStudy
from tunebook.records import Objective, TaskKind
from tunebook.search.lineage import lineage
from tunebook.study.study import Study
from tunebook.study.study_file import file_of

_CHANGES = {
    "data": Change.DATA,
    "optimizer": Change.OPTIMIZER,
    "batch_size": Change.BATCH_SIZE,
    "steps": Change.STEPS,
    "resolution": Change.RESOLUTION,
}
_REGULARIZERS = ("dropout", "augment", "mix_up")


@dataclass(frozen=True, slots=True)
class Found:
    """A study's best ``values``, their ``conditions``; ``n_legs`` above 1 for a schedule."""

    study: str
    values: Mapping[str, Any]
    tuned: tuple[str, ...]
    conditions: Mapping[str, Any]
    n_legs: int = 1


def found_by(study: Study) -> Found:
    """Return what a study of a recipe found; ``InputError`` for a study of anything else."""
    spec = study.spec
    if spec.task.kind is not TaskKind.RECIPE:
        raise InputError(
            f"The study {spec.name!r} trains no recipe: its values mean something else here",
            got=spec.task.reference,
            expected="a study of 'tunebook train'",
        )
    best = study.best
    values = {**spec.task.options["fixed"], **best.config}
    legs = lineage(study.trials, best.number)
    return Found(
        spec.name,
        values,
        tuple(study.space.dimensions),
        conditions_of_study(spec, values),
        len(legs),
    )


def reuse_notices(found: Found, made: RecipeStudy) -> Iterator[str]:
    """Yield what to know before values are used again; ``InputError`` for another network."""
    now = _conditions(made)
    refusal = refusal_to_reuse(found.conditions, now)
    if refusal is not None:
        raise InputError(
            f"The values of {found.study!r} cannot be used here: {refusal}",
            got=now.get("network"),
            expected=str(found.conditions.get("network")),
            do="Search for this network, or name the recipe they were found for",
        )
    for name in changed_conditions(found.conditions, now):
        before, after = found.conditions.get(name), now.get(name)
        yield f"{name.replace('_', ' ')} was {before} in {found.study}, is {after}"
    stale = stale_values(_changes(found, made), found.tuned)
    if stale:
        told = ", ".join(f"{name} ({why[0]} changed)" for name, why in stale.items())
        yield f"stale: {told}; tune them again before you conclude anything (I3)"
    if found.n_legs > 1:
        yield (
            f"{found.study} found a schedule of {found.n_legs} legs together with its model, not "
            "constants: this training confirms whether its last values serve alone (S0.15)"
        )


def question_before(found: Found, made: RecipeStudy) -> str | None:
    """Return what to ask before a search that holds stale values fixed, or None (5.3, I3)."""
    held = [n for n in found.tuned if made.values.get(n) == found.values.get(n)]
    held = [name for name in held if name not in made.file.space]
    return question_before_search(_changes(found, made), held) if made.is_search else None


def _conditions(made: RecipeStudy) -> dict[str, Any]:
    file = made.file
    objective = Objective.of(**file.objective.model_dump())
    return conditions_of(made.task, made.values, objective=objective, max_steps=file.max_steps or 1)


def _changes(found: Found, made: RecipeStudy) -> list[Change]:
    before, after = found.conditions, _conditions(made)
    changes = [change for name, change in _CHANGES.items() if before.get(name) != after.get(name)]
    if any(bool(found.values.get(n)) != bool(made.values.get(n)) for n in _REGULARIZERS):
        changes.append(Change.REGULARIZERS)
    if after["data_fraction"] > before["data_fraction"]:
        changes.append(Change.DATA_FRACTION)
    return changes


def body_like(study: Study) -> dict[str, Any]:
    """Return the study file of a new task that copies every block of this one (S0.5)."""
    body = file_of(study.facts)
    if "recipe" not in body:
        raise InputError(
            f"The study {study.name!r} trains no recipe", expected="a study of 'tunebook train'"
        )
    del body["name"]
    if not study.space.dimensions:
        values = dict(study.space.default())
        body["set"] = {**body.get("set", {}), **values}
        body = {k: v for k, v in body.items() if k not in {"space", "search"}}
    return body
