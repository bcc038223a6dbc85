"""``tunebook check``: what is wrong with a training task, before anything is searched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tunebook.cli.options import AsJson, Quiet
from tunebook.cli.output import emit, emit_json, emit_table, say
from tunebook.cli.values import values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunebook.records.finding import Finding

_WIDTH = 70


def check(
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="file.py:Name or module:Name of a training task.")
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A value of the configuration, as lr=0.1."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of weights and batches.")] = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Look for mistakes in a training task: its data, network, loss and a single batch.

    tunebook check digits_task.py:Digits

    Prints PASS, NOTICE or PROBLEM for each check, with what was measured and what to do. Exit code
    1 when something is wrong.
    """
    from tunebook.probes.check import check as checked
    from tunebook.records.finding import Verdict, leading_causes, worst
    from tunebook.training.task import load_task

    config = values_of(settings or [])
    loaded = load_task(task)
    on_stage = (lambda stage: None) if quiet or as_json else (lambda stage: say(f"{stage} ..."))
    found = checked(loaded, config, seed=seed, on_stage=on_stage)
    if as_json:
        told = {"task": loaded.name, "verdict": worst(found).value}
        emit_json({**told, "causes": leading_causes(found), "findings": found})
    else:
        _show(found)
    raise typer.Exit(1 if worst(found) is Verdict.PROBLEM else 0)


def _show(found: Sequence[Finding]) -> None:
    from rich.text import Text

    from tunebook.records.finding import Verdict, leading_causes

    colours = {Verdict.PASS: "green", Verdict.NOTICE: "yellow", Verdict.PROBLEM: "red"}
    rows = [
        (Text(f.verdict.name, colours[f.verdict]), f.title, _short(f.value), _short(f.expected))
        for f in found
    ]
    emit_table(["", "check", "value", "expected"], rows)
    for finding in found:
        if finding.verdict is not Verdict.PASS:
            emit("")
            emit(f"{finding.verdict.name} {finding.title}")
            _detail("value", finding.value)
            _detail("expected", finding.expected)
            _detail("likely", "; ".join(finding.causes))
            _detail("where", "; ".join(finding.items[:5]))
            _detail("next test", finding.next_test)
            _detail("do", finding.advice)
    likely = leading_causes(found)
    if likely:
        emit("")
        emit(f"Likeliest: {'; '.join(likely)}.")
    counts = {v: sum(f.verdict is v for f in found) for v in Verdict}
    emit("")
    emit(", ".join(f"{n} {verdict.name}" for verdict, n in counts.items() if n))


def _detail(name: str, text: str) -> None:
    if text:
        emit(f"  {name:<10} {text}")


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
