"""A study's description, what of it may change between two runs (by an event) and what may not."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from tunebook.engine import Facts
from tunebook.errors import InputError, StudyExistsError
from tunebook.records import (
    Budget,
    BudgetChanged,
    Event,
    NotesChanged,
    Objective,
    SpaceChanged,
    StudySpec,
    TaskKind,
    TaskRef,
)
from tunebook.search.registry import describe, make_searcher
from tunebook.space import Space
from tunebook.study.environment import describe_environment

_MAX_NAME = 200
_STEPS = {
    "what": "max_steps is the number of steps of a full training",
    "expected": "a whole number from 1, or None if the task decides",
}
_SEED = {"what": "A seed cannot be this", "expected": "a whole number from 0"}


def describe_study(
    space: Space, options: Mapping[str, Any], *, task: TaskRef, name: str
) -> StudySpec:
    """Return the description; each part refuses what it cannot use with its own error."""
    if not isinstance(space, Space):
        raise InputError(
            "A study needs a space",
            got=space,
            expected="tunebook.Space(lr=tunebook.Float(1e-5, 1, log=True), ...)",
        )
    objective = Objective.of(
        maximize=options["maximize"], minimize=options["minimize"], reduce=options["reduce"]
    )
    max_steps = options["max_steps"]
    budget = Budget(**{field.name: options[field.name] for field in fields(Budget)})
    return StudySpec(
        name=checked_name(name),
        space=space.to_dict(),
        objective=objective,
        budget=budget,
        max_steps=None if max_steps is None else whole_number(max_steps, 1, **_STEPS),
        search=describe(make_searcher(options["search"])),
        workers=options.get("workers") or 0,
        per_device=options.get("per_device") or 1,
        trial_timeout_s=options.get("trial_timeout_s"),
        seed=whole_number(options["seed"], 0, **_SEED),
        task=task,
        notes=options["notes"],
        environment=describe_environment() | _data_of(task),
    )


def _data_of(task: TaskRef) -> dict[str, Any]:
    """Return what a recipe is trained on, which must agree where studies are ordered (I1)."""
    if task.kind is not TaskKind.RECIPE:
        return {}
    options = task.options
    data = options.get("conditions", {}).get("data") or task.reference
    share, updates = options.get("data_fraction", 1.0), options["updates_per_step"]
    return {"data": f"{data}, {share:.0%} of it for training, {updates} updates in a step"}


def changes_to(facts: Facts, wanted: StudySpec, now: float) -> Sequence[Event]:
    """Return the events that make a study of this name the one that is wanted.

    Budget, space and notes may change: old trials stay under their version of the space.
    ``StudyExistsError`` names what else differs, for then values could not be compared (I1).
    """
    known = facts.known_spec
    differing = {
        label: (before, after)
        for label, before, after in (
            ("objective", known.objective, wanted.objective),
            ("max_steps", known.max_steps, wanted.max_steps),
            ("seed", known.seed, wanted.seed),
            ("search", known.search, wanted.search),
            ("warm_start", _names(known), _names(wanted) or _names(known)),
            *_of_tasks(known.task, wanted.task),
        )
        if before != after
    }
    if differing:
        told = "; ".join(
            f"{name} was {_said(a)}, is {_said(b)}" for name, (a, b) in differing.items()
        )
        raise StudyExistsError(
            f"There is a study {known.name!r} already, and it is another one",
            got=told,
            do=f"Give this study another name, or go on with the old one as it is: "
            f"tunebook resume {shlex.quote(known.name)}",
        )
    events: list[Event] = []
    if wanted.budget != facts.budget:
        events.append(BudgetChanged(now, wanted.budget))
    if Space.from_dict(wanted.space) != Space.from_dict(facts.space):
        events.append(SpaceChanged(now, wanted.space, facts.space_version + 1))
    if wanted.notes and wanted.notes != facts.notes:
        events.append(NotesChanged(now, wanted.notes))
    return events


def _of_tasks(known: TaskRef, wanted: TaskRef) -> list[tuple[str, object, object]]:
    """Return the parts of a task that stay once it was begun: else values mean something else (I1).

    Of a recipe that is all of it (S0.5), of a script its command and how its output is read. A
    function may be another one: who writes one in a notebook changes it as they go.
    """
    if TaskKind.SCRIPT in {known.kind, wanted.kind}:
        (command, pattern), (words, reading) = (
            (" ".join(task.reference.split()), list(task.options.get("patterns") or ()))
            for task in (known, wanted)
        )
        return [("command", command, words), ("pattern", pattern, reading)]
    if TaskKind.RECIPE not in {known.kind, wanted.kind}:
        return []
    parts: list[tuple[str, object, object]] = [("task", known.reference, wanted.reference)]
    for name in sorted({*known.options, *wanted.options} - {"defaults"}):
        before, after = known.options.get(name), wanted.options.get(name)
        parts.append((name.replace("_", " "), before, after))
    return parts


def _names(spec: StudySpec) -> list[str]:
    return [past["name"] for past in spec.past]


def _said(value: object) -> str:
    if isinstance(value, Objective):
        return f"{value.direction} {value.metric} ({value.reduce})"
    return str(value)


def free_name(stem: str, taken: Sequence[str]) -> str:
    """Return ``stem-1``, ``stem-2`` or whatever is the first that is not taken."""
    known = set(taken)
    return next(name for k in range(1, len(known) + 2) if (name := f"{stem}-{k}") not in known)


def checked_name(name: object) -> str:
    """Return the name; ``InputError`` if a study cannot have it."""
    is_usable = isinstance(name, str) and name.strip() == name and name.isprintable()
    if not is_usable or not 0 < len(str(name)) <= _MAX_NAME:
        raise InputError(
            "A study cannot have this name",
            got=name,
            expected=f"1 to {_MAX_NAME} printable characters, no space at either end",
        )
    return str(name)


def whole_number(value: object, least: int, *, what: str, expected: str) -> int:
    """Return a whole number of ``least`` or more; ``InputError`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(what, got=value, expected=expected)
    return value
