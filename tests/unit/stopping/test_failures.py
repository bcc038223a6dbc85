"""Too many failures of the user's code end a study: the mistake is in the code, not in a trial."""

from __future__ import annotations

import pytest

from tunebook.records import Budget, StudyState
from tunebook.stopping import RunningTrials, failures_ending


@pytest.mark.parametrize(
    ("limit", "n_failed", "is_over"),
    [(0, 0, False), (0, 1, True), (3, 3, False), (3, 4, True)],
)
def test_so_many_trials_may_fail_as_the_budget_says(progress, limit, n_failed, is_over):
    ending = failures_ending(progress(Budget(max_failures=limit), n_failed=n_failed))
    assert (ending is not None) == is_over


@pytest.mark.parametrize(("n_failed", "is_over"), [(2, False), (3, True)])
def test_three_failures_before_any_value_end_a_study_without_that_limit(
    progress, n_failed, is_over
):
    ending = failures_ending(progress(Budget(), n_failed=n_failed, n_succeeded=0, best_value=None))
    assert (ending is not None) == is_over


@pytest.mark.parametrize("changes", [{"n_succeeded": 1, "best_value": None}, {"n_succeeded": 0}])
def test_study_that_has_seen_a_value_is_not_hopeless(progress, changes):
    assert failures_ending(progress(Budget(), n_failed=30, **changes)) is None


def test_limit_of_the_budget_replaces_the_rule_of_three(progress):
    hopeless = {"n_failed": 5, "n_succeeded": 0, "best_value": None}
    assert failures_ending(progress(Budget(max_failures=5), **hopeless)) is None


def test_ending_quotes_the_last_error(progress):
    ending = failures_ending(progress(Budget(max_failures=0), last_error="no module named nets"))
    assert (ending.state, ending.limit) == (StudyState.FAILED, "max_failures")
    assert ending.running is RunningTrials.STOP
    assert ending.why == "1 trials failed, 0 may; the last one: no module named nets"
