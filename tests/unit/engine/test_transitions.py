"""The one table of moves: complete, with no way out of an end, and a story when it is broken."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from results import sample_result
from tunebook.engine import TRANSITIONS
from tunebook.engine.transitions import check_transition
from tunebook.errors import InvalidTransitionError
from tunebook.records import Event, TrialState
from tunebook.testing.samples import sample_start

TRIAL = sample_result(3, {"lr": 0.1}, 0.5)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(TrialState, TrialState)))
def test_every_move_is_in_the_table_or_refused(before: TrialState, after: TrialState) -> None:
    trial = replace(TRIAL, state=before)
    if (before, after) in TRANSITIONS:
        check_transition(trial, after, [])
    else:
        with pytest.raises(InvalidTransitionError, match=f"from {before} to {after}"):
            check_transition(trial, after, [])


def test_ends_are_ends_and_every_state_can_be_reached() -> None:
    assert not [before for before, _ in TRANSITIONS if before.is_final]
    reached = {TrialState.QUEUED} | {after for _, after in TRANSITIONS}
    assert reached == set(TrialState)


def test_refusal_tells_the_story_of_the_trial_alone() -> None:
    story: list[Event] = [*sample_start(3), *sample_start(4)]
    with pytest.raises(InvalidTransitionError) as refusal:
        check_transition(TRIAL, TrialState.RUNNING, story)
    assert "Its story: TrialCreated; TrialBegan." in str(refusal.value)
    assert "the state is final" in str(refusal.value)
