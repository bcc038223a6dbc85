"""Which parameters matter, with intervals, by PED-ANOVA.

Importance is a property of one study's space and trials: a parameter whose range holds only good
values does not matter in it. Below 20 feasible trials nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.analysis.axis import units_of, values_of
from tunebook.analysis.ranking import error, feasible
from tunebook.records import Objective, Trial
from tunebook.space import Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MIN_TRIALS = 20
"""Below so many feasible trials importance is refused (our rule)."""

TOP_SHARE = 0.25
"""The share of best trials whose spread is compared with that of all (PED-ANOVA's gamma)."""

MAX_TRIALS = 1000
"""Of more feasible trials as many are looked at, evenly spaced over the study: time is bounded."""

INTERVAL = (0.05, 0.95)
"""The quantiles between which an importance lies, said with every one."""

_N_GRID = 40
_N_BOOTSTRAP = 200
_INACTIVE = -1.0


@dataclass(frozen=True, slots=True)
class Importance:
    """A parameter's share of what explains the good trials, with its 90 % interval."""

    parameter: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Table:
    """Feasible trials as numbers: ``units`` are n x d (-1 where inactive), ``errors`` n."""

    names: tuple[str, ...]
    n_values: tuple[int | None, ...]
    units: Array
    errors: Array


def table_of(trials: Sequence[Trial], space: Space, objective: Objective) -> Table:
    """Return the feasible trials of the space as a table of at most ``MAX_TRIALS`` rows."""
    found = feasible(trials)
    n = min(len(found), MAX_TRIALS)
    found = [found[i * len(found) // n] for i in range(n)]
    placed = [(units_of(trial, space), trial) for trial in found]
    kept = [(units, trial) for units, trial in placed if units]
    names = space.dimensions
    rows = [[units.get(name, _INACTIVE) for name in names] for units, _ in kept]
    return Table(
        names,
        tuple(len(values_of(space, name) or ()) or None for name in names),
        np.array(rows, dtype=float).reshape(len(rows), len(names)),
        np.array([error(trial, objective) for _, trial in kept]),
    )


def refusal(trials: Sequence[Trial]) -> str | None:
    """Return why nothing can be said about importance, None if something can."""
    n = len(feasible(trials))
    if n >= MIN_TRIALS:
        return None
    return f"{n} feasible trials are too few to tell what matters: {MIN_TRIALS} are needed"


def importance(trials: Sequence[Trial], space: Space, objective: Objective) -> list[Importance]:
    """Return each parameter's importance, largest first; [] below ``MIN_TRIALS`` trials.

    PED-ANOVA (Watanabe et al. 2023): the Pearson divergence of the density of the best quarter
    from that of all trials, along each parameter. The interval is a bootstrap over trials.
    """
    table = table_of(trials, space, objective)
    if len(table.errors) < MIN_TRIALS or not table.names:
        return []
    rng = np.random.default_rng(0)
    shares = _shares(table, np.arange(len(table.errors)))
    draws = rng.integers(0, len(table.errors), (_N_BOOTSTRAP, len(table.errors)))
    drawn = np.array([_shares(table, rows) for rows in draws])
    low, high = np.quantile(drawn, INTERVAL, axis=0)
    found = [
        Importance(name, float(s), float(min(a, s)), float(max(b, s)))
        for name, s, a, b in zip(table.names, shares, low, high, strict=True)
    ]
    return sorted(found, key=lambda i: (-i.share, i.parameter))


def _shares(table: Table, rows: NDArray[np.intp]) -> Array:
    units, errors = table.units[rows], table.errors[rows]
    n_top = max(2, round(TOP_SHARE * len(rows)))
    top = units[np.argsort(errors, kind="stable")[:n_top]]
    found = np.array([_divergence(top[:, j], units[:, j], n) for j, n in enumerate(table.n_values)])
    total = found.sum()
    return np.asarray(found / total if total > 0 else np.full(len(found), 1 / len(found)))


def _divergence(top: Array, everything: Array, n_values: int | None) -> float:
    """Return the Pearson divergence of two densities on [0, 1]; inactive ones are a cell apart."""
    p, q = _density(top, n_values), _density(everything, n_values)
    return float(((p / q - 1.0) ** 2 * q).sum())


def _density(units: Array, n_values: int | None) -> Array:
    """Return probabilities of cells: of values, or of a smoothed grid, and of being inactive."""
    active = units[units >= 0.0]
    n_cells = _N_GRID if n_values is None else n_values
    if n_values is None and len(active):
        centres = (np.arange(n_cells) + 0.5) / n_cells
        width = max(0.03, 1.06 * float(active.std()) * len(active) ** -0.2)
        # Reflected at both ends, so that an edge is no valley.
        points = np.concatenate([active, -active, 2.0 - active])
        away = (centres[:, None] - points[None, :]) / width
        cells = np.exp(-0.5 * away * away).sum(axis=1)
    else:
        places = np.minimum((active * n_cells).astype(int), n_cells - 1)
        cells = np.bincount(places, minlength=n_cells).astype(float)
    if cells.sum() > 0:
        cells = cells / cells.sum() * len(active)
    counts = np.append(cells, len(units) - len(active)) + 1.0 / (n_cells + 1)
    return np.asarray(counts / counts.sum())
