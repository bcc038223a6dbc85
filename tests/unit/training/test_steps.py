"""Slices, pauses, stops and checkpoints, at the boundaries of steps."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from trial_doubles import MemoryCheckpoints, RecordingChannel, resumed_launch, sample_handle
from tunebook.errors import TaskError
from tunebook.records import CheckpointRef, TrialNumber, TrialState
from tunebook.testing.training import Counter, ManualClock, sample_launch
from tunebook.training import Leave, Proceed, TrialHandle, seed_everything


def train(trial: TrialHandle) -> list[int]:
    """Train a counter and return the steps done."""
    net = Counter()
    trial.track(net=net)
    done = []
    for step in trial.steps():
        net.value += 1.0
        trial.report(val_accuracy=net.value)
        done.append(step)
    trial.conclude(None)
    trial.close()
    return done


def train_untracked(trial: TrialHandle) -> list[int]:
    done = []
    for step in trial.steps():
        trial.report(val_accuracy=float(step))
        done.append(step)
    trial.conclude(None)
    trial.close()
    return done


def test_steps_count_from_one_to_max_steps() -> None:
    assert train_untracked(sample_handle(RecordingChannel())) == list(range(1, 11))


def test_steps_need_max_steps() -> None:
    trial = sample_handle(RecordingChannel(), launch=sample_launch(max_steps=None))
    with pytest.raises(TaskError, match="max_steps="):
        trial.steps()


def test_a_loop_that_was_left_goes_on_with_the_steps_that_are_left() -> None:
    trial = sample_handle(RecordingChannel())
    for step in trial.steps():
        if step == 4:
            break
    assert list(trial.steps()) == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("run", [train, train_untracked])
def test_trial_that_may_proceed_trains_on_in_place(run: Callable[[TrialHandle], list[int]]) -> None:
    channel = RecordingChannel(answers=[Proceed(6), Proceed(None)])
    trial = sample_handle(
        channel, launch=sample_launch(until_step=3), checkpoints=MemoryCheckpoints()
    )
    assert run(trial) == list(range(1, 11))
    assert [step for step, _, _ in channel.heard("reached")] == [3, 6]


def saved_at(step: int, kept: MemoryCheckpoints) -> CheckpointRef:
    """Train up to a step and return the checkpoint that is saved there."""
    channel = RecordingChannel()
    train(sample_handle(channel, launch=sample_launch(until_step=step), checkpoints=kept))
    (ref,) = channel.heard("checkpointed")
    return ref


def test_trial_saved_at_the_end_of_its_slice_trains_no_step_more_i7() -> None:
    kept, channel = MemoryCheckpoints(), RecordingChannel()
    launch = resumed_launch([saved_at(3, kept)], until_step=3)
    assert train(sample_handle(channel, launch=launch, checkpoints=kept)) == []
    assert [step for step, _, _ in channel.heard("reached")] == [3]


def test_trial_that_begins_again_trains_no_more_steps_than_are_left_i7() -> None:
    kept, channel = MemoryCheckpoints(), RecordingChannel(answers=[Proceed(3)])
    ref = saved_at(3, kept)
    kept.torn.add(ref)
    launch = resumed_launch([ref], until_step=5, max_new_steps=2)
    trial = sample_handle(channel, launch=launch, checkpoints=kept)
    assert train(trial) == [1, 2, 3]
    assert [step for step, _, _ in channel.heard("reached")] == [2, 3]


def test_measurements_come_before_the_end_of_their_slice() -> None:
    channel = RecordingChannel()
    train_untracked(sample_handle(channel, launch=sample_launch(until_step=3)))
    assert [word for word, _ in channel.said] == ["began", "reported", "reached"]


def test_released_trial_saves_a_checkpoint_and_leaves_its_loop() -> None:
    channel, checkpoints = RecordingChannel(), MemoryCheckpoints()
    trial = sample_handle(channel, launch=sample_launch(until_step=3), checkpoints=checkpoints)
    assert train(trial) == [1, 2, 3]
    assert [word for word, _ in channel.said][-2:] == ["reached", "checkpointed"]
    assert [ref.step for ref in checkpoints.payloads] == [3]
    assert trial.has_left


def test_trial_that_nobody_wants_any_more_saves_nothing() -> None:
    channel, checkpoints = RecordingChannel([Leave(is_kept=False)]), MemoryCheckpoints()
    train(sample_handle(channel, launch=sample_launch(until_step=3), checkpoints=checkpoints))
    assert not checkpoints.payloads


def test_what_is_reported_after_leaving_is_ignored() -> None:
    channel = RecordingChannel()
    trial = sample_handle(channel, launch=sample_launch(until_step=3))
    train_untracked(trial)
    trial.report(test_accuracy=0.9)
    trial.conclude(0.1)
    assert "test_accuracy" not in channel.curves


def test_resumed_trial_trains_only_the_steps_that_are_left() -> None:
    checkpoints = MemoryCheckpoints()
    first = sample_handle(
        RecordingChannel(), launch=sample_launch(until_step=3), checkpoints=checkpoints
    )
    train(first)
    channel = RecordingChannel()
    launch = resumed_launch(list(checkpoints.payloads))
    second = sample_handle(channel, launch=launch, checkpoints=checkpoints)
    assert train(second) == list(range(4, 11))
    assert channel.heard("began") == [3]
    assert channel.curves["val_accuracy"].values[0] == 4.0


def test_torn_checkpoint_is_rejected_and_the_one_before_used() -> None:
    checkpoints = MemoryCheckpoints()
    train(
        sample_handle(
            RecordingChannel(),
            launch=sample_launch(until_step=4),
            checkpoints=checkpoints,
            checkpoint_every_steps=2,
        )
    )
    refs = list(checkpoints.payloads)
    checkpoints.torn.add(refs[1])
    channel = RecordingChannel()
    trial = sample_handle(channel, launch=resumed_launch(refs), checkpoints=checkpoints)
    assert train(trial)[0] == 3
    assert channel.heard("rejected") == [refs[1]]
    assert channel.heard("began") == [2]


def test_trial_without_a_usable_checkpoint_begins_at_the_start() -> None:
    ref = CheckpointRef(TrialNumber(0), 5, "0" * 32)
    channel = RecordingChannel()
    launch = resumed_launch([ref])
    assert train(sample_handle(channel, launch=launch, checkpoints=MemoryCheckpoints()))[0] == 1
    assert channel.heard("began") == [0]


def test_untracked_trial_begins_at_the_start_whatever_its_launch_has() -> None:
    ref = CheckpointRef(TrialNumber(0), 5, "0" * 32)
    channel = RecordingChannel()
    trial = sample_handle(channel, launch=resumed_launch([ref]), checkpoints=MemoryCheckpoints())
    assert train_untracked(trial)[0] == 1
    assert channel.heard("began") == [0]


def test_stopped_trial_ends_at_the_next_step_and_keeps_a_checkpoint() -> None:
    channel, checkpoints = RecordingChannel(halt_at={4: TrialState.STOPPED}), MemoryCheckpoints()
    trial = sample_handle(channel, checkpoints=checkpoints)
    assert train(trial) == [1, 2, 3, 4]
    assert [ref.step for ref in checkpoints.payloads] == [4]
    assert not trial.has_left
    assert not channel.heard("reached")


def test_cancelled_trial_ends_at_the_next_step_and_saves_nothing() -> None:
    halts = dict.fromkeys(range(4, 8), TrialState.CANCELLED)
    channel, checkpoints = RecordingChannel(halt_at=halts), MemoryCheckpoints()
    assert train(sample_handle(channel, checkpoints=checkpoints)) == [1, 2, 3, 4]
    assert not checkpoints.payloads


def test_stop_before_the_first_measurement_is_no_missing_metric() -> None:
    channel = RecordingChannel(halt_at={1: TrialState.STOPPED})
    trial = sample_handle(channel)
    assert list(trial.steps()) == [1]
    trial.conclude(None)


def test_tracked_trial_is_set_aside_at_the_next_step() -> None:
    channel, checkpoints = RecordingChannel(halt_at={4: TrialState.PAUSED}), MemoryCheckpoints()
    trial = sample_handle(channel, checkpoints=checkpoints)
    assert train(trial) == [1, 2, 3, 4]
    assert [(s, tracked) for s, _, tracked in channel.heard("reached")] == [(4, True)]


def test_untracked_trial_is_set_aside_at_the_next_step_too() -> None:
    channel = RecordingChannel(halt_at={4: TrialState.PAUSED})
    trial = sample_handle(channel, launch=sample_launch(until_step=6))
    assert train_untracked(trial) == [1, 2, 3, 4]
    assert [(s, tracked) for s, _, tracked in channel.heard("reached")] == [(4, False)]


def test_slice_that_others_inherit_is_saved_before_its_end_is_told_s0_15() -> None:
    channel, checkpoints = RecordingChannel(), MemoryCheckpoints()
    launch = sample_launch(until_step=6)
    train(sample_handle(channel, checkpoints=checkpoints, launch=launch, saves_slices=True))
    told = [word for word, _ in channel.said]
    assert told.index("checkpointed") < told.index("reached")
    assert [ref.step for ref in channel.heard("checkpointed")] == [6]


def test_finished_trial_has_a_checkpoint_of_its_last_step() -> None:
    channel, checkpoints = RecordingChannel(), MemoryCheckpoints()
    train(sample_handle(channel, checkpoints=checkpoints))
    assert [ref.step for ref in channel.heard("checkpointed")] == [10]
    assert not channel.heard("reached")


def test_loop_that_was_broken_off_is_saved_where_it_ended() -> None:
    checkpoints, net = MemoryCheckpoints(), Counter()
    trial = sample_handle(RecordingChannel(), checkpoints=checkpoints)
    trial.track(net=net)
    for step in trial.steps():
        trial.report(val_accuracy=0.5)
        if step == 7:
            break
    trial.conclude(None)
    assert [ref.step for ref in checkpoints.payloads] == [7]


def test_checkpoint_is_saved_when_much_work_would_be_lost() -> None:
    channel, checkpoints, clock = RecordingChannel(), MemoryCheckpoints(), ManualClock()
    trial = sample_handle(channel, checkpoints=checkpoints, clock=clock)
    trial.track(net=Counter())
    for _ in trial.steps():
        clock.advance(11.0)
        trial.report(val_accuracy=0.0)
    # Step 1 improves on nothing; then 30 s are over at the steps 4, 7 and 10.
    assert [ref.step for ref in channel.heard("checkpointed")] == [1, 4, 7, 10]


def test_waiting_at_the_end_of_a_slice_is_no_training_time() -> None:
    clock = ManualClock()

    class SlowChannel:
        """Answers after a minute."""

        def __init__(self) -> None:
            self.inner = RecordingChannel(answers=[Proceed(None)])

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

        def reached(self, step: int, seconds: float, *, is_tracked: bool) -> Leave | Proceed:
            clock.advance(60.0)
            return self.inner.reached(step, seconds, is_tracked=is_tracked)

    channel = SlowChannel()
    trial = sample_handle(channel, launch=sample_launch(until_step=3), clock=clock)  # type: ignore[arg-type]  # a wrapper
    for _ in trial.steps():
        clock.advance(1.0)
    assert trial.seconds == 10.0


def random_walk(trial: TrialHandle) -> list[float]:
    seed_everything(trial.seed)
    net = Counter()
    trial.track(net=net)
    random.random()
    values = []
    for _ in trial.steps():
        net.value += random.random() + float(np.random.random())
        values.append(net.value)
        trial.report(val_accuracy=net.value)
    trial.conclude(None)
    return values


def test_resumed_trial_equals_an_undisturbed_one_bit_by_bit() -> None:
    undisturbed = random_walk(sample_handle(RecordingChannel(), checkpoints=MemoryCheckpoints()))
    checkpoints = MemoryCheckpoints()
    early = random_walk(
        sample_handle(
            RecordingChannel(), launch=sample_launch(until_step=4), checkpoints=checkpoints
        )
    )
    random.seed(99)
    late = random_walk(
        sample_handle(
            RecordingChannel(),
            launch=resumed_launch(list(checkpoints.payloads)),
            checkpoints=checkpoints,
        )
    )
    assert early + late == undisturbed


def test_clone_takes_the_state_but_draws_its_own_random_numbers() -> None:
    checkpoints = MemoryCheckpoints()
    random_walk(
        sample_handle(
            RecordingChannel(), launch=sample_launch(until_step=4), checkpoints=checkpoints
        )
    )
    refs = list(checkpoints.payloads)
    walks = [
        random_walk(
            sample_handle(
                RecordingChannel(),
                launch=resumed_launch(refs, number=number, is_clone=True),
                checkpoints=checkpoints,
                seed=number,
            )
        )
        for number in (1, 2)
    ]
    assert len(walks[0]) == len(walks[1]) == 6
    assert walks[0] != walks[1]


def test_object_without_a_state_cannot_be_tracked() -> None:
    with pytest.raises(TaskError, match="no state_dict and no load_state_dict"):
        sample_handle(RecordingChannel()).track(net=object())


def test_name_tracked_twice_is_refused() -> None:
    trial = sample_handle(RecordingChannel())
    trial.track(net=Counter())
    with pytest.raises(TaskError, match="two objects under one name"):
        trial.track(net=Counter())


def test_track_after_training_began_is_refused() -> None:
    trial = sample_handle(RecordingChannel())
    next(trial.steps())
    with pytest.raises(TaskError, match="after training began"):
        trial.track(net=Counter())


def _saved(**objects: Counter) -> tuple[MemoryCheckpoints, list[CheckpointRef]]:
    checkpoints = MemoryCheckpoints()
    trial = sample_handle(
        RecordingChannel(), launch=sample_launch(until_step=1), checkpoints=checkpoints
    )
    trial.track(**objects)
    list(trial.steps())
    return checkpoints, list(checkpoints.payloads)


def test_name_that_the_checkpoint_does_not_have_is_refused() -> None:
    checkpoints, refs = _saved(net=Counter())
    trial = sample_handle(RecordingChannel(), launch=resumed_launch(refs), checkpoints=checkpoints)
    with pytest.raises(TaskError, match="other names than the checkpoint"):
        trial.track(model=Counter())


def test_name_that_only_the_checkpoint_has_is_refused() -> None:
    checkpoints, refs = _saved(net=Counter(), ema=Counter())
    trial = sample_handle(RecordingChannel(), launch=resumed_launch(refs), checkpoints=checkpoints)
    trial.track(net=Counter())
    with pytest.raises(TaskError, match="'ema' is only in one of them"):
        next(iter(trial.steps()))


def test_state_that_does_not_fit_its_object_is_explained() -> None:
    class Other:
        def state_dict(self) -> dict[str, float]:
            return {}

        def load_state_dict(self, state: object, /) -> None:
            raise RuntimeError("size mismatch for weight")

    checkpoints, refs = _saved(net=Counter())
    trial = sample_handle(RecordingChannel(), launch=resumed_launch(refs), checkpoints=checkpoints)
    with pytest.raises(TaskError, match="size mismatch for weight"):
        trial.track(net=Other())


def test_objects_may_be_tracked_in_several_calls() -> None:
    checkpoints, refs = _saved(net=Counter(3.0), ema=Counter(4.0))
    net, ema = Counter(), Counter()
    trial = sample_handle(RecordingChannel(), launch=resumed_launch(refs), checkpoints=checkpoints)
    trial.track(net=net)
    trial.track(ema=ema)
    next(iter(trial.steps()))
    assert (net.value, ema.value) == (3.0, 4.0)
