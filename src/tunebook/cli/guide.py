"""``tunebook guide``: the tuning playbook carried out for a training task, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunebook.cli.options import AsJson, Quiet, Settings
from tunebook.cli.output import emit, emit_json, say
from tunebook.cli.place import Place
from tunebook.cli.values import values_of
from tunebook.errors import InputError
from tunebook.records.text import clean

if TYPE_CHECKING:
    from tunebook.guide.session import Session


def guide(
    place: Place,
    task: Annotated[
        str,
        typer.Argument(metavar="TASK", help="file.py:Name of a training task, or a study file."),
    ],
    budget: Annotated[
        int, typer.Option(metavar="N", help="Updates for everything: all stages share them.")
    ],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Take every decision as proposed; ask nothing.")
    ] = False,
    target: Annotated[
        float | None, typer.Option(metavar="VALUE", help="The metric's value that is wanted.")
    ] = None,
    settings: Settings = None,
    until: Annotated[
        int, typer.Option(metavar="N", min=0, max=8, help="The last stage to carry out.")
    ] = 8,
    again: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, max=8, help="Repeat this stage and those after it."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="CHECK=REASON", help="Pass a gate's check, with a recorded reason."),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The guide's name.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Makes the guide repeatable.")] = 0,
    workers: Annotated[int, typer.Option(metavar="N", min=0, help="Trials at the same time.")] = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Carry the tuning playbook out for a training task: debug, measure, decide, confirm.

    tunebook guide digits_task.py:Digits --budget 30000 --yes

    Interrupted or killed, the same command goes on where it was. Every decision is shown with its
    reason, and without --yes each is asked for.
    """
    from tunebook.guide.carry_out import GuideOptions, outcome
    from tunebook.guide.carry_out import guide as carried_out
    from tunebook.guide.session import agree
    from tunebook.settings import find_settings
    from tunebook.study.study_file import read_study_file
    from tunebook.training.task import load_task

    options = GuideOptions(
        budget,
        name=name,
        seed=seed,
        workers=workers,
        target=target,
        config=values_of(settings or []),
        skip=dict(_waiver(text) for text in skip or []),
        until=until,
        again=again,
    )
    session = carried_out(
        read_study_file(task) if task.endswith((".yaml", ".yml")) else load_task(task),
        options,
        home=find_settings(place.home, place.store).home,
        ask=agree if yes or as_json else _asked,
        tell=(lambda line: None) if quiet or as_json else say,
    )
    emit_json(outcome(session)) if as_json else _show(session)


def _waiver(text: str) -> tuple[str, str]:
    check, equals, reason = text.partition("=")
    if not equals or not reason.strip():
        raise InputError(
            "A gate is passed with a reason", got=text, expected="--skip baselines='known to work'"
        )
    return check.strip(), reason.strip()


def _asked(name: str, value: Any, reason: str) -> Any:
    """Ask a person about a decision; an empty answer agrees."""
    from tunebook.space.parse import parse_value

    if isinstance(value, dict | list):
        return value
    answer = typer.prompt(
        clean(f"  {name} = {value} ({reason})"), default=str(value), show_default=False
    )
    return value if answer == str(value) else parse_value(answer)


def _show(session: Session) -> None:
    from tunebook.guide.report import guide_sections

    (result, budget, *_) = guide_sections(session)
    emit(*result.paragraphs, *budget.paragraphs)
    emit(*(f"  {row[0]:<16} {row[1]}" for table in result.tables for row in table.rows))
    emit(f"report: {session.log.folder / 'report.html'}")
