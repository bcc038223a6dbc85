"""``tunebook run``: a study from a file, or from a script and its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from tunebook.cli.direction import checked_direction, is_terminal
from tunebook.cli.options import (
    AsJson,
    Constraints,
    DivergedExit,
    DivergedPattern,
    Grace,
    Home,
    Maximize,
    MaxSteps,
    Minimize,
    Name,
    Notes,
    Parameters,
    Patterns,
    PerDevice,
    Quiet,
    Reduce,
    Search,
    Seed,
    Store,
    Timeout,
    WarmStart,
    Words,
    Workers,
    Yes,
    with_limits,
)
from tunebook.cli.output import say
from tunebook.cli.place import Place, place_of
from tunebook.cli.train import train_file
from tunebook.cli.values import search_of
from tunebook.errors import InputError

if TYPE_CHECKING:
    from tunebook.study.study_file import StudyFile

_KEYS = (
    *("maximize", "minimize", "reduce", "max_steps", "seed", "name", "notes"),
    *("workers", "per_device", "diverged_exit", "diverged_pattern"),
)


@with_limits
def run(
    ctx: typer.Context,
    words: Words = None,
    parameter: Parameters = None,
    constraint: Constraints = None,
    maximize: Maximize = None,
    minimize: Minimize = None,
    reduce: Reduce = None,
    max_steps: MaxSteps = None,
    search: Search = None,
    warm_start: WarmStart = None,
    workers: Workers = None,
    per_device: PerDevice = None,
    timeout: Timeout = None,
    seed: Seed = None,
    name: Name = None,
    pattern: Patterns = None,
    grace: Grace = None,
    diverged_exit: DivergedExit = None,
    diverged_pattern: DivergedPattern = None,
    yes: Yes = False,
    notes: Notes = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    home: Home = None,
    store: Store = None,
    **limits: float | None,
) -> None:
    """Tune an untouched script, or what a study file describes.

    tunebook run study.yaml

    tunebook run -p 'lr=log(1e-5,1)' --maximize acc -- python train.py --lr {lr}

    A study that exists already goes on where it was. Ctrl-C ends politely and keeps everything;
    the same command goes on.
    """
    from tunebook.errors import MetricUnclearError

    flags = {key: ctx.params[key] for key in _KEYS} | limits
    flags |= {"trial_timeout_s": timeout, "pattern": pattern or None, "grace_s": grace}
    flags["warm_start"] = tuple(warm_start) if warm_start else None
    flags["search"] = None if search is None else search_of(search)
    place = place_of(ctx, home, store)
    file = described(words or [], parameter or [], constraints=constraint or [], flags=flags)
    if file.recipe is not None:
        raise typer.Exit(train_file(file, place, quiet=quiet, as_json=as_json))
    asks = not (yes or as_json) and is_terminal()
    if not yes:
        file = checked_direction(file, place, asks=asks)
    while True:
        try:
            code = _carry_on(file, place, quiet=quiet, as_json=as_json)
            break
        except MetricUnclearError as error:
            if not asks:
                raise
            file = _asked_metric(file, error)
    raise typer.Exit(code)


def _carry_on(file: StudyFile, place: Place, *, quiet: bool, as_json: bool) -> int:
    from tunebook.cli.driving import carry_on
    from tunebook.study.described import open_described, unused_parameters

    study = open_described(file, home=place.home, store=place.store)
    unused = unused_parameters(file)
    if unused and not quiet:
        placeholders = " ".join(f"{{{name}}}" for name in unused)
        say(f"The command does not use {', '.join(unused)}: there is no {placeholders} in it.")
    return carry_on(
        study,
        workers=study.spec.workers if file.workers is None else file.workers,
        per_device=file.per_device,
        quiet=quiet,
        as_json=as_json,
    )


def _asked_metric(file: StudyFile, error: InputError) -> StudyFile:
    """Ask which of several numbers is the metric, and return the file with that one."""
    say(error.what)
    direction = "maximize" if file.objective.maximize is not None else "minimize"
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
    from tunebook.study.study_file import read_study_file

    if parameters:
        return _of_command(words, parameters, constraints, flags)
    if len(words) == 1:
        return read_study_file(words[0]).changed(flags)
    raise InputError(
        "There is nothing to tune",
        got=" ".join(words) or None,
        expected="a study file, or parameters and a command: "
        "tunebook run -p 'lr=log(1e-5,1)' --maximize acc -- python train.py --lr {lr}",
    )


def _of_command(
    words: Sequence[str], parameters: Sequence[str], constraints: Sequence[str], flags: Any
) -> StudyFile:
    from tunebook.execution.script_command import join_command
    from tunebook.space import Space
    from tunebook.study.study_file import checked_file

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
