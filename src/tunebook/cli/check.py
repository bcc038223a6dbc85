"""``tunebook check``: what is wrong with a task, a recipe, a study file, a dataset or a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunebook.cli.options import AsJson, Quiet, Settings
from tunebook.cli.output import emit, emit_json, emit_table, say
from tunebook.cli.place import Place, has_store, opened_store
from tunebook.cli.values import values_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tunebook.checks.examination import Examination
    from tunebook.checks.subjects import Subject
    from tunebook.records.finding import Finding

_WIDTH = 70


def check(
    place: Place,
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="file.py:Task, a recipe, a study file, or the name of a dataset or a study.",
        ),
    ],
    data: Annotated[
        str | None, typer.Option(metavar="NAME", help="The dataset that a recipe trains on.")
    ] = None,
    settings: Settings = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of weights and batches.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 also if something is UNKNOWN.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also sweep rates and time batches: takes minutes.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Look for mistakes in a training task or study file, in data, or in a finished study.

    tunebook check digits_task.py:Digits

    Prints PASS, NOTICE, UNKNOWN or PROBLEM for each check, with what was measured and what to do.
    Of a finished study it says why its model is no better. Exit code 1 when something is wrong.
    """
    from tunebook.checks.examination import examine
    from tunebook.checks.registry import CHECKS
    from tunebook.records.finding import Verdict, leading_causes, worst

    given = values_of(settings or [])
    found = _subject(place, subject, data=data, given=given, seed=seed)
    done = examine(
        CHECKS,
        found.abilities,
        carry_out=found.carry_out,
        config=found.config,
        length=found.length,
        is_full=everything,
        on_check=lambda one: None if quiet or as_json else say(f"{one.name}: {one.question}"),
    )
    verdict = worst(done.findings)
    if as_json:
        told: dict[str, Any] = {
            "task": found.name,
            "subject": found.name,
            "kind": found.kind,
            "verdict": verdict,
        }
        told |= {"causes": leading_causes(done.findings), "findings": done.findings}
        emit_json(told | {"left_out": done.left_out, "experiments": len(done.readings)})
    else:
        _show(done)
    is_unknown = any(finding.verdict is Verdict.UNKNOWN for finding in done.findings)
    raise typer.Exit(1 if verdict is Verdict.PROBLEM or (strict and is_unknown) else 0)


def _subject(
    place: Place, name: str, *, data: str | None, given: Mapping[str, Any], seed: int
) -> Subject:
    from tunebook.checks.subjects import find_subject
    from tunebook.settings import find_settings

    home = find_settings(*place).home
    is_said = name.startswith(("recipe:", "data:", "study:"))
    if data is None and name.endswith((".yaml", ".yml")) and not is_said:
        return _of_file(name, home, given, seed)
    store = opened_store(place)[0] if has_store(place) else None
    return find_subject(name, home=home, store=store, data=data, given=given, seed=seed)


def _of_file(path: str, home: Path, given: Mapping[str, Any], seed: int) -> Subject:
    """Return what a study file describes; its function or script can only be trained."""
    from tunebook.checks.check import Ability
    from tunebook.checks.first_trial import Description
    from tunebook.checks.subjects import Subject, of_preset
    from tunebook.checks.trial_laboratory import TrialLaboratory
    from tunebook.presets.recipe_file import recipe_of
    from tunebook.records import Budget, Configuration, Objective, TaskKind
    from tunebook.space import Space
    from tunebook.study.study_file import read_study_file
    from tunebook.study.tasks import load_ref

    file = read_study_file(path)
    if file.recipe is not None:
        values = {**file.set, **given}
        return of_preset(recipe_of(file), data=file.data, home=home, given=values, seed=seed)
    task, space, name = file.task(), Space.from_dict(file.space), str(file.name)
    described = Description(
        Objective.of(**file.objective.model_dump()),
        Budget(**file.budget.model_dump()),
        file.max_steps,
        file.workers or 1,
        starts_each_trial=task.kind is TaskKind.SCRIPT,
    )
    config = Configuration({**space.default(file.max_steps), **given})
    space.check(config, file.max_steps)
    carry_out = TrialLaboratory(name, load_ref(task), described, seed).carry_out
    abilities, length = frozenset({Ability.CAN_TRAIN}), file.max_steps or 1
    return Subject(name, "study file", abilities, carry_out, config, length)


def _show(done: Examination) -> None:
    from rich.text import Text

    from tunebook.records.finding import Verdict, leading_causes

    colours = dict(zip(Verdict, ("green", "yellow", "magenta", "red"), strict=True))
    found = done.findings
    rows = [
        (Text(f.verdict.name, colours[f.verdict]), f.title, _short(f.value), _short(f.expected))
        for f in found
    ]
    emit_table(["", "check", "value", "expected"], rows)
    for finding in found:
        if finding.verdict is not Verdict.PASS:
            _show_details(finding)
    likely = leading_causes(found)
    if likely:
        emit("", f"Likeliest: {'; '.join(likely)}.")
    if done.left_out:
        emit("")
        names: dict[str, list[str]] = {}
        for name, why in done.left_out.items():
            names.setdefault(why, []).append(name)
        emit("Left out:")
        for why, left in names.items():
            emit(f"  {why}: {', '.join(left)}")
    counts = {v: sum(f.verdict is v for f in found) for v in Verdict}
    told = ", ".join(f"{n} {verdict.name}" for verdict, n in counts.items() if n)
    n = len(done.readings)
    emit("", f"{told or 'nothing was checked'}; {n} experiment{'s' * (n != 1)}")


def _show_details(finding: Finding) -> None:
    emit("", f"{finding.verdict.name} {finding.title}")
    for name, text in (
        ("value", finding.value),
        ("expected", finding.expected),
        ("likely", "; ".join(finding.causes)),
        ("where", "; ".join(finding.items[:5])),
        ("next test", finding.next_test),
        ("do", finding.advice),
    ):
        if text:
            emit(f"  {name:<10} {text}")


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
