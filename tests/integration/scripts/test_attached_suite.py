"""A script that attaches itself keeps the contract of executors as a training function does."""

from __future__ import annotations

import sys
from pathlib import Path

from tunebook.execution.inline import InlineExecutor
from tunebook.execution.protocol import Executor
from tunebook.execution.scripts import ScriptTask
from tunebook.execution.trial_setup import TrialSetup
from tunebook.records import FailureKind, TrialFailed
from tunebook.testing import trainings
from tunebook.testing.executor_suite import ExecutorSuite, Watch, launch_of
from tunebook.training import TrainingFunction

PROGRAM = """
import tunebook
from {module} import {name}

trial = tunebook.attach()
returned = {name}(trial)
if isinstance(returned, float):
    returned = {{"val_accuracy": returned}}
if returned:
    trial.report(**returned)
"""


class TestAttachedScripts(ExecutorSuite):
    def make_executor(self, function: TrainingFunction, setup: TrialSetup) -> Executor:
        program = PROGRAM.format(module=function.__module__, name=function.__name__)
        task = ScriptTask.of([sys.executable, "-c", program], ["lr"])
        return InlineExecutor(task, setup, wait=lambda seconds: None)

    def test_exception_of_the_user_comes_with_the_users_frames(self, tmp_path: Path) -> None:
        failure = self.run(trainings.raising, tmp_path, launch_of()).only(TrialFailed).failure
        assert failure.kind is FailureKind.USER_ERROR
        assert "ValueError: no such layer" in failure.message
        assert "in raising" in str(failure.log_tail)

    def test_trial_over_its_time_limit_is_ended(self, tmp_path: Path) -> None:
        with self.executor(trainings.untracked, tmp_path, trial_timeout_s=2.0) as executor:
            watch = Watch(executor)
            executor.carry_out(launch_of(pace_s=0.5))
            watch.until_ends()
        assert watch.only(TrialFailed).failure.kind is FailureKind.TIME_LIMIT
        assert len(watch.curve()) < 10
