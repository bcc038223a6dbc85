"""Which pairs of parameters matter together beyond each alone. Importing it needs scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from tunebook.analysis.importance import MIN_TRIALS, Table, table_of
from tunebook.records import Objective, Trial
from tunebook.space import Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_N_GRID = 6
_N_ROWS = 100
_MAX_PARAMETERS = 10


@dataclass(frozen=True, slots=True)
class Interaction:
    """``share`` of the variation that two parameters explain together and neither alone, 0 to 1."""

    first: str
    second: str
    share: float


def interactions(trials: Sequence[Trial], space: Space, objective: Objective) -> list[Interaction]:
    """Return all pairs, strongest first; [] with too few trials or parameters.

    Friedman's H over the partial dependence of a random forest on ranks. Of more than ten
    parameters the first ten by the forest's own importance are looked at.
    """
    table = table_of(trials, space, objective)
    if len(table.errors) < MIN_TRIALS or len(table.names) < 2:
        return []
    target = table.errors.argsort().argsort().astype(float)
    forest = RandomForestRegressor(64, min_samples_leaf=2, random_state=0)
    forest.fit(table.units, target)
    looked_at = np.sort(np.argsort(-forest.feature_importances_)[:_MAX_PARAMETERS])
    rows = table.units[:: max(1, len(table.units) // _N_ROWS)]
    alone = {j: _dependence(forest, rows, {j: _grid(table, j)}) for j in looked_at}
    found = []
    for a, b in combinations(looked_at, 2):
        together = _dependence(forest, rows, {a: _grid(table, a), b: _grid(table, b)})
        joint = together - alone[a][:, None] - alone[b][None, :]
        total = float((together**2).sum())
        share = float((joint**2).sum()) / total if total > 0 else 0.0
        found.append(Interaction(table.names[a], table.names[b], min(1.0, share)))
    return sorted(found, key=lambda i: (-i.share, i.first, i.second))


def _grid(table: Table, j: int) -> Array:
    column = table.units[:, j]
    return np.asarray(np.quantile(column, (np.arange(_N_GRID) + 0.5) / _N_GRID))


def _dependence(forest: RandomForestRegressor, rows: Array, grids: dict[int, Array]) -> Array:
    """Return the mean prediction at each point of the grids, less its mean over the grid."""
    places = np.stack(np.meshgrid(*grids.values(), indexing="ij"), axis=-1)
    points = places.reshape(-1, len(grids))
    inputs = np.repeat(rows[None], len(points), axis=0)
    inputs[:, :, list(grids)] = points[:, None, :]
    flat = inputs.reshape(-1, rows.shape[1])
    means = forest.predict(flat).reshape(len(points), len(rows)).mean(axis=1)
    return np.asarray((means - means.mean()).reshape(places.shape[:-1]))
