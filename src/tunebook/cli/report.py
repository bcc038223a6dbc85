"""``tunebook report``: one page in one file, to keep and to send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tunebook.cli.options import StudyName
from tunebook.cli.output import say
from tunebook.cli.place import Place, study_named
from tunebook.errors import InputError


def report(
    place: Place,
    study: StudyName,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.html", help="Where to; else STUDY.html."),
    ] = None,
) -> None:
    """Write a study into one page that opens from a disk, with no server and no network."""
    loaded = study_named(place, study)
    path = output or Path(f"{study}.html".replace("/", "-"))
    try:
        loaded.write_report(path)
    except OSError as error:
        raise InputError(
            "The report cannot be written", got=str(path), do=error.strerror
        ) from error
    say(f"written: {path}")
