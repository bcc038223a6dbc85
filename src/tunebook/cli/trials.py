"""``tunebook trials``: the trials of a study, filtered and sorted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tunebook.cli.options import AsJson, Home, Store, StudyName
from tunebook.cli.output import emit_json, emit_table, is_unicode, say
from tunebook.cli.place import place_of, study_named

if TYPE_CHECKING:
    from rich.text import Text

    from tunebook.engine import Facts
    from tunebook.records import Trial

_POINTS = 12


def trials(
    ctx: typer.Context,
    study: StudyName,
    state: Annotated[
        list[str] | None, typer.Option(metavar="STATE", help="Only trials in it; may be repeated.")
    ] = None,
    sort: Annotated[
        str, typer.Option(metavar="COLUMN", help="A column, or config.NAME; value: best first.")
    ] = "number",
    descending: Annotated[bool, typer.Option("--descending", "-r", help="Largest first.")] = False,
    limit: Annotated[int | None, typer.Option(metavar="N", min=0, help="Show so many.")] = None,
    as_json: AsJson = False,
    home: Home = None,
    store: Store = None,
) -> None:
    """Print the trials of a study, filtered and sorted."""
    from tunebook.records import Direction
    from tunebook.reports.trial_messages import TrialQuery, selected
    from tunebook.study.results import trial_row

    facts = study_named(place_of(ctx, home, store), study).facts
    is_larger_better = facts.known_spec.objective.direction is Direction.MAXIMIZE
    is_descending = descending != (sort == "value" and is_larger_better)
    query = TrialQuery(sort=sort, is_descending=is_descending, states=state or ())
    found = selected(facts.trials, query)[:limit]
    if as_json:
        emit_json([trial_row(trial) for trial in found])
    else:
        if sort == "value" and len({trial.parent is None for trial in found}) > 1:
            say(
                "Trials that continue others are no match for those trained from scratch: what is "
                "above the other is not the better one (S0.19)."
            )
        _emit(found, facts)


def _emit(found: Sequence[Trial], facts: Facts) -> None:
    from tunebook.study.appearance import brief_text

    costs = any(trial.cost is not None for trial in found)
    columns = [">trial", "state", ">value", "curve", ">at step", ">steps", ">seconds"]
    columns += [">cost"] if costs else []
    emit_table(
        [*columns, "configuration, or what went wrong"],
        [
            (
                *_cells(trial, facts),
                *([f"{trial.cost or 0:.2f}"] if costs else []),
                _origin(trial) + (trial.error or brief_text(trial.config)),
            )
            for trial in found
        ],
    )


def _origin(trial: Trial) -> str:
    return "" if trial.parent is None else f"from trial {trial.parent}: "


def _cells(trial: Trial, facts: Facts) -> list[str | Text]:
    from rich.text import Text

    from tunebook.study.appearance import curve_points, look_of, number_text, sparkline

    look, is_ascii = look_of(trial.state), not is_unicode()
    shape = look.ascii_shape if is_ascii else look.shape
    points = curve_points(trial.curves.get(facts.known_spec.objective.metric))
    return [
        str(trial.number),
        Text(f"{shape} {trial.state}", look.colour),
        number_text(trial.value),
        Text(sparkline(points, _POINTS, is_ascii=is_ascii), look.colour),
        "-" if trial.best_step is None else str(trial.best_step),
        str(trial.step),
        f"{trial.seconds:.1f}",
    ]
