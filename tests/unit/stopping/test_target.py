"""S0.11: the search ends when a trial reaches the target; what runs is cancelled."""

from __future__ import annotations

import pytest

from tunebook.records import Budget, Objective, StudyState
from tunebook.stopping import RunningTrials, target_ending


@pytest.mark.parametrize(("value", "is_over"), [(0.89, False), (0.9, True), (0.95, True)])
def test_larger_value_reaches_a_target_that_is_maximized(progress, value, is_over):
    ending = target_ending(progress(Budget(target=0.9), best_value=value))
    assert (ending is not None) == is_over


@pytest.mark.parametrize(("value", "is_over"), [(0.11, False), (0.1, True), (-3.0, True)])
def test_smaller_value_reaches_a_target_that_is_minimized(progress, value, is_over):
    minimize = Objective.of(minimize="loss")
    ending = target_ending(progress(Budget(target=0.1), objective=minimize, best_value=value))
    assert (ending is not None) == is_over


def test_target_of_zero_is_a_target(progress):
    assert target_ending(progress(Budget(target=0.0), best_value=0.0)) is not None


@pytest.mark.parametrize(("budget", "best"), [(Budget(target=0.9), None), (Budget(trials=3), 0.99)])
def test_without_a_target_or_a_value_the_search_goes_on(progress, budget, best):
    assert target_ending(progress(budget, best_value=best)) is None


def test_study_that_reached_its_target_is_done_and_calls_the_rest_off(progress):
    ending = target_ending(progress(Budget(target=0.9), best_value=0.9123456789, best_trial=7))
    assert (ending.state, ending.limit) == (StudyState.DONE, "target")
    assert ending.running is RunningTrials.CANCEL
    assert ending.why == "target reached: trial 7 has acc 0.912346 (target 0.9)"
