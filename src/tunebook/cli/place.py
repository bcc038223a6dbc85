"""Where a command finds studies: the home and store of its own options, or of the global ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from tunebook.cli import options as opt
from tunebook.errors import StudyNotFoundError
from tunebook.settings import Settings, find_settings

if TYPE_CHECKING:
    from tunebook.storage import Store
    from tunebook.study import Study


class Place(NamedTuple):
    """A home and a store as they were given; None for the usual ones."""

    home: str | None
    store: str | None


def at_place(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --home and --store, before or behind its name; it takes both as ``place``."""

    @wraps(command)
    def run(
        ctx: typer.Context, home: opt.Home = None, store: opt.Store = None, **options: Any
    ) -> None:
        command(place=place_of(ctx, home, store), **options)

    keyword = inspect.Parameter.KEYWORD_ONLY
    own = inspect.signature(command, eval_str=True).parameters.values()
    parameters = [p.replace(kind=keyword) for p in own if p.name != "place"]
    parameters.append(inspect.Parameter("ctx", keyword, annotation=typer.Context))
    for name, kind in (("home", opt.Home), ("store", opt.Store)):
        parameters.append(inspect.Parameter(name, keyword, default=None, annotation=kind))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    return run


def place_of(ctx: typer.Context, home: str | None, store: str | None) -> Place:
    """Return the place that a command was given, else that before the command."""
    everywhere = ctx.obj or (None, None)
    return Place(home or everywhere[0], store or everywhere[1])


def opened_store(place: Place) -> tuple[Store, Settings]:
    """Open the store, and say which state is shown when it can only be read."""
    from tunebook.cli.output import say
    from tunebook.study.opening import open_settings_store

    settings = find_settings(*place)
    store = open_settings_store(settings)
    if store.note:
        say(f"{store.note}.")
    return store, settings


def all_studies(place: Place) -> list[Study]:
    """Return every study, oldest first. Nothing is made if there is no store yet."""
    from tunebook.study import Study
    from tunebook.study.opening import Opened

    if not has_store(place):
        return []
    store, settings = opened_store(place)
    return [Study(Opened(store, entry.id, settings)) for entry in store.list_studies()]


def study_named(place: Place, name: str) -> Study:
    """Return the study of that name; ``StudyNotFoundError`` offers the nearest one."""
    if not has_store(place):
        raise StudyNotFoundError(
            "There is no study here yet",
            got=name,
            do=f"Looked in {find_settings(*place).store}; name another folder with --home, or "
            "start a study with 'tunebook run'",
        )
    from tunebook.study import Study
    from tunebook.study.opening import Opened

    store, settings = opened_store(place)
    return Study(Opened(store, store.find_study(name), settings))


def has_store(place: Place) -> bool:
    """Whether there is a store already: none is made by looking into it."""
    store = find_settings(*place).store
    return "://" in store or store == "memory" or Path(store).exists()
