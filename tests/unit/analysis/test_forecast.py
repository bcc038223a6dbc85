"""The forecast: trials over workers times the time of a trial, and a warning in time (S0.8)."""

from __future__ import annotations

import pytest

from tunebook.analysis.forecast import duration, forecast
from tunebook.records import Budget, DryRunMeasured

DRY_RUN = DryRunMeasured(0.0, startup_s=10.0, step_s=3.0, metrics={})


def test_estimate_is_waves_of_trials_times_trial_time_and_its_price_s0_8():
    budget = Budget(trials=7, cost=100.0, price_per_hour=36.0)
    found = forecast(budget, DRY_RUN, max_steps=20, n_slots=2)
    assert found is not None
    assert (found.trial_s, found.total_s) == (60.0, 4 * 60.0 + 10.0)
    assert found.cost == pytest.approx(2.5)
    assert found.warning is None


def test_limit_at_half_the_estimate_is_warned_of_before_the_start_s0_8():
    budget = Budget(trials=60, hours=0.5)
    found = forecast(budget, DRY_RUN, max_steps=20, n_slots=1)
    assert found is not None
    assert found.total_s == 3610.0
    assert found.n_fitting == 29
    assert found.warning is not None
    assert "60 min" in found.warning
    assert "30 min" in found.warning


def test_steps_bound_a_study_too():
    found = forecast(Budget(trials=60, steps=100), DRY_RUN, max_steps=20, n_slots=2)
    assert found is not None
    assert found.total_s == 160.0


def test_each_start_of_a_script_is_counted():
    found = forecast(
        Budget(trials=7, hours=1), DRY_RUN, max_steps=20, n_slots=2, starts_each_trial=True
    )
    assert found is not None
    assert (found.trial_s, found.total_s, found.n_fitting) == (70.0, 4 * 70.0, 102)
    by_steps = forecast(Budget(steps=100), DRY_RUN, max_steps=20, n_slots=1, starts_each_trial=True)
    assert by_steps is not None
    assert by_steps.total_s == 100 * 3.0 + 5 * 10.0


def test_dry_run_that_could_not_time_a_step_forecasts_nothing():
    nothing = DryRunMeasured(0.0, startup_s=1.0, step_s=None, metrics={})
    assert forecast(Budget(trials=3), nothing, max_steps=5, n_slots=1) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1.23, "1.2 s"), (45, "45 s"), (720, "12 min"), (12_600, "3.5 h"), (200_000, "2.3 days")],
)
def test_durations_are_said_as_people_say_them(seconds, said):
    assert duration(seconds) == said
