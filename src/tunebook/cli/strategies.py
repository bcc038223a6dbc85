"""Searches over one recipe side by side, as ``tunebook compare`` prints them (S0.24, S0.25)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tunebook.cli.output import emit, emit_json, emit_table
from tunebook.cli.place import Place, study_named
from tunebook.errors import StudyNotFoundError

if TYPE_CHECKING:
    from tunebook.presets.strategies import StrategyRow
    from tunebook.reports.messages import ComparisonMessage
    from tunebook.study import Study


def show_strategies(
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
        write_page(output, comparison_sections(found), f"Searches: {', '.join(_names(studies))}")
    if as_json:
        told = asdict(found)
        emit_json({"studies": told.pop("rows"), "order": list(side.order), **told})
        return
    _emit_cost(sorted(rows, key=lambda r: side.ranks.get(r.study, 0)), found.metric, side)
    _emit_found(rows)
    emit("")
    for sentence in found.sentences:
        emit(sentence)


def _names(studies: Sequence[Study]) -> list[str]:
    return [study.name for study in studies]


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
