"""A trial that is handed over: what is said elsewhere is passed on, and the first handle knows."""

from __future__ import annotations

import math

import pytest

from trial_doubles import MemoryCheckpoints, RecordingChannel, resumed_launch, sample_handle
from tunebook.records import CheckpointRef, Series, TrialNumber, TrialState
from tunebook.testing.training import Counter, ManualClock
from tunebook.training import Leave, Proceed, TrialHandle

REF = CheckpointRef(TrialNumber(0), 4, "0" * 32, 1)


def elsewhere(handle: TrialHandle, clock: ManualClock | None = None) -> TrialHandle:
    """Return the handle that goes on with the trial."""
    handed = handle.hand_over()
    return TrialHandle(
        handed.assignment,
        handed.channel,
        checkpoints=handed.checkpoints,
        clock=clock or ManualClock(),
    )


def test_what_is_reported_elsewhere_is_the_trials_own():
    channel = RecordingChannel()
    handle = sample_handle(channel)
    other = elsewhere(handle)
    for step in other.steps():
        other.report(val_accuracy=step / 10)
        if step == 3:
            break
    other.close()
    assert list(channel.curves["val_accuracy"].steps) == [1, 2, 3]
    assert channel.heard("began") == [0]
    assert handle.step == 3


def test_trial_goes_on_elsewhere_from_its_checkpoint_and_begins_there():
    channel, checkpoints = RecordingChannel(), MemoryCheckpoints()
    first = sample_handle(channel, checkpoints=checkpoints)
    first.track(net=Counter(5.0))
    for _ in first.steps():
        first.report(val_accuracy=0.5)
        break
    first.conclude(None)
    (ref,) = channel.heard("checkpointed")
    channel.said.clear()
    other = elsewhere(sample_handle(channel, launch=resumed_launch([ref]), checkpoints=checkpoints))
    net = Counter()
    other.track(net=net)
    assert (next(iter(other.steps())), net.value) == (ref.step + 1, 5.0)
    assert channel.heard("began") == [ref.step]


def test_trial_that_began_before_it_was_handed_over_does_not_go_back_to_a_checkpoint():
    channel = RecordingChannel()
    handle = sample_handle(channel, launch=resumed_launch([REF]))
    handle.report(val_accuracy=0.5)
    assert handle.hand_over().assignment.launch.checkpoints == ()
    assert channel.heard("began") == [0]


def test_time_spent_waiting_for_an_answer_elsewhere_does_not_count():
    clock = ManualClock()

    class Slow(RecordingChannel):
        def reached(self, step, seconds, *, is_tracked):
            clock.advance(100.0)
            return super().reached(step, seconds, is_tracked=is_tracked)

    handle = sample_handle(Slow([Proceed(None)]), clock=clock)
    clock.advance(2.0)
    handed = handle.hand_over()
    assert handed.assignment.launch.seconds == 2.0
    assert handed.channel.reached(4, 2.0, is_tracked=True) == Proceed(None)
    clock.advance(1.0)
    assert (handle.seconds, handle.step, handle.has_left) == (3.0, 4, False)


def test_trial_that_leaves_elsewhere_has_left():
    handle = sample_handle(RecordingChannel([Leave(is_kept=True)]))
    handle.hand_over().channel.reached(4, 2.0, is_tracked=True)
    assert handle.has_left


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_objective_that_is_not_finite_elsewhere_is_noted(value: float):
    handed = sample_handle(RecordingChannel()).hand_over()
    handed.channel.reported({"train_loss": Series.of([1], [value], [0.0])})
    assert handed.channel.divergence is None
    handed.channel.reported({"val_accuracy": Series.of([1], [value], [0.0])})
    assert handed.channel.divergence is not None
    assert "at step 1" in str(handed.channel.divergence)
    assert handed.channel.metrics == {"train_loss", "val_accuracy"}


def test_conclusion_of_a_trial_that_was_handed_over_is_made_elsewhere():
    channel = RecordingChannel(halt_at={1: TrialState.STOPPED})
    handle = sample_handle(channel)
    handle.hand_over()
    handle.conclude(0.7)
    handle.close()
    assert channel.curves == {}
