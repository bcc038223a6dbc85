"""The inline executor keeps the contract of executors, and what is its own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from trial_doubles import MemoryCheckpoints
from tunebook.engine.commands import Continue, Halt, Release
from tunebook.errors import StoreFullError
from tunebook.execution.inline import InlineExecutor
from tunebook.execution.protocol import Executor
from tunebook.execution.trial_setup import TrialSetup
from tunebook.records import (
    Event,
    Objective,
    TrialBegan,
    TrialEnded,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.testing import trainings
from tunebook.testing.executor_suite import ExecutorSuite, Watch, launch_of
from tunebook.training import TrainingFunction, TrialHandle


def inline(function: TrainingFunction, home: Path) -> InlineExecutor:
    setup = TrialSetup("digits", Objective.of(maximize="val_accuracy"), home)
    return InlineExecutor(function, setup, checkpoints=MemoryCheckpoints())


class TestInlineExecutor(ExecutorSuite):
    def make_executor(self, function: TrainingFunction, setup: TrialSetup) -> Executor:
        return InlineExecutor(
            function, setup, checkpoints=MemoryCheckpoints(), wait=lambda seconds: None
        )


def test_untracked_trial_that_was_released_starts_again(tmp_path: Path) -> None:
    executor = inline(trainings.untracked, tmp_path)
    watch = Watch(executor)
    executor.carry_out(launch_of(until=4))
    watch.until_ends()
    executor.carry_out(launch_of())
    watch.until_came(TrialEnded)
    assert [event.step for event in watch.all(TrialBegan)] == [0, 0]


def test_users_random_numbers_are_left_alone(tmp_path: Path) -> None:
    random.seed(5)
    expected = random.Random(5).random()
    executor = inline(trainings.tracked, tmp_path)
    executor.carry_out(launch_of())
    Watch(executor).until_ends()
    assert random.random() == expected


def test_keyboard_interrupt_comes_out_with_everything_measured_delivered(tmp_path: Path) -> None:
    def train(trial: TrialHandle) -> None:
        for step in trial.steps():
            trial.report(val_accuracy=float(step))
            if step == 3:
                raise KeyboardInterrupt

    executor = inline(train, tmp_path)
    watch = Watch(executor)
    executor.carry_out(launch_of())
    with pytest.raises(KeyboardInterrupt):
        watch.until_ends()
    assert [type(event) for event in watch.events] == [TrialBegan, TrialReported]
    assert list(watch.curve().steps) == [1, 2, 3]
    executor.carry_out(Halt(TrialNumber(0), TrialState.PAUSED))
    watch.until_came(TrialReached)


def test_interrupted_trial_goes_on_from_its_checkpoint_when_nobody_halts_it(
    tmp_path: Path,
) -> None:
    interruptions = [KeyboardInterrupt]

    def train(trial: TrialHandle) -> None:
        trial.track(net=trainings.Counter())
        for step in trial.steps():
            trial.report(val_accuracy=float(step))
            if step == 5 and interruptions:
                raise interruptions.pop()

    setup = TrialSetup(
        "digits", Objective.of(maximize="val_accuracy"), tmp_path, checkpoint_every_steps=2
    )
    executor = InlineExecutor(train, setup, checkpoints=MemoryCheckpoints())
    watch = Watch(executor)
    executor.carry_out(launch_of())
    with pytest.raises(KeyboardInterrupt):
        watch.until_ends()
    watch.until_ends()
    assert [event.step for event in watch.all(TrialBegan)] == [0, 4]
    assert list(watch.curve().steps) == list(range(1, 11))


def test_error_of_the_driver_is_no_error_of_the_training(tmp_path: Path) -> None:
    def deliver(batch: object) -> None:
        raise StoreFullError("no space left")

    executor = inline(trainings.untracked, tmp_path)
    executor.carry_out(launch_of(until=4))
    with pytest.raises(StoreFullError):
        executor.events(deliver, 0.0)


def test_driver_that_answers_later_is_served_from_the_checkpoint(tmp_path: Path) -> None:
    executor = inline(trainings.tracked, tmp_path)
    heard: list[Event] = []
    executor.carry_out(launch_of(until=4))
    executor.events(heard.extend, 0.0)
    executor.carry_out(Continue(TrialNumber(0), None))
    executor.events(heard.extend, 0.0)
    assert [event.step for event in heard if isinstance(event, TrialBegan)] == [0, 4]
    assert isinstance(heard[-1], TrialEnded)


def test_driver_that_releases_later_hears_no_more(tmp_path: Path) -> None:
    executor = inline(trainings.tracked, tmp_path)
    heard: list[Event] = []
    executor.carry_out(launch_of(until=4))
    executor.events(heard.extend, 0.0)
    n_heard = len(heard)
    executor.carry_out(Release(TrialNumber(0)))
    executor.carry_out(Continue(TrialNumber(0), None))
    executor.events(heard.extend, 0.0)
    assert len(heard) == n_heard
