"""How much of a study was infeasible, what cut would help, how full the good region is (S4.27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from tunebook.analysis.axis import end_of, units_of
from tunebook.analysis.ranking import error, feasible, infeasible
from tunebook.records import Objective, Trial, Value
from tunebook.space import Float, Int, Space

AMBER, RED = 0.25, 0.5
MIN_IN_GOOD_REGION = 3
MIN_GAIN = 0.5
"""A cut must remove this much more of the infeasible than of the feasible trials."""


Placed: TypeAlias = tuple[Mapping[str, float], Trial]
"""A trial with its places on the dimensions it has."""


class Level(StrEnum):
    """A traffic light."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Cut:
    """Leave out what lies beyond ``limit`` on one side of a parameter's range.

    ``n_infeasible`` and ``n_feasible`` trials would have been left out.
    """

    parameter: str
    limit: Value
    is_upper: bool
    n_infeasible: int
    n_feasible: int

    @property
    def beyond(self) -> str:
        """What is left out, in words."""
        limit = f"{self.limit:.3g}" if isinstance(self.limit, float) else str(self.limit)
        return f"{self.parameter} {'above' if self.is_upper else 'below'} {limit}"


@dataclass(frozen=True, slots=True)
class Infeasibility:
    """The share of infeasible trials, how bad that is, and the cut that would help most."""

    share: float
    level: Level
    cut: Cut | None


def judge_infeasibility(trials: Sequence[Trial], space: Space) -> Infeasibility:
    """Return the share of infeasible trials among those that ended, and what to do about it."""
    good, bad = feasible(trials), infeasible(trials)
    share = len(bad) / (len(good) + len(bad)) if good or bad else 0.0
    level = Level.RED if share > RED else Level.AMBER if share > AMBER else Level.GREEN
    return Infeasibility(share, level, best_cut(good, bad, space) if bad and good else None)


def common_to(bad: Sequence[Trial], others: Sequence[Trial], space: Space) -> list[str]:
    """Return in sentences which values all of two or more bad trials have and not all others.

    A range is told by its end where no value is.
    """
    found: list[str] = []
    if len(bad) < 2 or not others:
        return found
    for name in space.dimensions:
        (value, *more) = {trial.config.get(name) for trial in bad}
        n = sum(trial.config.get(name) == value for trial in others)
        if not more and value is not None and n < len(others):
            found.append(f"All have {name}={value}; of the {len(others)} others {n} do")
    cut = None if found else best_cut(others, bad, space)
    if cut is not None and cut.n_infeasible == len(bad):
        rest = f"of the {len(others)} others {cut.n_feasible} do"
        found.append(f"All have {cut.beyond}; {rest}")
    return found


def best_cut(good: Sequence[Trial], bad: Sequence[Trial], space: Space) -> Cut | None:
    """Return the cut that removes most infeasible and fewest feasible trials, if one helps."""
    kept, broken = ([(units_of(t, space), t) for t in found] for found in (good, bad))
    cuts = [
        cut
        for name in space.dimensions
        if isinstance(space.parameters[name], Float | Int)
        for is_upper in (True, False)
        if (cut := _cut_of(space, name, kept, broken, is_upper=is_upper)) is not None
    ]
    gain, best = max(cuts, key=lambda cut: cut[0], default=(0.0, None))
    return best if gain >= MIN_GAIN else None


def _cut_of(
    space: Space, name: str, good: Sequence[Placed], bad: Sequence[Placed], *, is_upper: bool
) -> tuple[float, Cut] | None:
    """Return the best cut at one end, behind a feasible trial, and what it gains."""
    sign = 1 if is_upper else -1
    kept = [(sign * units[name], trial) for units, trial in good if name in units]
    bad_units = np.sort([sign * units[name] for units, _ in bad if name in units])
    if not kept or not len(bad_units):
        return None
    places = np.array([unit for unit, _ in kept])
    n_bad = len(bad_units) - np.searchsorted(bad_units, places, side="right")
    n_good = len(kept) - np.searchsorted(np.sort(places), places, side="right")
    gains = np.where(n_bad > 0, n_bad / len(bad) - n_good / len(good), -np.inf)
    i = int(gains.argmax())
    limit = kept[i][1].config[name]
    if n_bad[i] and isinstance(space.parameters[name], Float):
        # The cliff lies anywhere between the two: halfway is off by least.
        limit = end_of(space, name, abs(places[i] + bad_units[-n_bad[i]]) / 2)
    return float(gains[i]), Cut(name, limit, is_upper, int(n_bad[i]), int(n_good[i]))


def n_in_good_region(trials: Sequence[Trial], objective: Objective, trial_deviation: float) -> int:
    """Return how many trials lie within two standard deviations of a trial of the best (S4.27).

    Fewer than ``MIN_IN_GOOD_REGION`` is thin.
    """
    errors = [error(trial, objective) for trial in feasible(trials)]
    return sum(e <= min(errors) + 2 * trial_deviation for e in errors) if errors else 0
