"""One parameter against the value: axis plots (S4.22) and isolation plots (S4.23), as data.

Nothing is dropped: every trial that had the parameter is a point or a cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.analysis.expected_best import expected_best
from tunebook.analysis.ranking import N_TOP, error, feasible, infeasible, ranked
from tunebook.errors import ConfigurationError
from tunebook.records import Objective, Trial, TrialNumber, Value
from tunebook.space import Bool, Choice, Float, Int, Space
from tunebook.space.scales import Scale, ScaleKind

MIN_PER_BUCKET = 3
"""A bucket of fewer trials is shown grey (S4.23)."""

_KINDS = {False: ScaleKind.LINEAR, True: ScaleKind.LOG, "1-x": ScaleKind.ONE_MINUS}


@dataclass(frozen=True, slots=True)
class AxisPoint:
    """One trial on one axis. ``unit`` is where ``x`` lies in [0, 1] on the parameter's scale.

    ``value`` is None for an infeasible trial: a cross at the edge of the plot.
    """

    trial: TrialNumber
    x: Value
    unit: float
    value: float | None
    is_top: bool


@dataclass(frozen=True, slots=True)
class Bucket:
    """The trials of one stretch (or one value) of an axis.

    ``low`` and ``high`` are its ends in units; ``x`` its value if it is one. ``best`` and
    ``third`` are values of the objective. ``expected`` is the value expected of the best of as
    many trials as the smallest bucket has, for best-of-n favours full buckets. ``best_trial`` is
    the trial that ``best`` is of.
    """

    low: float
    high: float
    x: Value
    n: int
    n_infeasible: int
    best: float | None
    third: float | None
    expected: float | None
    best_trial: TrialNumber | None = None

    @property
    def is_thin(self) -> bool:
        """Whether too few trials are in it to say anything (S4.23)."""
        return self.n < MIN_PER_BUCKET


def units_of(trial: Trial, space: Space) -> dict[str, float]:
    """Return where the trial lies on each dimension it has; {} if it is not in the space."""
    try:
        units = space.encode(trial.config)
    except ConfigurationError:
        return {}
    return {n: u for n, u in zip(space.dimensions, units, strict=True) if u == u}


def values_of(space: Space, name: str) -> tuple[Value, ...] | None:
    """Return the values of a choice, None for a range."""
    match space.parameters[name]:
        case Choice(values=values):
            return tuple(values)
        case Bool():
            return (False, True)
    return None


def end_of(space: Space, name: str, unit: float) -> float:
    """Return the number at a unit of a parameter's scale, also beyond its ends."""
    match space.parameters[name]:
        case Float(low=low, high=high, log=log):
            return Scale(_KINDS[log], low, high).beyond(unit)
        case Int(low=low, high=high, log=log):
            return float(round(Scale(_KINDS[log], low - 0.5, high + 0.5).beyond(unit)))
    raise TypeError(f"{name} is not a range")


def axis_points(
    trials: Sequence[Trial], space: Space, objective: Objective, *, name: str
) -> list[AxisPoint]:
    """Return a point for each trial that has the parameter, best three marked (S4.22)."""
    top = {trial.number for trial in ranked(trials, objective)[:N_TOP]}
    points = []
    for trial in sorted([*feasible(trials), *infeasible(trials)], key=lambda t: t.number):
        unit = units_of(trial, space).get(name)
        if unit is not None:
            is_top = trial.number in top
            points.append(AxisPoint(trial.number, trial.config[name], unit, trial.value, is_top))
    return points


def isolation(
    trials: Sequence[Trial], space: Space, objective: Objective, *, name: str
) -> list[Bucket]:
    """Return the best trial over all others for each stretch of ``name`` (S4.23, S3.7).

    A choice has a bucket for each value, a range clamp(n // 5, 4, 10) of equal width.
    """
    found = [(units_of(t, space).get(name), t) for t in [*feasible(trials), *infeasible(trials)]]
    placed = [(unit, trial) for unit, trial in found if unit is not None]
    n_feasible = sum(trial.value is not None for _, trial in placed)
    values = values_of(space, name) or [None] * min(10, max(4, n_feasible // 5))
    groups: list[list[Trial]] = [[] for _ in values]
    for unit, trial in placed:
        groups[min(len(values) - 1, int(unit * len(values)))].append(trial)
    counts = [n for group in groups if (n := len(feasible(group)))]
    k = min(counts, default=0)
    return [
        _bucket(group, objective, place=(i / len(values), (i + 1) / len(values)), x=x, k=k)
        for i, (group, x) in enumerate(zip(groups, values, strict=True))
    ]


def _bucket(
    group: Sequence[Trial], objective: Objective, *, place: tuple[float, float], x: Value, k: int
) -> Bucket:
    best = ranked(group, objective)
    errors = [error(trial, objective) for trial in best]
    sign = objective.sign
    return Bucket(
        low=place[0],
        high=place[1],
        x=x,
        n=len(errors),
        n_infeasible=len(infeasible(group)),
        best=sign * errors[0] if errors else None,
        third=sign * errors[2] if len(errors) > 2 else None,
        expected=sign * expected_best(errors, [k])[0].mean if errors and k else None,
        best_trial=best[0].number if best else None,
    )
