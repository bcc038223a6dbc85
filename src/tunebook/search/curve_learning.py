"""From a history to a model of its curves: what is known at one decision, and how well.

Hyperparameters are fitted from scratch to a part of the points, chosen by what they are and not by
when they came: so every decision is a function of the history, and a cache only saves time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from tunebook.search.arrays import Array, Indices
from tunebook.search.curves import CurveData, CurveReader, curve_data
from tunebook.search.geometry import Geometry
from tunebook.search.models.curve_process import CurvePoints, CurveProcess, CurveTheta, fit_curves
from tunebook.search.models.gaussian_process import NotPositiveDefiniteError
from tunebook.search.priors import sobol_share
from tunebook.search.protocol import History
from tunebook.search.rungs import UNDER_WAY
from tunebook.search.slices import Slices, measuring_gap

if TYPE_CHECKING:
    from tunebook.space import Space

MAX_FITTED = 64
"""So many points decide on the hyperparameters; all of them on predictions."""

MAX_FITTED_PER_TRIAL = 4
N_ITERATIONS = 12


@final
@dataclass(frozen=True, slots=True)
class CurveKnowledge:
    """The model at one decision: ``observed`` values, ``process`` with trials under way too."""

    data: CurveData
    observed: CurveProcess
    process: CurveProcess
    sobol_share: float
    prior_weight: float

    def at_end(self, rows: Sequence[int]) -> CurvePoints:
        """Return the ends of the whole trainings of the trials in some rows."""
        return self._ends(self.process.points.trials, np.array(rows, dtype=np.intp))

    def at_end_of(self, fresh: Array) -> CurvePoints:
        """Return the ends of whole trainings of new configurations, rows of coordinates."""
        trials = self.process.points.trials
        return self._ends(np.vstack([trials, fresh]), len(trials) + np.arange(len(fresh)))

    def _ends(self, trials: Array, rows: Indices) -> CurvePoints:
        n_steps = self.process.points.n_steps
        return CurvePoints(trials, rows, np.full(len(rows), n_steps), n_steps)


@final
class CurveLearner:
    """Learns from histories. Holds caches only."""

    def __init__(self) -> None:
        self._geometry: Geometry | None = None
        self._reader = CurveReader()
        self._last_fit: tuple[bytes, CurveTheta, float] | None = None

    def geometry(self, space: Space) -> Geometry:
        """Return what is known of a space."""
        if self._geometry is None or self._geometry.space != space:
            self._geometry, self._reader = Geometry(space), CurveReader()
        return self._geometry

    def slices(self, history: History) -> Slices:
        """Return the slices of the study's trainings."""
        gap = measuring_gap(history.trials, history.objective.metric)
        return Slices(history.max_steps or 1, gap)

    def learn(self, history: History) -> CurveKnowledge | None:
        """Return the model of a history, None while there is nothing to learn from."""
        geometry, slices = self.geometry(history.space), self.slices(history)
        curves = self._reader.read(history.trials, geometry, history.objective, slices)
        data = curve_data(curves, geometry, slices)
        if data is None:
            return None
        kernel = geometry.coordinates.kernel
        try:
            theta, share = self._fit(geometry, data)
            process = CurveProcess(kernel, data.points, data.values, theta)
            process.observed_means()  # factors now, where a failure is caught
        except NotPositiveDefiniteError:
            return None
        units = np.array([c.units for c in data.curves])
        ends = np.flatnonzero(np.r_[data.points.row[1:] != data.points.row[:-1], True])
        weight = geometry.priors.weight(units[data.points.row[ends]], data.values[ends])
        running = _running_points(data, slices)
        return CurveKnowledge(data, process, process.believing(running), share, weight)

    def _fit(self, geometry: Geometry, data: CurveData) -> tuple[CurveTheta, float]:
        """Return hyperparameters, and how often a model with them should not be asked."""
        kernel, kept = geometry.coordinates.kernel, _fitted(data)
        points = CurvePoints(
            data.points.trials, data.points.row[kept], data.points.steps[kept], data.points.n_steps
        )
        values = data.values[kept]
        sign = points.trials.tobytes() + points.row.tobytes() + values.tobytes()
        if self._last_fit is None or self._last_fit[0] != sign:
            start = CurveTheta.initial(kernel)
            theta = fit_curves(kernel, points, values, start, n_iterations=N_ITERATIONS)
            process = CurveProcess(kernel, points, values, theta)
            share = sobol_share(*process.leave_one_trial_out())
            self._last_fit = (sign, theta, share)
        return self._last_fit[1:]


def _fitted(data: CurveData) -> Indices:
    """Return which points the hyperparameters are fitted to: a few of the best and other curves."""
    row = data.points.row
    if len(row) <= MAX_FITTED:
        return np.arange(len(row))
    begins = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    ends = np.r_[begins[1:], len(row)] - 1
    # The first, the last and two points between them of each curve.
    places = np.linspace(begins, ends, MAX_FITTED_PER_TRIAL).round().astype(np.intp)
    order = np.argsort(data.values[ends], kind="stable")
    half = len(order) // 2
    best, rest = order[:half], order[half:]
    # The best and a spread choice of the others in turn, until the points are used up.
    stride = max(1, round(len(rest) / max(1, MAX_FITTED // (2 * MAX_FITTED_PER_TRIAL))))
    others = np.concatenate([rest[k::stride] for k in range(stride)])
    turns = np.column_stack([best, others[:half]]).ravel()
    sizes = np.minimum(ends - begins + 1, MAX_FITTED_PER_TRIAL)[turns]
    n_turns = int(np.searchsorted(np.cumsum(sizes), MAX_FITTED, side="right"))
    return np.unique(places[:, turns[:n_turns]])


def _running_points(data: CurveData, slices: Slices) -> CurvePoints:
    """Return where trials under way will be seen next: the ends of their slices."""
    running = [
        (i, slices.units(c.trial.until_step or slices.n_steps))
        for i, c in enumerate(data.curves)
        if c.trial.state in UNDER_WAY
    ]
    return CurvePoints(
        data.points.trials,
        np.array([i for i, _ in running], dtype=np.intp),
        np.array([step for _, step in running], dtype=float),
        data.points.n_steps,
    )
