"""Searches over one recipe side by side, as ``tunebook compare`` prints them (S0.24, S0.25)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tunebook.cli.output import emit, emit_json, emit_table
from tunebook.cli.place import Place, study_named
from tunebook.errors import StudyNotFoundError

if TYPE_CHECKING:
    from tunebook.reports.strategies import StrategyRow
    from tunebook.study import Study


def show_strategies(studies: Sequence[Study], place: Place, *, as_json: bool) -> None:
    """Print cost and quality, what differs, what was found, trends and caveats."""
    from tunebook.cli.summary import moment_of
    from tunebook.reports.recipe_findings import caveats
    from tunebook.reports.strategies import (
        gain_sentence,
        refusal_to_order,
        strategy_row,
        trend_sentences,
        verdicts,
    )
    from tunebook.study.task_blocks import difference

    rows = [strategy_row(s, _confirming(s, place), now=moment_of(s)) for s in studies]
    objective, refusal = studies[0].spec.objective, refusal_to_order(rows)
    told = {
        "difference": difference(studies),
        "refusal": refusal,
        "verdicts": [] if refusal is not None else list(verdicts(rows, objective)),
        "gains": [gain_sentence(row, objective) for row in rows if row.strategy != "none"],
        "rankings": [text for row in rows if (text := _ranking(row)) is not None],
        "trends": [t for s in studies if s.space.dimensions for t in trend_sentences(s.facts)],
        "caveats": [f"{s.name}: {text}" for s in studies for text in caveats(s.facts)],
    }
    if as_json:
        emit_json({"studies": [_plain(row) for row in rows], "order": [], **told})
        return
    _emit_cost(rows, objective.metric)
    _emit_found(rows)
    emit("")
    for line in (told["difference"], told["refusal"]):
        if line is not None:
            emit(str(line))
    for key in ("verdicts", "gains", "rankings", "trends", "caveats"):
        for line in told[key] or ():
            emit(line)


def _confirming(study: Study, place: Place) -> Study | None:
    from tunebook.study.confirming import name_of_confirmation

    try:
        return study_named(place, name_of_confirmation(study.name))
    except StudyNotFoundError:
        return None


def _ranking(row: StrategyRow) -> str | None:
    found = row.confirmation
    if found is None or found.ranking is None:
        return None
    return f"{row.study}: from the sample to all data {found.ranking.sentence}"


def _plain(row: StrategyRow) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(row)


def _emit_cost(rows: Sequence[StrategyRow], metric: str) -> None:
    from tunebook.analysis.forecast import duration
    from tunebook.reports.strategies import confirmed_text
    from tunebook.study.appearance import number_text

    emit_table(
        [
            *("study", "search", ">trials", ">unusable", ">data", ">steps", ">time", ">cost"),
            *(">baseline", f">best {metric}", ">trained again"),
        ],
        [
            (
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
    from tunebook.study.results import short

    names = dict.fromkeys(name for row in rows for name in row.config)
    shown = [n for n in names if len({str(row.config.get(n)) for row in rows}) > 1]
    if shown:
        emit("")
        table = [(row.study, *(short(row.config.get(n, "-")) for n in shown)) for row in rows]
        emit_table(["found by", *(f">{name}" for name in shown)], table)
