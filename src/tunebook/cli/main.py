"""The ``tunebook`` command: its global options, its commands, what it does with errors.

Starting must stay light (``tunebook --help`` in 0.2 s): commands import what they use when called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import Annotated

import typer

from tunebook.cli.best import best
from tunebook.cli.check import check
from tunebook.cli.compare import compare
from tunebook.cli.data import data
from tunebook.cli.delete import delete
from tunebook.cli.demo import demo
from tunebook.cli.export import export
from tunebook.cli.guide import guide
from tunebook.cli.list import list_studies
from tunebook.cli.options import Home, Store
from tunebook.cli.place import at_place
from tunebook.cli.recover import recover
from tunebook.cli.rename import rename
from tunebook.cli.report import report
from tunebook.cli.resume import resume
from tunebook.cli.run import run
from tunebook.cli.show import show
from tunebook.cli.stop import stop
from tunebook.cli.train import train
from tunebook.cli.trials import trials
from tunebook.cli.ui import ui
from tunebook.errors import (
    InputError,
    NotAStoreError,
    StoreVersionError,
    StudyBusyError,
    StudyExistsError,
    StudyNotFoundError,
    TunebookError,
)

BAD_INPUT = (
    InputError,
    StudyNotFoundError,
    StudyExistsError,
    StudyBusyError,
    NotAStoreError,
    StoreVersionError,
)
"""What the user can set right by another command: exit code 2. Every other error is 1."""

app = typer.Typer(
    name="tunebook",
    help="Find the best configuration for a training script or function.",
    epilog="Exit codes: 0 done, 1 the study failed, 2 bad input, 130 interrupted (state kept).",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: dict[str, Callable[..., None]] = {
    command.__name__.removesuffix("_studies"): command
    for command in (
        *(demo, run, train, list_studies, show, best, trials, stop, resume, check, guide),
        *(compare, export, report, rename, delete, recover, ui),
    )
}
for name, command in COMMANDS.items():
    app.command(name)(at_place(command))
app.add_typer(data, name="data")


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        typer.echo(f"tunebook {version('tunebook')}")
        raise typer.Exit


@app.callback()
def everywhere(
    ctx: typer.Context,
    home: Home = None,
    store: Store = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of errors.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Find the best configuration for a training script or function."""
    del debug, version  # main() and the callback look after these
    ctx.obj = (home, store)


def main(args: Sequence[str] | None = None) -> None:
    """Carry out a command line and exit with its code."""
    words = list(sys.argv[1:] if args is None else args)
    ours = words[: words.index("--")] if "--" in words else words
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal that knows only ASCII shows the other letters as escapes.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(words, prog_name="tunebook")
    except TunebookError as error:
        if "--debug" in ours:
            raise
        from tunebook.cli.output import complain

        complain(str(error))
        sys.exit(2 if isinstance(error, BAD_INPUT) else 1)
