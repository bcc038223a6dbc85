"""``tunebook compare``: studies side by side, ordered only where that is fair (S0.24, I1)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tunebook.cli.options import AsJson
from tunebook.cli.output import emit, emit_json, emit_table
from tunebook.cli.place import Place, study_named
from tunebook.errors import InputError, StudyNotFoundError

if TYPE_CHECKING:
    from tunebook.presets.strategies import StrategyRow
    from tunebook.reports.messages import ComparisonMessage
    from tunebook.study import Study

_ONE_EACH = (
    "One study each: the order may be chance. Repeat them with other seeds before you believe it."
)


def compare(
    place: Place,
    studies: Annotated[list[str], typer.Argument(metavar="STUDY STUDY...", help="Two or more.")],
    output: Annotated[
        Path | None,
        typer.Option(
            *("-o", "--output"), metavar="FILE.html", help="Write searches over a recipe as a page."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show studies side by side.

    They are ranked only if their values can be compared. Searches over a recipe are shown with
    what they cost, what they gained over the baseline, what they found and in what they differ.
    """
    if len(set(studies)) < 2:
        raise InputError("There is nothing to compare", got=studies, expected="two studies or more")
    from tunebook.presets.strategies import is_comparable_by_strategy
    from tunebook.reports.comparison import comparison_message

    found = {name: study_named(place, name) for name in studies}
    comparison = comparison_message([_message(study) for study in found.values()])
    if is_comparable_by_strategy(list(found.values())):
        _show_strategies(list(found.values()), place, comparison, as_json=as_json, output=output)
        return
    if output is not None:
        raise InputError(
            "Only searches over a recipe make a page of their own",
            got=studies,
            do="Write the report of one study: tunebook report STUDY, or look at tunebook ui",
        )
    order, refusal = list(comparison.order), comparison.refusal
    rows = [_row(study, comparison.ranks) for study in found.values()]
    if as_json:
        emit_json({"studies": rows, "order": order, "refusal": refusal})
        return
    rows.sort(key=lambda row: row["rank"] or len(rows) + 1)
    _emit(rows)
    emit("", refusal if refusal is not None else _ONE_EACH)


def _message(study: Study) -> Any:
    from tunebook.reports.lights import Judgement
    from tunebook.reports.study_messages import study_message

    now, judged = time.time(), Judgement(0)
    return study_message(
        study.facts, 0, now, is_live=False, path_of=lambda ref: ref.digest, judgement=judged
    )


def _row(study: Study, ranks: Mapping[str, int]) -> dict[str, Any]:
    from tunebook.cli.summary import moment_of

    facts, spec = study.facts, study.spec
    fixed = spec.task.options.get("fixed", {})
    progress = facts.progress(moment_of(study))
    return {
        "name": spec.name,
        "rank": ranks.get(spec.name),
        "state": str(study.state),
        "search": spec.search.get("name"),
        "metric": spec.objective.metric,
        "direction": str(spec.objective.direction),
        "value": facts.best and facts.best.value,
        "trials": progress.n_created,
        "steps": progress.steps_done,
        "max_steps": spec.max_steps,
        "seconds": progress.active_s,
        "cost": progress.cost,
        "config": None if facts.best is None else {**fixed, **facts.best.config},
    }


def _emit(rows: list[dict[str, Any]]) -> None:
    from tunebook.analysis.forecast import duration
    from tunebook.live.appearance import brief_text, number_text

    emit_table(
        [
            *("rank", "study", "state", "search", ">best", ">trials", ">steps", ">time", ">cost"),
            "best configuration",
        ],
        [
            (
                "-" if row["rank"] is None else str(row["rank"]),
                row["name"],
                row["state"],
                row["search"],
                f"{row['metric']} {number_text(row['value'])}",
                str(row["trials"]),
                f"{row['steps']:,}",
                duration(row["seconds"]),
                "-" if row["cost"] is None else f"{row['cost']:.2f}",
                brief_text(row["config"] or {}),
            )
            for row in rows
        ],
    )


def _show_strategies(
    studies: Sequence[Study],
    place: Place,
    side: ComparisonMessage,
    *,
    as_json: bool,
    output: Path | None,
) -> None:
    """Print cost and quality, what differs, what was found, trends and caveats; or write a page."""
    from dataclasses import asdict

    from tunebook.cli.summary import moment_of
    from tunebook.presets.search_comparison import compare_searches, comparison_sections
    from tunebook.presets.strategies import strategy_row
    from tunebook.reports.sections import write_page

    rows = [strategy_row(s, _confirming(s, place), now=moment_of(s)) for s in studies]
    found = compare_searches(studies, rows, side)
    if output is not None:
        write_page(
            output,
            comparison_sections(found),
            f"Searches: {', '.join(study.name for study in studies)}",
        )
    if as_json:
        told = asdict(found)
        emit_json({"studies": told.pop("rows"), "order": list(side.order), **told})
        return
    _emit_cost(sorted(rows, key=lambda r: side.ranks.get(r.study, 0)), found.metric, side)
    _emit_found(rows)
    emit("", *found.sentences)


def _confirming(study: Study, place: Place) -> Study | None:
    from tunebook.presets.confirming import name_of_confirmation

    try:
        return study_named(place, name_of_confirmation(study.name))
    except StudyNotFoundError:
        return None


def _emit_cost(rows: Sequence[StrategyRow], metric: str, side: ComparisonMessage) -> None:
    from tunebook.analysis.forecast import duration
    from tunebook.live.appearance import number_text
    from tunebook.presets.strategies import confirmed_text

    emit_table(
        [
            *("rank", "study", "search", ">trials", ">unusable"),
            *(">data", ">steps", ">time", ">cost"),
            *(">baseline", f">best {metric}", ">trained again"),
        ],
        [
            (
                str(side.ranks.get(row.study, "-")),
                row.study,
                row.strategy,
                str(row.n_trials),
                str(row.n_unusable),
                f"{float(row.conditions['data_fraction']):.0%}",
                f"{row.n_steps:,}",
                duration(row.seconds),
                "-" if row.cost is None else f"{row.cost:.2f}",
                number_text(row.baseline),
                number_text(row.best),
                confirmed_text(row),
            )
            for row in rows
        ],
    )


def _emit_found(rows: Sequence[StrategyRow]) -> None:
    """Print the values found, where they are not the same in all studies."""
    from tunebook.live.appearance import short
    from tunebook.presets.search_comparison import found_values

    names, values = found_values(rows)
    if not names:
        return
    emit("")
    lines = [
        (row.study, *("-" if found[n] is None else short(found[n]) for n in names))
        for row, found in zip(rows, values, strict=True)
    ]
    emit_table(["found by", *(f">{name}" for name in names)], lines)
