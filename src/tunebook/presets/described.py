"""Studies from descriptions instead of functions: the command line's way into a study."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tunebook.engine import replay
from tunebook.presets.recipe_file import RecipeStudy, complete
from tunebook.records import TaskRef
from tunebook.search.registry import make_searcher
from tunebook.settings import find_settings
from tunebook.space import Space
from tunebook.study.opening import (
    Opened,
    find_or_create,
    open_settings_store,
    open_study,
    settings_for,
)
from tunebook.study.options import StudyOptions, checked_options
from tunebook.study.running import resolve_workers
from tunebook.study.study import Study
from tunebook.study.study_file import StudyFile
from tunebook.study.tasks import load_ref, name_of
from tunebook.study.tune import with_some_limit

Address = str | os.PathLike[str] | None


def open_described(file: StudyFile, *, home: Address = None, store: Address = None) -> Study:
    """Return the study of a file, ready to run; ``TaskError`` if its function is missing."""
    if file.recipe is not None:
        return open_recipe(file, home=home, store=store)[0]
    return _open(file, file.task(), home, store)


def open_recipe(
    file: StudyFile,
    *,
    home: Address = None,
    store: Address = None,
    enqueued: Sequence[Mapping[str, Any]] | None = None,
    before: Callable[[RecipeStudy], None] | None = None,
) -> tuple[Study, RecipeStudy]:
    """Return the study of a file's recipe, whose first trial is the baseline (S0.10).

    ``enqueued`` are other configurations to try first instead. ``before`` is asked once all is
    known and nothing is created: it may refuse.
    """
    made = complete(file, home=str(find_settings(home, store).home))
    if before is not None:
        before(made)
    study = _open(made.file, made.task, home, store)
    if enqueued is None:
        enqueued = [made.baseline] if made.is_search else []
    if not study.trials and not study.has_requests:
        for config in enqueued:
            study.request("enqueue", {"config": dict(config), "is_outside": True})
    return study, made


def _open(file: StudyFile, task: TaskRef, home: Address, store: Address) -> Study:
    function, described = load_ref(task), file.options()
    keys = StudyOptions.__annotations__
    given = {key: described[key] for key in keys if key in described}
    options = checked_options(given | {"home": home, "store": store}, StudyOptions, caller="run")
    options |= {key: described[key] for key in ("per_device", "trial_timeout_s")}
    options["workers"] = resolve_workers(file.workers, file.per_device)
    opened = open_study(
        Space.from_dict(file.space), with_some_limit(options), task=task, stem=name_of(function)
    )
    return Study(opened, searcher=make_searcher(file.search), function=function)


def load_changed(
    name: str, limits: Mapping[str, Any], *, home: Address = None, store: Address = None
) -> Study:
    """Return the study of that name; ``limits`` that are not None replace those of its budget."""
    settings = settings_for({"home": home, "store": store})
    opened = open_settings_store(settings)
    study = opened.find_study(name)
    changes = {limit: value for limit, value in limits.items() if value is not None}
    if changes:
        facts = replay(event for _, event in opened.events_after(study))
        budget = replace(facts.budget, **changes)
        wanted = replace(facts.known_spec, budget=budget, space=facts.space, notes=facts.notes)
        study = find_or_create(opened, wanted)
    return Study(Opened(opened, study, settings))


def unused_parameters(file: StudyFile) -> list[str]:
    """Return the parameters without a placeholder in the command of a file."""
    if file.command is None:
        return []
    function = load_ref(file.task())
    unused: list[str] = getattr(function, "unused_parameters", [])
    return unused
