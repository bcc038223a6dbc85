"""Asks when a metric is driven in the direction that its name contradicts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from tunebook.cli.place import Place, study_named
from tunebook.errors import InputError, StudyNotFoundError

if TYPE_CHECKING:
    from tunebook.study.study_file import StudyFile


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def checked_direction(file: StudyFile, place: Place, *, asks: bool) -> StudyFile:
    """Return the file, with the other direction if that was a slip.

    ``InputError`` where the name contradicts the direction and nobody can be asked. A study that
    has trials already is not asked about again.
    """
    from tunebook.execution.readings import usual_direction

    direction, metric = file.objective.direction, file.objective.metric
    usual = usual_direction(metric)
    if usual is None or usual == direction or _has_trials(file.name, place):
        return file
    slip = f"--{direction} {metric}: by its name one would {usual} it"
    if not asks:
        raise InputError(
            slip, do=f"Give --{usual} {metric}, or add --yes if --{direction} is meant"
        )
    if typer.confirm(f"{slip}. {usual.capitalize()} it?", default=True, err=True):
        return file.changed({usual: metric})
    return file


def _has_trials(name: str | None, place: Place) -> bool:
    try:
        return name is not None and bool(study_named(place, name).trials)
    except StudyNotFoundError:
        return False
