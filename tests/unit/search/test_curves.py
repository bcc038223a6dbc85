"""Curves as the model takes them in."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.records import Failure, FailureKind, Objective, Series, Trial, TrialState
from tunebook.search.curves import (
    MAX_POINTS,
    MAX_TRIALS,
    CurveData,
    CurveReader,
    curve_data,
    scaled,
    thinned,
)
from tunebook.search.geometry import Geometry
from tunebook.search.slices import Slices
from tunebook.testing.searcher_suite import finished, mixed_space

MINIMIZE = Objective.of(minimize="loss")
SLICES = Slices(50)


def series(values: list[float]) -> Series:
    steps = range(1, len(values) + 1)
    return Series.of(steps, values, [float(step) for step in steps])


def with_curve(trial: Trial, values: list[float]) -> Trial:
    return replace(trial, step=len(values), curves={"loss": series(values)})


def data_of(trials: list[Trial]) -> CurveData:
    geometry = Geometry(mixed_space())
    curves = CurveReader().read(trials, geometry, MINIMIZE, SLICES)
    data = curve_data(curves, geometry, SLICES)
    assert data is not None
    return data


def test_a_curve_is_thinned_to_its_rungs_and_its_end() -> None:
    steps, values = thinned(series([1.0 / step for step in range(1, 31)]), MINIMIZE, SLICES)
    assert steps.tolist() == [1, 2, 4, 7, 13, 23, 30]
    assert values[:3].tolist() == [1.0, 0.5, 0.25]


def test_a_point_is_the_median_of_the_last_steps_so_one_spike_changes_nothing() -> None:
    values = [1.0] * 30
    values[28] = 99.0
    assert thinned(series(values), MINIMIZE, SLICES)[1][-1] == 1.0


def test_measurements_that_are_not_numbers_are_left_out() -> None:
    steps, values = thinned(series([3.0, math.nan, 2.0, math.inf]), MINIMIZE, SLICES)
    assert steps.tolist() == [1, 3]
    assert values.tolist() == [3.0, 2.0]


def test_long_trainings_are_seen_in_units() -> None:
    curve = Series.of([500, 1000, 1500], [3.0, 2.0, 1.0], [0.0, 0.0, 0.0])
    assert thinned(curve, MINIMIZE, Slices(10_000, 500))[0].tolist() == [2.5, 5.0, 7.5]


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=40))
def test_scaled_values_are_finite_keep_their_order_and_lead_back(raw: list[float]) -> None:
    z, scaling = scaled(np.array(raw))
    assert np.isfinite(z).all()
    order = np.argsort(raw, kind="stable")
    assert (np.diff(z[order]) >= -1e-9).all()
    best = int(np.argmin(raw))
    tolerance = 1e-6 * max(map(abs, raw)) + 1e-12
    assert scaling.raw(z[best]) == pytest.approx(raw[best], abs=tolerance)


def test_differences_near_the_best_count_most() -> None:
    z, _ = scaled(np.array([0.0, 0.01, 0.5, 1.0, 1.01, 50.0, 1e6]))
    assert z[1] - z[0] > z[4] - z[3]
    assert z[6] == z[5]


def test_a_failure_counts_as_bad_where_it_came_and_at_the_end() -> None:
    trials = finished(4, mixed_space())
    failure = Failure(FailureKind.DIVERGED, "loss is nan")
    trials[2] = replace(trials[2], state=TrialState.INFEASIBLE, failure=failure, value=None, step=3)
    data = data_of(trials)
    at = np.flatnonzero(data.points.row == 2)
    assert data.points.steps[at].tolist() == [3.0, 50.0]
    assert data.values[at].min() > np.delete(data.values, at).max()


def test_many_curves_are_cut_to_what_the_model_can_take() -> None:
    trials = finished(400, mixed_space())
    trials = [with_curve(t, [float(t.value or 0.0) + 1 / s for s in range(1, 50)]) for t in trials]
    data = data_of(trials)
    assert len(data.curves) <= MAX_TRIALS
    assert len(data.points) <= MAX_POINTS
    assert set(data.points.row) == set(range(len(data.curves)))
    best = min(trials, key=lambda t: t.value or 0.0)
    assert best.number in {curve.trial.number for curve in data.curves}


def test_a_reader_notices_a_curve_that_grew() -> None:
    reader, geometry = CurveReader(), Geometry(mixed_space())
    trial = finished(1, mixed_space())[0]
    short, long = with_curve(trial, [3.0, 2.0]), with_curve(trial, [3.0, 2.0, 1.0])
    assert reader.read([short], geometry, MINIMIZE, SLICES)[0].last == 2.0
    assert reader.read([long], geometry, MINIMIZE, SLICES)[0].last == 1.0
