"""``tunebook ui``: the dashboard, on loopback unless told otherwise."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tunebook.cli.output import emit, say
from tunebook.cli.place import Place, opened_store
from tunebook.errors import InputError

LOOPBACK = "127.0.0.1"
PORT = 8410


def ui(
    place: Place,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 is any that is free.")
    ] = PORT,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen. Others can reach it then.")
    ] = LOOPBACK,
) -> None:
    """Serve the dashboard until interrupted, and print its address.

    The address holds a token: only who has it may look. It is reachable from this machine alone
    unless --host says otherwise.
    """
    try:
        from tunebook.dashboard.server import serve
    except ModuleNotFoundError as error:
        raise InputError(
            "The dashboard needs packages that are not installed",
            got=error.name,
            do="pip install 'tunebook[ui]'",
        ) from error
    opened, settings = opened_store(place)
    if host != LOOPBACK:
        say(f"Listening on {host}: whoever can reach this machine and has the address may steer.")
    serve(opened, settings, host=host, port=port, ready=_tell)


def _tell(address: str) -> None:
    emit(address)
    say("Open this address in a browser; Ctrl-C ends the dashboard, and nothing else.")
    sys.stdout.flush()
