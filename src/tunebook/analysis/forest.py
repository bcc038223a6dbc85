"""Which parameters matter, by a random forest. Importing it needs scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.model_selection import KFold

from tunebook.analysis.importance import INTERVAL, MIN_TRIALS, Importance, table_of
from tunebook.records import Objective, Trial
from tunebook.space import Space


def forest_importance(
    trials: Sequence[Trial], space: Space, objective: Objective
) -> list[Importance]:
    """Return permutation importances of a random forest, largest first; [] with too few trials.

    How much worse the forest predicts the rank of trials it has not seen when one parameter is
    shuffled, over 5 folds; the interval is over folds and shuffles.
    """
    table = table_of(trials, space, objective)
    if len(table.errors) < MIN_TRIALS or not table.names:
        return []
    target = table.errors.argsort().argsort().astype(float)
    losses = []
    for seen, unseen in KFold(5, shuffle=True, random_state=0).split(table.units):
        forest = RandomForestRegressor(64, min_samples_leaf=2, random_state=0)
        forest.fit(table.units[seen], target[seen])
        shuffled = permutation_importance(
            forest, table.units[unseen], target[unseen], n_repeats=5, random_state=0
        )
        losses.append(shuffled.importances)
    each = np.clip(np.concatenate(losses, axis=1), 0.0, None)
    total = max(float(each.mean(axis=1).sum()), 1e-12)
    low, high = np.quantile(each, INTERVAL, axis=1)
    found = [
        Importance(name, float(row.mean() / total), float(a / total), float(b / total))
        for name, row, a, b in zip(table.names, each, low, high, strict=True)
    ]
    return sorted(found, key=lambda i: (-i.share, i.parameter))
