"""``tune`` and ``load``: the two calls with which everything begins."""

from __future__ import annotations

import os
from typing import Any, Unpack

from tunebook.search.registry import make_searcher
from tunebook.space import Space
from tunebook.study.opening import Opened, open_settings_store, open_study, settings_for
from tunebook.study.options import RunOptions, TuneOptions, checked_options, showing_options
from tunebook.study.running import resolve_workers
from tunebook.study.study import Study
from tunebook.study.tasks import describe_task, name_of
from tunebook.training import TrainingFunction

DEFAULT_TRIALS = 10
"""The trials of a study that has no limit at all (S0.11)."""

_LIMITS = ("trials", "steps", "hours", "cost", "target", "patience")


@showing_options(TuneOptions)
def tune(train: TrainingFunction, space: Space, **options: Unpack[TuneOptions]) -> Study:
    """Find the best configuration of ``space`` for a training function, and return the study.

    ``train(trial)`` trains with ``trial.config`` and reports with ``trial.report(name=value)``.
    Exactly one of ``maximize`` and ``minimize`` names the metric. The other keywords are explained
    at ``tunebook.study.options``: ``StudyOptions`` and ``RunOptions``. Called again with the same
    ``name`` it goes on where it was; Ctrl-C puts the study down politely and returns it.
    """
    opts = checked_options(options, TuneOptions, caller="tune")
    opts["workers"] = resolve_workers(opts["workers"], opts["per_device"])
    opts = with_some_limit(opts)
    searcher = make_searcher(opts["search"])
    opened = open_study(space, opts, task=describe_task(train), stem=name_of(train))
    study = Study(opened, searcher=searcher, function=train)
    return study.run(train, **{name: opts[name] for name in RunOptions.__annotations__})


def with_some_limit(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with ``DEFAULT_TRIALS`` if they have no limit at all."""
    is_limited = any(options[limit] is not None for limit in _LIMITS)
    return options if is_limited else options | {"trials": DEFAULT_TRIALS}


def load(
    name: str, *, home: str | os.PathLike[str] | None = None, store: str | None = None
) -> Study:
    """Return the study of that name; ``StudyNotFoundError`` offers the nearest one."""
    settings = settings_for({"home": home, "store": store})
    opened = open_settings_store(settings)
    return Study(Opened(opened, opened.find_study(name), settings))
