"""Hours and money (I7, S0.8): only time at which a driver is at work counts."""

from __future__ import annotations

import pytest

from tunebook.records import Budget, StudyState
from tunebook.stopping import RunningTrials, deadline_ending


@pytest.mark.parametrize(("seconds", "is_over"), [(1799.9, False), (1800.0, True), (9e9, True)])
def test_hours_end_a_study_on_the_second(progress, seconds, is_over):
    ending = deadline_ending(progress(Budget(hours=0.5), active_s=seconds))
    assert (ending is not None) == is_over


@pytest.mark.parametrize(("seconds", "is_over"), [(3599.0, False), (3600.0, True)])
def test_money_is_time_at_its_price(progress, seconds, is_over):
    ending = deadline_ending(progress(Budget(cost=2.5, price_per_hour=2.5), active_s=seconds))
    assert (ending is not None) == is_over


@pytest.mark.parametrize("budget", [Budget(), Budget(price_per_hour=100.0), Budget(trials=1)])
def test_without_hours_or_money_time_is_no_limit(progress, budget):
    assert deadline_ending(progress(budget, active_s=9e9)) is None


@pytest.mark.parametrize(
    ("budget", "limit", "why"),
    [
        (Budget(hours=2), "hours", "time limit: 2 h of work are used"),
        (Budget(cost=4, price_per_hour=2), "cost", "cost limit: 4.00 of 4 are spent"),
    ],
)
def test_ending_names_the_limit_and_keeps_every_result(progress, budget, limit, why):
    ending = deadline_ending(progress(budget, active_s=7200.0))
    assert (ending.state, ending.limit, ending.why) == (StudyState.STOPPED, limit, why)
    assert ending.running is RunningTrials.STOP
