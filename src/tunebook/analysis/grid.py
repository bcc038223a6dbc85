"""A grid of two factors: its cells, what each factor does alone, and what a cell costs (S3.6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tunebook.analysis.ranking import feasible
from tunebook.records import Objective, Trial, Value


@dataclass(frozen=True, slots=True)
class Cell:
    """One pair of values: the mean value of its trials, and the mean seconds they took."""

    row: Value
    column: Value
    value: float
    seconds: float
    n: int


@dataclass(frozen=True, slots=True)
class TwoFactorGrid:
    """``rows`` and ``columns`` are values in order; ``cells`` those with a trial.

    ``row_means`` and ``column_means`` are means over the other factor, of the values that have all
    of their cells; an effect is the largest of them less the smallest, None with fewer than two.
    ``excluded`` are trials that were trained for another number of steps than ``n_steps``.
    """

    rows: Sequence[Value]
    columns: Sequence[Value]
    cells: Sequence[Cell]
    row_means: Mapping[Value, float]
    column_means: Mapping[Value, float]
    excluded: Sequence[int]
    n_steps: int

    def front(self, objective: Objective) -> list[Cell]:
        """Return the cells that no cell beats in both cost and value, cheapest first."""
        found: list[Cell] = []
        for cell in sorted(self.cells, key=lambda c: (c.seconds, objective.sign * c.value)):
            if not found or objective.sign * cell.value < objective.sign * found[-1].value:
                found.append(cell)
        return found


def two_factor_grid(trials: Sequence[Trial], row: str, column: str) -> TwoFactorGrid | None:
    """Return the grid over two parameters, None without a trial that has a value.

    Runs of another length than most are left out: more steps are no effect of a factor.
    """
    known = [t for t in feasible(trials) if row in t.config and column in t.config]
    if not known:
        return None
    n_steps = Counter(trial.step for trial in known).most_common(1)[0][0]
    groups: dict[tuple[Value, Value], list[Trial]] = defaultdict(list)
    for trial in known:
        if trial.step == n_steps:
            groups[trial.config[row], trial.config[column]].append(trial)
    cells = [
        Cell(
            *place,
            value=fmean(t.value for t in group if t.value is not None),
            seconds=fmean(t.seconds for t in group),
            n=len(group),
        )
        for place, group in groups.items()
    ]
    rows, columns = (_in_order(place[i] for place in groups) for i in (0, 1))
    return TwoFactorGrid(
        rows=rows,
        columns=columns,
        cells=cells,
        row_means=_means([(c.row, c.value) for c in cells], len(columns)),
        column_means=_means([(c.column, c.value) for c in cells], len(rows)),
        excluded=[t.number for t in known if t.step != n_steps],
        n_steps=n_steps,
    )


def _in_order(values: Iterable[Value]) -> list[Value]:
    """Return values once each: numbers by size, then words."""

    def place(value: Value) -> tuple[bool, float, str]:
        if isinstance(value, int | float):
            return False, float(value), ""
        return True, 0.0, str(value)

    return sorted(set(values), key=place)


def _means(told: Sequence[tuple[Value, float]], n_of_each: int) -> dict[Value, float]:
    """Return the mean of each value that was tried with all values of the other factor."""
    groups: dict[Value, list[float]] = defaultdict(list)
    for name, value in told:
        groups[name].append(value)
    return {name: fmean(group) for name, group in groups.items() if len(group) == n_of_each}


def effect(means: Mapping[Value, float]) -> float | None:
    """Return the main effect of a factor from its means, in the metric's unit."""
    return max(means.values()) - min(means.values()) if len(means) > 1 else None
