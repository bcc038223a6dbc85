"""What a study has shown: order, failures, the scale of values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.records import Failure, FailureKind, Objective, TrialState
from tunebook.search.observations import observed, standardised
from tunebook.testing.searcher_suite import finished, mixed_space

MINIMIZE = Objective.of(minimize="loss")


def test_observations_stand_in_the_order_of_their_ends() -> None:
    trials = finished(4, mixed_space())
    trials[0] = replace(trials[0], ended_at=99.0)
    assert [o.trial.number for o in observed(trials, MINIMIZE)] == [1, 2, 3, 0]


def test_values_to_maximise_are_turned_round() -> None:
    trials = finished(3, mixed_space())
    found = [o.value for o in observed(trials, Objective.of(maximize="loss"))]
    assert found == [-(t.value or 0.0) for t in trials]


@pytest.mark.parametrize("kind", list(FailureKind))
def test_failures_count_unless_the_configuration_is_not_to_blame(kind: FailureKind) -> None:
    trials = finished(1, mixed_space())
    failure = Failure(kind, "it failed")
    trials[0] = replace(trials[0], state=kind.end_state, failure=failure, value=None)
    blameless = {FailureKind.LOST, FailureKind.METRIC_MISSING, FailureKind.METRIC_UNCLEAR}
    is_blamed = kind not in blameless
    assert [o.value for o in observed(trials, MINIMIZE)] == ([None] if is_blamed else [])


def test_what_was_called_off_says_nothing() -> None:
    trials = finished(2, mixed_space())
    trials[0] = replace(trials[0], state=TrialState.CANCELLED)
    trials[1] = replace(trials[1], state=TrialState.RUNNING, ended_at=None)
    assert observed(trials, MINIMIZE) == []


@given(st.lists(st.floats(-1e300, 1e300) | st.just(math.nan), min_size=1, max_size=30))
def test_standardised_values_are_finite_and_keep_their_order(raw: list[float]) -> None:
    values = np.array(raw)
    z, scaling = standardised(values)
    assert np.isfinite(z).all()
    assert math.isfinite(scaling.raw(0.0))
    known = ~np.isnan(values)
    order = np.argsort(values[known], kind="stable")
    assert (np.diff(z[known][order]) >= -1e-9).all()
    if known.any() and not known.all():
        assert z[~known].min() >= z[known].max() - 1e-9


def test_terrible_values_do_not_flatten_the_good_ones() -> None:
    z, _ = standardised(np.array([1.0, 1.1, 1.2, 1.3, 1.4, 1e9, 1e12]))
    assert z[4] - z[0] > 0.5
    assert z[5] == z[6]


def test_a_failure_is_worse_than_the_worst_by_a_margin() -> None:
    z, _ = standardised(np.array([0.0, 1.0, 2.0, 3.0, math.nan]))
    assert z[4] > z[3] + 1.0


def test_failures_are_no_cliff_where_most_trials_fail() -> None:
    z, _ = standardised(np.array([0.0, 1.0, math.nan, math.nan]))
    assert z[2] == z[1]


def test_standardised_values_lead_back_to_raw_ones() -> None:
    values = np.array([3.0, 4.0, 5.0, 6.5, math.nan])
    z, scaling = standardised(values)
    assert [scaling.raw(one) for one in z[:3]] == pytest.approx(values[:3].tolist())
