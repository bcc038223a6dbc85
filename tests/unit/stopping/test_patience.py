"""Patience: so many trials in a row without a better value; what runs may finish."""

from __future__ import annotations

import pytest

from tunebook.records import Budget, StudyState
from tunebook.stopping import RunningTrials, patience_ending


@pytest.mark.parametrize(("n", "is_over"), [(0, False), (4, False), (5, True), (6, True)])
def test_patience_runs_out_after_so_many_trials(progress, n, is_over):
    ending = patience_ending(progress(Budget(patience=5), n_since_improvement=n))
    assert (ending is not None) == is_over


def test_there_is_no_impatience_before_the_first_value(progress):
    before = progress(Budget(patience=1), n_since_improvement=9, best_value=None)
    assert patience_ending(before) is None


def test_without_patience_nobody_is_impatient(progress):
    assert patience_ending(progress(Budget(), n_since_improvement=10**6)) is None


def test_what_runs_may_finish(progress):
    ending = patience_ending(progress(Budget(patience=2)))
    assert (ending.state, ending.limit) == (StudyState.STOPPED, "patience")
    assert ending.running is RunningTrials.FINISH
    assert ending.why == "patience: 2 trials in a row brought no better value"
