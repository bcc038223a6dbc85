"""Learning curves as the curve model takes them in: thinned, smoothed, scaled; failures at the end.

A few rungs and the end of each curve say almost all that it says, and the model's time grows with
the cube of the number of points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from tunebook.records import Objective, Series, Trial, TrialState
from tunebook.search.arrays import Array, Indices
from tunebook.search.geometry import Geometry
from tunebook.search.models.curve_process import CurvePoints
from tunebook.search.observations import failure_value, is_failure
from tunebook.search.rungs import UNDER_WAY
from tunebook.search.slices import RUNGS, Slices

SMOOTHED_SHARE = 0.15
"""A point is the median of this last share of the curve up to it."""

MAX_POINTS = 300
MAX_TRIALS = 120
"""A model of more trials keeps the better half of this, and a spread half of the others."""

_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """A trial's ``steps`` in units and ``values`` to minimise; ``is_bad``: its own fault."""

    trial: Trial
    units: Array
    steps: Array
    values: Array
    is_bad: bool

    @property
    def last(self) -> float:
        """The value at the end, infinite for none and for failures."""
        return math.inf if self.is_bad or not len(self.values) else float(self.values[-1])


@final
@dataclass(slots=True)
class CurveReader:
    """Reads the curves of trials, and remembers those that did not grow."""

    _known: dict[int, tuple[tuple[object, ...], Curve]] = field(default_factory=dict)

    def read(
        self, trials: Sequence[Trial], geometry: Geometry, objective: Objective, slices: Slices
    ) -> list[Curve]:
        """Return the curves of all trials that say something or are under way, by number."""
        found = []
        for trial in trials:
            if trial.state is TrialState.CANCELLED:
                continue
            series = trial.curves.get(objective.metric)
            size = 0 if series is None else len(series)
            end = series.values[-1] if series is not None and size else None
            sign = (trial.config, trial.state, trial.step, size, end, objective, slices)
            known = self._known.get(trial.number)
            if known is None or known[0] != sign:
                curve = _read(trial, series, geometry, objective, slices)
                if curve is None:
                    continue
                known = (sign, curve)
                self._known[trial.number] = known
            found.append(known[1])
        return found


def _read(
    trial: Trial, series: Series | None, geometry: Geometry, objective: Objective, slices: Slices
) -> Curve | None:
    units = geometry.units_of(trial.number, trial.config)
    if units is None:
        return None
    is_bad = is_failure(trial)
    if trial.state.is_final and not is_bad and trial.value is None:
        return None
    # What was measured before a failure looks as good as any curve, and tempts to try it again.
    steps, values = thinned(Series() if is_bad or series is None else series, objective, slices)
    return Curve(trial, units, steps, values, is_bad)


def thinned(series: Series, objective: Objective, slices: Slices) -> tuple[Array, Array]:
    """Return the steps, in units, and the smoothed values of a curve's rungs and of its end."""
    series = series.trained()
    steps, values = np.array(series.steps, dtype=float), np.array(series.values, dtype=float)
    usable = np.isfinite(values)
    steps, values = steps[usable], objective.sign * values[usable]
    if not len(steps):
        return steps, values
    wanted = [rung * slices.unit for rung in RUNGS if rung * slices.unit < steps[-1]]
    at = np.searchsorted(steps, [*wanted, steps[-1]], side="right") - 1
    at = np.unique(at[at >= 0])
    begins = np.searchsorted(steps, (1.0 - SMOOTHED_SHARE) * steps[at], side="right")
    smooth = np.array(
        [np.median(values[min(b, e) : e + 1]) for b, e in zip(begins, at, strict=True)]
    )
    return np.maximum(steps[at] / slices.unit, 1.0), smooth


@final
@dataclass(frozen=True, slots=True)
class CurveScaling:
    """z = (min(log(y - best + delta), cap) - centre) / spread for y in ``unit``: see ``scaled``."""

    best: float
    delta: float
    centre: float
    spread: float
    unit: float

    def raw(self, z: float) -> float:
        """Return the value, still to be minimised, of a standardised one."""
        level = min(self.centre + self.spread * z, 700.0)
        return self.unit * (math.exp(level) + self.best - self.delta)


