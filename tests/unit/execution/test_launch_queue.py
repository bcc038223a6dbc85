"""Launches wait in line, keep up with checkpoints, and can be called off."""

from __future__ import annotations

import pytest

from tunebook.execution.launch_queue import LaunchQueue
from tunebook.records import CheckpointRef, TrialEnded, TrialNumber, TrialReached, TrialState
from tunebook.testing.training import sample_launch


def ref(trial: int, step: int) -> CheckpointRef:
    return CheckpointRef(TrialNumber(trial), step, "0" * 32)


def queue_of(*numbers: int) -> LaunchQueue:
    queue = LaunchQueue()
    for number in numbers:
        queue.add(sample_launch(trial=TrialNumber(number)))
    return queue


def drained(queue: LaunchQueue) -> list[int]:
    taken = []
    while (launch := queue.take()) is not None:
        taken.append(int(launch.trial))
    return taken


def test_first_come_first_served() -> None:
    assert drained(queue_of(3, 1, 2)) == [3, 1, 2]


def test_interrupted_trial_goes_first() -> None:
    queue = queue_of(3, 1)
    queue.put_first(sample_launch(trial=TrialNumber(2)))
    assert drained(queue) == [2, 3, 1]


def test_launch_that_may_not_start_yet_lets_others_pass() -> None:
    queue = queue_of(3, 1)
    taken = queue.take(lambda launch: launch.trial != 3)
    assert taken is not None
    assert taken.trial == 1
    assert drained(queue) == [3]


def test_checkpoint_that_comes_late_is_used() -> None:
    queue = queue_of(3, 1)
    queue.add_checkpoint(ref(1, 4))
    launches = [queue.take(), queue.take()]
    assert [launch.checkpoints for launch in launches if launch] == [(), (ref(1, 4),)]


@pytest.mark.parametrize("outcome", [TrialState.STOPPED, TrialState.PAUSED])
def test_launch_that_is_halted_ends_where_its_latest_checkpoint_is(outcome: TrialState) -> None:
    queue = LaunchQueue()
    queue.add(sample_launch(checkpoints=(ref(0, 2), ref(0, 4)), seconds=8.0))
    event = queue.halt(TrialNumber(0), outcome, at=1.0)
    assert isinstance(event, TrialEnded | TrialReached)
    assert event.step == 4


def test_launch_that_is_halted_ends_where_its_checkpoint_is() -> None:
    queue = LaunchQueue()
    queue.add(sample_launch(checkpoints=(ref(0, 4),), seconds=8.0))
    event = queue.halt(TrialNumber(0), TrialState.STOPPED, at=1.0)
    assert event == TrialEnded(1.0, TrialNumber(0), 4, 8.0)
    assert queue.take() is None


def test_launch_that_is_set_aside_reaches_the_end_of_its_slice() -> None:
    event = queue_of(0).halt(TrialNumber(0), TrialState.PAUSED, at=1.0)
    assert event == TrialReached(1.0, TrialNumber(0), 0, 0.0)


def test_trial_that_does_not_wait_cannot_be_halted() -> None:
    assert queue_of(1).halt(TrialNumber(0), TrialState.STOPPED, at=1.0) is None
