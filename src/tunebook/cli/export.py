"""``tunebook export``: trials or measurements as CSV or JSON, for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunebook.cli.options import StudyName
from tunebook.cli.output import emit, say
from tunebook.cli.place import Place, study_named
from tunebook.errors import InputError, nearest
from tunebook.files import write_file
from tunebook.records.text import clean

if TYPE_CHECKING:
    from tunebook.records import Trial

FORMATS = ("csv", "json")


def export(
    place: Place,
    study: StudyName,
    curves: Annotated[
        bool, typer.Option("--curves", help="Every measurement instead of a line for each trial.")
    ] = False,
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="csv (default) or json.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: print it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Write trials or all measurements as CSV or JSON."""
    wanted = _format(form, output, as_json=as_json)
    found = study_named(place, study)
    rows, columns = _rows(found.trials, curves=curves)
    if wanted == "json":
        from tunebook.records.text import to_json

        text = to_json(rows)
    else:
        text = clean(_csv(rows, columns))
    if output is None:
        emit(text.removesuffix("\n"))
        return
    try:
        write_file(output, text.rstrip("\n") + "\n")
    except OSError as error:
        raise InputError("The file cannot be written", got=str(output), do=str(error)) from None
    say(f"{len(rows)} rows in {output}")


def _format(form: str | None, output: Path | None, *, as_json: bool) -> str:
    """Return the format that was asked for, else the one that the file's name says, else CSV."""
    suffix = "" if output is None else output.suffix.removeprefix(".").lower()
    wanted = form or ("json" if as_json else suffix if suffix in FORMATS else "csv")
    if wanted not in FORMATS:
        raise InputError("There is no such format", got=form, do=nearest(wanted, FORMATS))
    return wanted


def _rows(trials: Sequence[Trial], *, curves: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of measurements or trials, and their columns."""
    from tunebook.study.results import MEASUREMENT_COLUMNS, flat_row, measurement_rows

    if curves:
        columns = list(MEASUREMENT_COLUMNS)
        return [dict(zip(columns, row, strict=True)) for row in measurement_rows(trials)], columns
    rows = [flat_row(trial) for trial in trials]
    return rows, list(dict.fromkeys(column for row in rows for column in row))


def _csv(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
