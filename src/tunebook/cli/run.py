"""``tunebook run``: a study from a file, or from a script and its parameters."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunebook.cli import options as opt
from tunebook.cli.output import say
from tunebook.cli.place import Place, study_named
from tunebook.cli.train import train_file
from tunebook.cli.values import search_of
from tunebook.errors import InputError, StudyNotFoundError

if TYPE_CHECKING:
    from tunebook.study.study_file import StudyFile


@opt.with_flags(
    *("maximize", "minimize", "reduce", "max_steps", "warm_start", "workers", "per_device"),
    *("trial_timeout_s", "seed", "name", "pattern", "grace_s", "diverged_exit"),
    *("diverged_pattern", "notes", *opt.LIMITS),
)
def run(
    place: Place,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="STUDY.yaml | -- COMMAND", help="A study file, or a command."),
    ] = None,
    parameter: opt.Parameters = None,
    constraint: opt.Constraints = None,
    search: opt.Search = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take all as is.")] = False,
    quiet: opt.Quiet = False,
    as_json: opt.AsJson = False,
    **flags: Any,
) -> None:
    """Tune an untouched script, or what a study file describes.

    tunebook run study.yaml

    tunebook run -p 'lr=log(1e-5,1)' --maximize acc -- python train.py --lr {lr}

    A study that exists already goes on where it was. Ctrl-C ends politely and keeps everything;
    the same command goes on.
    """
    from tunebook.errors import MetricUnclearError

    flags["search"] = None if search is None else search_of(search)
    file = described(words or [], parameter or [], constraints=constraint or [], flags=flags)
    if file.recipe is not None:
        raise typer.Exit(train_file(file, place, quiet=quiet, as_json=as_json))
    asks = not (yes or as_json) and sys.stdin.isatty() and sys.stderr.isatty()
    if not yes:
        file = _checked_direction(file, place, asks=asks)
    while True:
        try:
            raise typer.Exit(_carry_on(file, place, quiet=quiet, as_json=as_json))
        except MetricUnclearError as error:
            if not asks:
                raise
            file = _asked_metric(file, error)


def _carry_on(file: StudyFile, place: Place, *, quiet: bool, as_json: bool) -> int:
    from tunebook.cli.driving import carry_on
    from tunebook.presets.described import open_described, unused_parameters

    study = open_described(file, home=place.home, store=place.store)
    unused = unused_parameters(file)
    if unused and not quiet:
        placeholders = " ".join(f"{{{name}}}" for name in unused)
        say(f"The command does not use {', '.join(unused)}: there is no {placeholders} in it.")
    devices = {"workers": file.workers, "per_device": file.per_device}
    return carry_on(study, **devices, quiet=quiet, as_json=as_json)


def _checked_direction(file: StudyFile, place: Place, *, asks: bool) -> StudyFile:
    """Return the file, with the other direction if that was a slip.

    ``InputError`` where the name contradicts the direction and nobody can be asked. A study that
    has trials already is not asked about again.
    """
    from tunebook.execution.readings import usual_direction

    direction, metric = file.objective.direction, file.objective.metric
    usual = usual_direction(metric)
    if usual is None or usual == direction:
        return file
    with suppress(StudyNotFoundError):
        if file.name is not None and study_named(place, file.name).trials:
            return file
    slip = f"--{direction} {metric}: by its name one would {usual} it"
    if not asks:
        raise InputError(
            slip, do=f"Give --{usual} {metric}, or add --yes if --{direction} is meant"
        )
    if typer.confirm(f"{slip}. {usual.capitalize()} it?", default=True, err=True):
        return file.changed({usual: metric})
    return file


def _asked_metric(file: StudyFile, error: InputError) -> StudyFile:
    """Ask which of several numbers is the metric, and return the file with that one."""
    say(error.what)
    direction = file.objective.direction
    metric = typer.prompt(f"--{direction}", err=True).strip()
    return file.changed({direction: metric.removeprefix(f"--{direction} ").strip("'\"")})


def described(
    words: Sequence[str],
    parameters: Sequence[str],
    *,
    constraints: Sequence[str] = (),
    flags: dict[str, Any],
) -> StudyFile:
    """Return the study that a command line describes: a command if there are parameters."""
    from tunebook.execution.script_command import join_command
    from tunebook.space import Space
    from tunebook.study.study_file import checked_file, read_study_file

    if not parameters and len(words) == 1:
        return read_study_file(words[0]).changed(flags)
    if not parameters:
        raise InputError(
            "There is nothing to tune",
            got=" ".join(words) or None,
            expected="a study file, or parameters and a command: "
            "tunebook run -p 'lr=log(1e-5,1)' --maximize acc -- python train.py --lr {lr}",
        )
    if len(words) == 1 and words[0].endswith((".yaml", ".yml")):
        raise InputError(
            "A study file has a space of its own", got=list(parameters), do="Leave out -p"
        )
    space = Space.parse(parameters, constraints=constraints)
    if not words:
        raise InputError(
            "The command to tune is missing", expected="after --: -- python train.py --lr {lr}"
        )
    if flags["maximize"] is None and flags["minimize"] is None:
        raise InputError(
            "The metric to drive is missing", expected="--maximize val_acc or --minimize val_loss"
        )
    body = {
        "command": words[0] if len(words) == 1 else join_command(words),
        "space": space.to_dict(),
        "objective": {},
    }
    return checked_file(body).changed(flags)
