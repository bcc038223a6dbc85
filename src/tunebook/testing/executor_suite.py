"""The conformance suite of executors: subclass ``ExecutorSuite``, say how to make one, run pytest.

class TestMyExecutor(ExecutorSuite):
    def make_executor(self, function, setup):
        return MyExecutor(function, setup)
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, final

import pytest

from tunebook.engine.commands import Command, Continue, Halt, Launch, Release
from tunebook.execution.protocol import Executor
from tunebook.execution.trial_setup import TrialSetup
from tunebook.records import (
    CheckpointRef,
    Configuration,
    Event,
    FailureKind,
    Objective,
    Series,
    TrialBegan,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.testing import trainings
from tunebook.testing.training import sample_launch
from tunebook.training import TrainingFunction

PATIENCE_S = 30.0
"""So long a suite waits for something that must happen; the usual wait is milliseconds."""

SliceEnd: TypeAlias = TrialReached | TrialEnded | TrialFailed | TrialLost

_Event = TypeVar("_Event", bound=Event)


@final
@dataclass(slots=True)
class Watch:
    """Takes an executor's events, and answers each end of a slice from a script.

    ``answers`` are given in turn to the ends of slices, of whichever trial; then each is released.
    ``reaction`` may answer any event with commands.
    """

    executor: Executor
    answers: list[Command] = field(default_factory=list)
    reaction: Callable[[Event], Sequence[Command]] | None = None
    events: list[Event] = field(default_factory=list)

    def deliver(self, batch: Sequence[Event]) -> None:
        """Take a batch."""
        for event in batch:
            self.events.append(event)
            if self.reaction is not None:
                for command in self.reaction(event):
                    self.executor.carry_out(command)
            elif isinstance(event, TrialReached):
                answer = self.answers.pop(0) if self.answers else Release(event.trial)
                self.executor.carry_out(answer)

    def until(self, is_enough: Callable[[], bool]) -> None:
        """Take events until there are enough; fail when that takes too long."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_enough():
            if time.monotonic() > deadline:
                pytest.fail(f"nothing more came within {PATIENCE_S} s after {self.events}")
            self.executor.events(self.deliver, 0.2)

    def until_ends(self, n_ends: int = 1) -> None:
        """Take events until so many slices have ended."""
        self.until(lambda: len(self.ends()) >= n_ends)

    def until_came(self, kind: type[Event], n: int = 1) -> None:
        """Take events until so many of a kind have come."""
        self.until(lambda: len(self.all(kind)) >= n)

    def all(self, kind: type[_Event]) -> list[_Event]:
        """Return the events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def ends(self) -> list[SliceEnd]:
        """Return the events that ended a slice, in order."""
        return [event for event in self.events if isinstance(event, SliceEnd)]

    def only(self, kind: type[_Event]) -> _Event:
        """Return the one event of a kind."""
        found = self.all(kind)
        assert len(found) == 1, f"{len(found)} of {kind.__name__} in {self.events}"
        return found[0]

    def curve(self, metric: str = "val_accuracy", trial: int = 0) -> Series:
        """Return all measurements of a metric of a trial."""
        curve = Series()
        for event in self.all(TrialReported):
            if event.trial == trial and metric in event.series:
                curve.extend(event.series[metric])
        return curve

    def checkpoints(self, trial: int = 0) -> tuple[CheckpointRef, ...]:
        """Return the checkpoints of a trial that were saved."""
        return tuple(e.checkpoint for e in self.all(TrialCheckpointed) if e.trial == trial)


def launch_of(number: int = 0, *, until: int | None = 10, **config: Any) -> Launch:
    """Return a launch of a trial of ten steps with ``lr`` 0.1 and more."""
    values = Configuration({"lr": 0.1} | config)
    return sample_launch(trial=TrialNumber(number), config=values, until_step=until)


class ExecutorMaker(ABC):
    """How a suite comes by the executor it tests."""

    @abstractmethod
    def make_executor(self, function: TrainingFunction, setup: TrialSetup) -> Executor:
        """Return an executor of that function with at least one slot."""

    @contextmanager
    def executor(
        self, function: TrainingFunction, home: Path, **changes: Any
    ) -> Iterator[Executor]:
        """Give an executor with its files under ``home`` and close it afterwards."""
        objective = Objective.of(maximize="val_accuracy")
        made = self.make_executor(function, TrialSetup("digits", objective, home, **changes))
        try:
            yield made
        finally:
            made.close()

    def run(
        self, function: TrainingFunction, home: Path, *commands: Command, **changes: Any
    ) -> Watch:
        """Carry commands out and return what was delivered until as many slices had ended."""
        with self.executor(function, home, **changes) as executor:
            watch = Watch(executor)
            for command in commands:
                executor.carry_out(command)
            watch.until_ends(len(commands))
            return watch


class ExecutorSuite(ExecutorMaker):
    """What every executor must do; see ``tunebook.execution.protocol``."""

    def test_trial_begins_reports_and_ends_in_this_order(self, tmp_path: Path) -> None:
        watch = self.run(trainings.untracked, tmp_path, launch_of())
        assert watch.only(TrialBegan).step == 0
        assert watch.events.index(watch.only(TrialBegan)) == 0
        assert watch.events.index(watch.only(TrialEnded)) == len(watch.events) - 1
        assert watch.only(TrialEnded).step == 10

    def test_every_measurement_arrives_once(self, tmp_path: Path) -> None:
        watch = self.run(trainings.untracked, tmp_path, launch_of())
        assert list(watch.curve().steps) == list(range(1, 11))
        assert list(watch.curve().values) == [float(step) for step in range(1, 11)]

    def test_returned_number_is_the_objective(self, tmp_path: Path) -> None:
        watch = self.run(trainings.returning, tmp_path, launch_of(lr=0.75))
        assert list(watch.curve().values) == [0.75]

    @pytest.mark.parametrize("function", [trainings.tracked, trainings.untracked])
    def test_continued_trial_goes_on_in_place(
        self, function: TrainingFunction, tmp_path: Path
    ) -> None:
        answers: list[Command] = [Continue(TrialNumber(0), n) for n in (6, None)]
        with self.executor(function, tmp_path) as executor:
            watch = Watch(executor, answers)
            executor.carry_out(launch_of(until=3))
            watch.until_came(TrialEnded)
        assert [event.step for event in watch.all(TrialReached)] == [3, 6]
        assert len(watch.all(TrialBegan)) == 1
        assert list(watch.curve().steps) == list(range(1, 11))

    def test_measurements_come_before_the_end_of_their_slice(self, tmp_path: Path) -> None:
        watch = self.run(trainings.tracked, tmp_path, launch_of(until=4))
        end = watch.events.index(watch.only(TrialReached))
        reported = [event for event in watch.events[:end] if isinstance(event, TrialReported)]
        assert reported[-1].series["val_accuracy"].steps[-1] == 4

    def test_released_trial_goes_on_from_its_checkpoint_and_equals_an_undisturbed_one(
        self, tmp_path: Path
    ) -> None:
        undisturbed = self.run(trainings.tracked, tmp_path / "one", launch_of()).curve()
        with self.executor(trainings.tracked, tmp_path / "two") as executor:
            watch = Watch(executor)
            executor.carry_out(launch_of(until=4))
            watch.until_came(TrialCheckpointed)
            resumed = sample_launch(
                trial=TrialNumber(0),
                config=Configuration({"lr": 0.1}),
                checkpoints=watch.checkpoints(),
            )
            executor.carry_out(resumed)
            watch.until_came(TrialEnded)
        assert [event.step for event in watch.all(TrialBegan)] == [0, 4]
        assert list(watch.curve().values) == list(undisturbed.values)
        assert watch.only(TrialEnded).step == 10

    def test_released_trial_is_being_saved_until_its_checkpoint_has_come(
        self, tmp_path: Path
    ) -> None:
        with self.executor(trainings.tracked, tmp_path) as executor:
            watch = Watch(executor)
            executor.carry_out(launch_of(until=4))
            watch.until_came(TrialReached)
            watch.until(lambda: not executor.is_saving)
        assert [ref.step for ref in watch.checkpoints()][-1] == 4

    def test_trial_launched_while_its_checkpoint_is_being_saved_uses_it(
        self, tmp_path: Path
    ) -> None:
        with self.executor(trainings.tracked, tmp_path) as executor:

            def answer(event: Event) -> Sequence[Command]:
                if not isinstance(event, TrialReached):
                    return []
                return [Release(event.trial), launch_of(until=None)]

            watch = Watch(executor, reaction=answer)
            executor.carry_out(launch_of(until=4))
            watch.until_came(TrialEnded)
        assert [event.step for event in watch.all(TrialBegan)] == [0, 4]

    def test_clone_goes_on_from_its_parents_checkpoint(self, tmp_path: Path) -> None:
        with self.executor(trainings.tracked, tmp_path) as executor:
            watch = Watch(executor)
            executor.carry_out(launch_of(until=4))
            watch.until_came(TrialCheckpointed)
            clone = sample_launch(
                trial=TrialNumber(1),
                config=Configuration({"lr": 100.0}),
                checkpoints=watch.checkpoints(),
                is_clone=True,
            )
            executor.carry_out(clone)
            watch.until_came(TrialEnded)
        assert [(event.trial, event.step) for event in watch.all(TrialBegan)] == [(0, 0), (1, 4)]
        inherited = watch.curve(trial=0).values[-1]
        assert inherited + 100 < watch.curve(trial=1).values[0] < inherited + 101

    def test_two_trials_both_finish(self, tmp_path: Path) -> None:
        watch = self.run(trainings.untracked, tmp_path, launch_of(0), launch_of(1))
        assert {event.trial for event in watch.all(TrialEnded)} == {0, 1}

    def test_trial_launched_before_a_slot_is_free_waits_for_it(self, tmp_path: Path) -> None:
        with self.executor(trainings.tracked, tmp_path) as executor:
            others = [launch_of(number) for number in range(1, executor.n_slots + 1)]

            def answer(event: Event) -> Sequence[Command]:
                if not isinstance(event, TrialReached):
                    return []
                return [*others, Release(event.trial)]

            watch = Watch(executor, reaction=answer)
            executor.carry_out(launch_of(until=2))
            watch.until_came(TrialEnded, executor.n_slots)
        assert len(watch.all(TrialEnded)) == len(others)

    def test_same_number_has_the_same_seed_and_random_numbers_whatever_ran_before(
        self, tmp_path: Path
    ) -> None:
        alone = self.run(trainings.seeded, tmp_path, launch_of(3))
        watch = self.run(trainings.seeded, tmp_path, launch_of(2), launch_of(3))
        for metric in ("val_accuracy", "first"):
            value = watch.curve(metric, trial=3).values
            assert value == alone.curve(metric, trial=3).values
            assert value != watch.curve(metric, trial=2).values

    # -- endings ---------------------------------------------------------------------------

    def test_exception_of_the_user_comes_with_the_users_frames(self, tmp_path: Path) -> None:
        watch = self.run(trainings.raising, tmp_path, launch_of())
        failure = watch.only(TrialFailed).failure
        assert failure.kind is FailureKind.USER_ERROR
        assert failure.message == "ValueError: no such layer"
        assert "in raising" in (failure.traceback or "")
        assert "attempt.py" not in (failure.traceback or "")
        assert list(watch.curve().steps) == [1, 2]

    def test_diverged_trial_keeps_its_last_measurement(self, tmp_path: Path) -> None:
        watch = self.run(trainings.diverging, tmp_path, launch_of())
        assert watch.only(TrialFailed).failure.kind is FailureKind.DIVERGED
        assert math.isnan(watch.curve().values[-1])
        assert list(watch.curve().steps) == [1, 2, 3]

    def test_metric_that_never_came_is_a_failure(self, tmp_path: Path) -> None:
        failure = self.run(trainings.silent, tmp_path, launch_of()).only(TrialFailed).failure
        assert failure.kind is FailureKind.METRIC_MISSING
        assert "train_loss" in failure.message

    def test_full_device_is_out_of_memory(self, tmp_path: Path) -> None:
        watch = self.run(trainings.greedy, tmp_path, launch_of())
        assert watch.only(TrialFailed).failure.kind is FailureKind.OUT_OF_MEMORY

    def test_exit_with_an_error_is_a_failure(self, tmp_path: Path) -> None:
        watch = self.run(trainings.leaving, tmp_path, launch_of(code=3))
        assert watch.only(TrialFailed).failure.kind is FailureKind.USER_ERROR

    def test_exit_without_an_error_ends_the_trial(self, tmp_path: Path) -> None:
        watch = self.run(trainings.leaving, tmp_path, launch_of(code=0))
        assert watch.only(TrialEnded).step == 1

    def test_slot_serves_the_next_trial_after_a_failure(self, tmp_path: Path) -> None:
        watch = self.run(trainings.raising, tmp_path, launch_of(0), launch_of(1, at=99))
        assert watch.only(TrialFailed).trial == 0
        assert watch.only(TrialEnded).trial == 1

    # -- halts -----------------------------------------------------------------------------

    def _halted(self, function: TrainingFunction, home: Path, outcome: TrialState) -> Watch:
        """Halt a slow trial when its first measurement has come."""
        with self.executor(function, home) as executor:

            def answer(event: Event) -> Sequence[Command]:
                match event:
                    case TrialReported():
                        return [Halt(event.trial, outcome)]
                    case TrialReached():
                        return [Release(event.trial)]
                    case _:
                        return []

            watch = Watch(executor, reaction=answer)
            executor.carry_out(launch_of(pace_s=0.06))
            watch.until_ends()
            return watch

    @pytest.mark.parametrize(
        "function", [trainings.tracked, trainings.untracked, trainings.without_steps]
    )
    def test_stopped_trial_ends_early(self, function: TrainingFunction, tmp_path: Path) -> None:
        watch = self._halted(function, tmp_path, TrialState.STOPPED)
        assert 1 <= watch.only(TrialEnded).step < 10
        assert len(watch.curve()) == watch.only(TrialEnded).step

    def test_cancelled_trial_ends(self, tmp_path: Path) -> None:
        watch = self._halted(trainings.untracked, tmp_path, TrialState.CANCELLED)
        assert watch.only(TrialEnded).step < 10

    def test_tracked_trial_that_is_set_aside_comes_to_the_end_of_its_slice_early(
        self, tmp_path: Path
    ) -> None:
        watch = self._halted(trainings.tracked, tmp_path, TrialState.PAUSED)
        assert 1 <= watch.only(TrialReached).step < 10

    @pytest.mark.parametrize(
        ("outcome", "end"),
        [
            (TrialState.PAUSED, TrialReached),
            (TrialState.STOPPED, TrialEnded),
            (TrialState.CANCELLED, TrialEnded),
        ],
    )
    def test_trial_halted_before_it_began_says_so(
        self, outcome: TrialState, end: type[Event], tmp_path: Path
    ) -> None:
        with self.executor(trainings.untracked, tmp_path) as executor:
            watch = Watch(executor)
            last = TrialNumber(executor.n_slots)
            for number in range(executor.n_slots + 1):
                executor.carry_out(launch_of(number, pace_s=0.02))
            executor.carry_out(Halt(last, outcome))
            watch.until_ends(executor.n_slots + 1)
        ends = [event for event in watch.ends() if event.trial == last]
        assert [type(event) for event in ends] == [end]
        assert not watch.curve(trial=last)

    def test_orders_for_trials_that_are_not_here_are_ignored(self, tmp_path: Path) -> None:
        with self.executor(trainings.untracked, tmp_path) as executor:
            for command in (
                Halt(TrialNumber(7), TrialState.STOPPED),
                Release(TrialNumber(7)),
                Continue(TrialNumber(7), 5),
            ):
                executor.carry_out(command)
            watch = Watch(executor)
            executor.events(watch.deliver, 0.0)
        assert not watch.events

    def test_trial_over_its_time_limit_is_ended(self, tmp_path: Path) -> None:
        launch = launch_of(pace_s=0.04)
        watch = self.run(trainings.untracked, tmp_path, launch, trial_timeout_s=0.1)
        assert watch.only(TrialFailed).failure.kind is FailureKind.TIME_LIMIT
        assert 1 <= len(watch.curve()) < 10
