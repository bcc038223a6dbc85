"""``tunebook rename``: give a study, a dataset or a guide another name."""

from __future__ import annotations

from typing import Annotated

import typer

from tunebook.cli.named import find_named
from tunebook.cli.options import AnyName, AsJson
from tunebook.cli.output import emit_json, say
from tunebook.cli.place import Place


def rename(
    place: Place,
    name: AnyName,
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
    as_json: AsJson = False,
) -> None:
    """Give a study, a dataset or a guide another name. One that is running is refused."""
    found = find_named(place, name)
    found.rename(new_name)
    if as_json:
        emit_json({"kind": found.kind, "name": new_name})
    else:
        say(f"Renamed {found.name} to {new_name}.")
