"""Training steps (I7): granted before they are trained, so the limit is met and never passed."""

from __future__ import annotations

import pytest

from tunebook.records import Budget, StudyState
from tunebook.stopping import RunningTrials, steps_ending


@pytest.mark.parametrize(("done", "is_over"), [(0, False), (99, False), (100, True)])
def test_steps_that_are_trained_end_a_study_not_those_that_are_granted(progress, done, is_over):
    ending = steps_ending(progress(Budget(steps=100), steps_done=done, steps_granted=100))
    assert (ending is not None) == is_over


def test_without_a_limit_steps_are_free(progress):
    assert steps_ending(progress(Budget(trials=2), steps_done=10**9)) is None


def test_ending_names_the_limit_and_keeps_every_result(progress):
    ending = steps_ending(progress(Budget(steps=1000), steps_done=1000))
    assert (ending.state, ending.limit) == (StudyState.STOPPED, "steps")
    assert ending.running is RunningTrials.STOP
    assert ending.why == "step limit: 1,000 of 1,000 steps are trained"
