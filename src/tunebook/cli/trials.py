"""``tunebook trials``: the trials of a study, filtered and sorted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tunebook.cli.options import AsJson, StudyName
from tunebook.cli.output import emit, emit_json, emit_table, is_unicode, say
from tunebook.cli.place import Place, study_named
from tunebook.records import TrialState

if TYPE_CHECKING:
    from rich.text import Text

    from tunebook.engine import Facts
    from tunebook.records import Trial

_POINTS = 12


def trials(
    place: Place,
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
) -> None:
    """Print the trials of a study, filtered and sorted."""
    from tunebook.records import Direction
    from tunebook.reports.trial_messages import TrialQuery, selected
    from tunebook.study.results import trial_row

    facts = study_named(place, study).facts
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
    from tunebook.live.appearance import brief_text

    costs = any(trial.cost is not None for trial in found)
    errors = any(trial.error for trial in found)
    columns = [">trial", "state", ">value", "curve", ">at step", ">steps", ">seconds"]
    columns += [*([">cost"] if costs else []), "configuration"]
    emit_table(
        [*columns, *(["what went wrong"] if errors else [])],
        [
            (
                *_cells(trial, facts),
                *([f"{trial.cost or 0:.2f}"] if costs else []),
                _origin(trial) + brief_text(trial.config),
                *([(trial.error or "").partition("\n")[0]] if errors else []),
            )
            for trial in found
        ],
    )
    for state in (TrialState.FAILED, TrialState.INFEASIBLE):
        if any(trial.state is state for trial in found):
            _emit_common(facts, state)


def _emit_common(facts: Facts, state: TrialState) -> None:
    from tunebook.analysis.infeasibility import common_to
    from tunebook.analysis.ranking import feasible
    from tunebook.space import Space

    bad = [trial for trial in facts.trials if trial.state is state]
    for sentence in common_to(bad, feasible(facts.trials), Space.from_dict(facts.space)):
        what = "failed" if state is TrialState.FAILED else f"are {state}"
        emit(f"{len(bad)} trials {what}. {sentence}.")


def _origin(trial: Trial) -> str:
    return "" if trial.parent is None else f"from trial {trial.parent}: "


def _cells(trial: Trial, facts: Facts) -> list[str | Text]:
    from rich.text import Text

    from tunebook.live.appearance import curve_points, look_of, number_text, sparkline

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