CAP = 1.5
BEST_SHARE = 0.1


def scaled(values: Array) -> tuple[Array, CurveScaling]:
    """Return values as a model of curves wants them, and how to go back.

    The logarithm of the regret, log(y - b + d) with b the best, m the median and d = 0.1 (m - b),
    so that differences near the best count; at most 1.5 above the median's; standardised.
    """
    unit = max(1.0, float(np.abs(values).max()) / 1e100)
    y = values / unit
    best, middle = float(y.min()), float(np.median(y))
    # Where most values are equal, or one only, the spread of the others decides.
    reach = middle - best if middle > best else float(y.max()) - best
    delta = BEST_SHARE * reach if reach > 0.0 else 1.0
    level = np.minimum(np.log(y - best + delta), math.log(max(reach, 0.0) + delta) + CAP)
    centre, spread = float(level.mean()), float(level.std())
    if not spread > 1e-9:
        spread = 1.0
    return (level - centre) / spread, CurveScaling(best, delta, centre, spread, unit)


@final
@dataclass(frozen=True, slots=True)
class CurveData:
    """The curves a model is made of: ``points`` with their ``values``, curve i in row i."""

    curves: Sequence[Curve]
    points: CurvePoints
    values: Array
    scaling: CurveScaling


def curve_data(curves: Sequence[Curve], geometry: Geometry, slices: Slices) -> CurveData | None:
    """Return what a model is made of, None if no trial has shown a value."""
    curves = _chosen(curves)
    row = np.concatenate([[i] * len(c.values) for i, c in enumerate(curves)] or [[]])
    row = row.astype(np.intp)
    if not len(row):
        return None
    values, scaling = scaled(np.concatenate([c.values for c in curves]))
    steps = np.concatenate([c.steps for c in curves])
    bad = np.array([i for i, c in enumerate(curves) if c.is_bad], dtype=np.intp)
    if len(bad):
        worst = failure_value(values, len(bad) / len(curves))
        # Bad where it failed, and at the end, which it will not reach.
        failed_at = [slices.units(max(1, curves[i].trial.step)) for i in bad]
        row = np.r_[row, bad, bad]
        steps = np.r_[steps, failed_at, np.full(len(bad), slices.units(slices.n_steps))]
        values = np.r_[values, np.full(2 * len(bad), worst)]
        order = np.argsort(row, kind="stable")
        row, steps, values = row[order], steps[order], values[order]
    kept = _kept(row)
    units = np.array([c.units for c in curves])
    trials = geometry.coordinates.expand(units)
    points = CurvePoints(trials, row[kept], steps[kept], slices.units(slices.n_steps))
    return CurveData(curves, points, values[kept], scaling)


def _chosen(curves: Sequence[Curve]) -> list[Curve]:
    """Return the curves that a model keeps: all, or the running, the best and some of the rest."""
    if len(curves) <= MAX_TRIALS:
        return list(curves)
    ranks = np.argsort([c.last for c in curves], kind="stable")
    kept = set(ranks[: MAX_TRIALS // 2].tolist())
    kept |= {i for i, c in enumerate(curves) if c.trial.state in UNDER_WAY}
    rest = [i for i in range(len(curves)) if i not in kept]
    n_rest = max(0, MAX_TRIALS - len(kept))
    # Evenly along the numbers: trials of all times, good and bad.
    kept |= {rest[(2 * k + 1) * len(rest) // (2 * n_rest)] for k in range(n_rest)}
    return [curves[i] for i in sorted(kept)]


def _kept(row: Indices) -> Indices:
    """Return which points are kept: the last of every trial, and of the others as many as fit."""
    n = len(row)
    if n <= MAX_POINTS:
        return np.arange(n)
    is_last = np.r_[row[1:] != row[:-1], True]
    # A shuffle that stays the same when curves grow: fractions of multiples of the golden ratio.
    lot = np.where(is_last, -1.0, (np.arange(n) * _GOLDEN) % 1.0)
    return np.sort(np.argsort(lot, kind="stable")[:MAX_POINTS])
