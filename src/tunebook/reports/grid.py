"""The section of a grid of two factors: heat map, main effects, cost against value (S3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunebook.analysis.grid import TwoFactorGrid, effect, two_factor_grid
from tunebook.engine import Facts
from tunebook.records import Objective, Value
from tunebook.records.section import Cell, Chart, ChartKind, ChartSeries, Section, SectionTable
from tunebook.space import Space

SEARCH = "grid"


def grid_sections(facts: Facts) -> list[Section]:
    """Return the section of a study whose search is a grid of two parameters; of others, none."""
    names = Space.from_dict(facts.space).dimensions
    if facts.known_spec.search.get("name") != SEARCH or len(names) != 2:
        return []
    row, column = names
    # A baseline, or what a person asked for, may lie beside the lines of the grid.
    own = [trial for trial in facts.trials if trial.source == "searcher"]
    rows, columns = ({trial.config.get(name) for trial in own} for name in names)
    placed = [
        t for t in facts.trials if t.config.get(row) in rows and t.config.get(column) in columns
    ]
    grid = two_factor_grid(placed, row, column)
    return [] if grid is None else [grid_section(grid, facts.known_spec.objective, row, column)]


def grid_section(grid: TwoFactorGrid, objective: Objective, row: str, column: str) -> Section:
    """Return what a grid shows, with a note on the runs that were left out."""
    paragraphs = [_effects(grid, row, column)]
    if grid.excluded:
        left_out = ", ".join(map(str, grid.excluded))
        paragraphs.append(
            f"Left out, as they were not trained for {grid.n_steps} steps: trials {left_out}."
        )
    return Section(
        f"Grid of {row} and {column}",
        paragraphs=paragraphs,
        charts=[_heat_map(grid, objective, row, column), _front(grid, objective, row, column)],
        tables=[_means(grid, row, column)],
    )


def _effects(grid: TwoFactorGrid, row: str, column: str) -> str:
    told = [
        f"{name} alone moves the mean by {size:.4g}"
        for name, means in ((row, grid.row_means), (column, grid.column_means))
        if (size := effect(means)) is not None
    ]
    n = sum(cell.n for cell in grid.cells)
    return f"{n} runs in {len(grid.cells)} cells; {'; '.join(told) or 'no factor is complete'}."


def _heat_map(grid: TwoFactorGrid, objective: Objective, row: str, column: str) -> Chart:
    values = {(cell.row, cell.column): cell.value for cell in grid.cells}
    series = [
        ChartSeries(
            f"{row} {r}", list(map(str, grid.columns)), [values.get((r, c)) for c in grid.columns]
        )
        for r in grid.rows
    ]
    best = grid.front(objective)[-1]
    summary = (
        f"Best {objective.metric} {best.value:.4g} at {row} {best.row}, {column} {best.column}"
    )
    return Chart(
        ChartKind.HEAT_MAP, f"{objective.metric} of each cell", summary, series, column, row
    )


def _front(grid: TwoFactorGrid, objective: Objective, row: str, column: str) -> Chart:
    front = grid.front(objective)
    told = "; ".join(
        f"{row} {c.row}, {column} {c.column}: {c.value:.4g} in {c.seconds:.3g} s" for c in front
    )
    series = [
        ChartSeries("all cells", [c.seconds for c in grid.cells], [c.value for c in grid.cells]),
        ChartSeries("no cell beats both", [c.seconds for c in front], [c.value for c in front]),
    ]
    return Chart(ChartKind.SCATTER, "Cost and value", told, series, "seconds", objective.metric)


def _means(grid: TwoFactorGrid, row: str, column: str) -> SectionTable:
    def rows(name: str, values: Sequence[Value], means: Mapping[Value, float]) -> list[list[Cell]]:
        return [[name, str(value), means.get(value)] for value in values]

    return SectionTable(
        "Means over the other factor",
        ["factor", "value", "mean"],
        [*rows(row, grid.rows, grid.row_means), *rows(column, grid.columns, grid.column_means)],
    )
