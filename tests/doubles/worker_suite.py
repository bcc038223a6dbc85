"""What executors must do whose trials train in processes of their own, besides ``ExecutorSuite``.

``make_executor`` should give trials that are asked to end about half a second for it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

import hard_trainings
from tunebook.engine.commands import Command, Halt
from tunebook.execution.trial_setup import DRY_RUN, TrialSetup
from tunebook.records import (
    Event,
    FailureKind,
    Objective,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReported,
    TrialState,
)
from tunebook.testing import trainings
from tunebook.testing.executor_suite import ExecutorMaker, Watch, launch_of


class WorkerSuite(ExecutorMaker):
    """Nothing that a trial does to its process reaches the driver or other trials."""

    # -- deaths ----------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("how", "kind", "text"),
        [
            ({"signal": int(signal.SIGKILL)}, FailureKind.KILLED, "killed by SIGKILL"),
            ({"signal": int(signal.SIGSEGV)}, FailureKind.KILLED, "killed by SIGSEGV"),
            ({"signal": int(signal.SIGTERM)}, FailureKind.KILLED, "killed by SIGTERM"),
            ({"code": 3}, FailureKind.KILLED, "exited with code 3"),
            ({"code": 0}, FailureKind.KILLED, "exited with code 0"),
        ],
    )
    def test_trial_whose_worker_died_is_lost_with_the_reason(
        self, how: dict[str, int], kind: FailureKind, text: str, tmp_path: Path
    ) -> None:
        watch = self.run(hard_trainings.dying, tmp_path, launch_of(**how))
        failure = watch.only(TrialLost).failure
        assert failure.kind is kind
        assert text in failure.message
        assert isinstance(watch.events[-1], TrialLost)

    def test_measurements_before_a_death_are_kept(self, tmp_path: Path) -> None:
        watch = self.run(hard_trainings.dying, tmp_path, launch_of(at=3))
        assert list(watch.curve().steps) == [1, 2, 3]

    def test_slots_serve_the_next_trials_after_deaths(self, tmp_path: Path) -> None:
        with self.executor(hard_trainings.dying, tmp_path) as executor:
            n_dying = 2 * executor.n_slots
            watch = Watch(executor)
            for number in range(n_dying):
                executor.carry_out(launch_of(number, at=1))
            executor.carry_out(launch_of(n_dying, at=99))
            watch.until_ends(n_dying + 1)
        assert {event.trial for event in watch.all(TrialLost)} == set(range(n_dying))
        assert watch.only(TrialEnded).trial == n_dying

    def test_death_of_one_trial_leaves_its_neighbour_alone(self, tmp_path: Path) -> None:
        watch = self.run(hard_trainings.dying, tmp_path, launch_of(0, at=2), launch_of(1, at=99))
        assert watch.only(TrialLost).trial == 0
        assert list(watch.curve("val_accuracy", trial=1).steps) == list(range(1, 11))

    # -- trials that never end ---------------------------------------------------------------

    def _halted_while_stuck(self, home: Path, *outcomes: TrialState) -> Watch:
        """Halt a stuck trial, then train another one on its slot."""
        with self.executor(hard_trainings.stuck, home) as executor:

            def answer(event: Event) -> Sequence[Command]:
                if not isinstance(event, TrialReported):
                    return []
                return [Halt(event.trial, outcome) for outcome in outcomes]

            watch = Watch(executor, reaction=answer)
            for number in range(executor.n_slots + 1):
                executor.carry_out(launch_of(number))
            watch.until_ends(executor.n_slots + 1)
            return watch

    @pytest.mark.parametrize("outcome", [TrialState.STOPPED, TrialState.CANCELLED])
    def test_stuck_trial_that_is_halted_ends_and_frees_its_slot(
        self, outcome: TrialState, tmp_path: Path
    ) -> None:
        watch = self._halted_while_stuck(tmp_path, outcome)
        assert len(watch.all(TrialLost)) == len(watch.ends())
        assert "asked to end" in watch.all(TrialLost)[0].failure.message
        assert list(watch.curve().steps) == [1]

    def test_stuck_trial_that_could_not_be_set_aside_can_still_be_stopped(
        self, tmp_path: Path
    ) -> None:
        watch = self._halted_while_stuck(tmp_path, TrialState.PAUSED, TrialState.STOPPED)
        assert len(watch.all(TrialLost)) == len(watch.ends())

    def test_stuck_trial_over_its_time_limit_is_ended(self, tmp_path: Path) -> None:
        watch = self.run(hard_trainings.stuck, tmp_path, launch_of(), trial_timeout_s=0.2)
        failed = watch.only(TrialFailed)
        assert failed.failure.kind is FailureKind.TIME_LIMIT
        assert failed.seconds > 0.2
        assert list(watch.curve().steps) == [1]

    # -- what people see -------------------------------------------------------------------

    def test_output_of_a_trial_is_in_its_log_as_it_happens(self, tmp_path: Path) -> None:
        with self.executor(hard_trainings.talking, tmp_path) as executor:
            watch = Watch(executor)
            executor.carry_out(launch_of(7, pace_s=0.2))
            watch.until_came(TrialReported)
            seen = _log(tmp_path, 7)
            watch.until_ends()
        assert seen[:2] == ["out of step 1", "err of step 1"]
        assert len(seen) < 20
        assert len(_log(tmp_path, 7)) == 20

    def test_each_trial_has_a_log_of_its_own(self, tmp_path: Path) -> None:
        self.run(hard_trainings.telling, tmp_path, *map(launch_of, range(4)))
        for number in range(4):
            assert _log(tmp_path, number) == [f"out {number}", f"err {number}"]

    def test_failure_holds_the_last_lines_of_the_log(self, tmp_path: Path) -> None:
        failure = self.run(trainings.raising, tmp_path, launch_of()).only(TrialFailed).failure
        assert failure.log_tail == "training step 1\ntraining step 2"

    # -- trials at once --------------------------------------------------------------------

    def test_slots_train_at_once(self, tmp_path: Path) -> None:
        with self.executor(hard_trainings.telling, tmp_path) as executor:
            watch = Watch(executor)
            for number in range(executor.n_slots):
                executor.carry_out(launch_of(number, pace_s=0.3))
            watch.until_ends(executor.n_slots)
        workers = {_told(tmp_path, number, "pid") for number in range(executor.n_slots)}
        assert len(workers) == executor.n_slots

    def test_timing_run_keeps_no_checkpoint(self, tmp_path: Path) -> None:
        watch = self.run(trainings.tracked, tmp_path, launch_of(DRY_RUN))
        assert watch.only(TrialEnded).trial == DRY_RUN
        assert not watch.checkpoints(DRY_RUN)

    def test_closing_ends_trials_in_the_middle(self, tmp_path: Path) -> None:
        with self.executor(hard_trainings.stuck, tmp_path) as executor:
            executor.carry_out(launch_of(0))
            Watch(executor).until_came(TrialReported)
            pid = int(_told(tmp_path, 0, "pid"))
            os.kill(pid, 0)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def _setup(home: Path) -> TrialSetup:
    return TrialSetup("digits", Objective.of(maximize="val_accuracy"), home)


def _log(home: Path, trial: int) -> list[str]:
    return _setup(home).log_of(TrialNumber(trial)).read_text().splitlines()


def _told(home: Path, trial: int, fact: str) -> str:
    return (_setup(home).directory_of(TrialNumber(trial)) / fact).read_text()
