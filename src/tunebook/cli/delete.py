"""``tunebook delete``: delete a study, a dataset or a guide for good."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tunebook.cli.named import find_named
from tunebook.cli.options import AnyName, AsJson
from tunebook.cli.output import emit_json, say
from tunebook.cli.place import Place
from tunebook.errors import InputError


def delete(
    place: Place,
    name: AnyName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a study, a dataset or a guide, with all its files. This cannot be undone.

    A study or guide that is running is refused.
    """
    found = find_named(place, name)
    what = f"the {'dataset' if found.kind == 'data' else found.kind} {found.name}: {found.holds}"
    if not yes and not sys.stdin.isatty():
        raise InputError(
            "Nobody can be asked here whether to delete this", got=what, do="Give --yes"
        )
    if not yes and not typer.confirm(f"Delete {what}?", err=True):
        say("Nothing was deleted.")
        raise typer.Exit(2)
    found.delete()
    if as_json:
        emit_json({"kind": found.kind, "name": found.name})
    else:
        say(f"Deleted {what}.")
