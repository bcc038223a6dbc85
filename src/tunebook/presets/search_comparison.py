"""Searches over one recipe compared as a whole: the facts of a page and of ``tunebook compare``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.presets.strategies import (
    StrategyRow,
    confirmed_text,
    gain_sentence,
    trend_sentences,
    verdicts,
)
from tunebook.records.section import Chart, ChartKind, ChartSeries, Section, SectionTable
from tunebook.reports.comparison import BEGINNINGS, refusal_to_order
from tunebook.reports.messages import ComparisonMessage
from tunebook.reports.recipe_findings import caveats
from tunebook.study.study import Study
from tunebook.study.study_file import file_of

_BLOCKS: Mapping[str, tuple[str, ...]] = {
    "data": ("data", "sample"),
    "network": ("recipe", "objective"),
    "length": ("max_steps", "updates_per_step"),
    "source of the hyperparameters": ("search", "space", "set", "schedule", "warm_start"),
    "resources": ("workers", "per_device", "trial_timeout_s", "budget"),
    "seed": ("seed", "training_seed"),
}


@dataclass(frozen=True, slots=True)
class SearchComparison:
    """What may be said of searches side by side (S0.24, S0.25); ``refusal`` is why no order is."""

    metric: str
    rows: Sequence[StrategyRow]
    difference: str
    refusal: str | None
    verdicts: Sequence[str]
    gains: Sequence[str]
    rankings: Sequence[str]
    trends: Sequence[str]
    caveats: Sequence[str]

    @property
    def sentences(self) -> list[str]:
        """All that is said, in the order in which it is read."""
        return [*self.of_quality, *self.trends, *self.caveats]

    @property
    def of_quality(self) -> list[str]:
        """What is said of the values: how the tasks differ, which is better, what was gained."""
        refusal = [] if self.refusal is None else [self.refusal]
        return [self.difference, *refusal, *self.verdicts, *self.gains, *self.rankings]


def compare_searches(
    studies: Sequence[Study], rows: Sequence[StrategyRow], side: ComparisonMessage
) -> SearchComparison:
    """Return the comparison of studies, of each of which ``rows`` has a line.

    ``side`` says whether they may be ordered. Values that were trained again begin alike (S0.19).
    """
    objective = studies[0].spec.objective
    is_confirmed = all(row.confirmation for row in rows)
    unlike = refusal_to_order(side.studies, but=[BEGINNINGS] if is_confirmed else [])
    searches = [study for study in studies if study.space.dimensions]
    return SearchComparison(
        metric=objective.metric,
        rows=rows,
        difference=difference(studies),
        refusal=side.refusal,
        verdicts=[] if unlike is not None else list(verdicts(rows, objective)),
        gains=[gain_sentence(row, objective) for row in rows if row.strategy != "none"],
        rankings=[
            f"{row.study}: from the sample to all data {row.confirmation.ranking.sentence}"
            for row in rows
            if row.confirmation is not None and row.confirmation.ranking is not None
        ],
        trends=[text for study in searches for text in trend_sentences(study.facts)],
        caveats=[f"{s.name}: {text}" for s in studies for text in caveats(s.facts)],
    )


def found_values(rows: Sequence[StrategyRow]) -> tuple[list[str], list[Mapping[str, Any]]]:
    """Return the names of the values that are not the same in all rows, and each row's values."""
    names = dict.fromkeys(name for row in rows for name in row.config)
    differing = [n for n in names if len({str(row.config.get(n)) for row in rows}) > 1]
    return differing, [{n: row.config.get(n) for n in differing} for row in rows]


def comparison_sections(found: SearchComparison) -> list[Section]:
    """Return the page of a comparison: cost, quality, values found, trends, conditions."""
    minutes = {row.study: round(row.seconds / 60, 2) for row in found.rows}
    summary = "; ".join(f"{study}: {m:.1f} min" for study, m in minutes.items())
    series = [ChartSeries("minutes", list(minutes), list(minutes.values()))]
    time = Chart(ChartKind.BAR, "Time", summary, series, y_label="minutes")
    costs = [_cost_table(found)]
    sections = [
        Section("Cost and quality", found.of_quality, tables=costs, charts=[time]),
        Section("What was found", tables=list(_found_table(found.rows))),
        Section("Trends over all trials", found.trends),
        Section("Conditions", found.caveats),
    ]
    return [section for section in sections if section.paragraphs or section.tables]


def _found_table(rows: Sequence[StrategyRow]) -> Iterator[SectionTable]:
    names, values = found_values(rows)
    lines = [
        [row.study, *(v if isinstance(v, int | float | None) else str(v) for v in found.values())]
        for row, found in zip(rows, values, strict=True)
    ]
    if names:
        yield SectionTable("Values found", ["study", *names], lines)


def _cost_table(found: SearchComparison) -> SectionTable:
    columns = [
        *("study", "search", "trials", "without a value", "share of the data", "steps", "minutes"),
        *("cost", "baseline", f"best {found.metric}", "trained again"),
    ]
    rows = [
        [
            *(row.study, row.strategy, row.n_trials, row.n_unusable),
            *(float(row.conditions["data_fraction"]), row.n_steps, round(row.seconds / 60, 2)),
            *(row.cost, row.baseline, row.best, confirmed_text(row)),
        ]
        for row in found.rows
    ]
    return SectionTable("Searches", columns, rows)


def difference(studies: Sequence[Study]) -> str:
    """Return in which blocks tasks differ, as a sentence: a fair comparison has one (S0.5)."""
    files = [file_of(study.facts) for study in studies]
    blocks = [
        name
        for name, keys in _BLOCKS.items()
        if any(len({str(file.get(key)) for file in files}) > 1 for key in keys)
    ]
    if not blocks:
        return "They are the same task."
    if len(blocks) == 1:
        return f"They differ only in: {blocks[0]}."
    return f"They differ in: {', '.join(blocks)}."
