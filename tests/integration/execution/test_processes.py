"""Trials in worker processes: the contract of executors."""

from __future__ import annotations

from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.protocol import Executor
from tunebook.execution.trial_setup import TrialSetup
from tunebook.execution.worker import WorkerOptions
from tunebook.testing.executor_suite import ExecutorSuite
from tunebook.training import TrainingFunction
from worker_suite import WorkerSuite


class TestProcessExecutor(ExecutorSuite, WorkerSuite):
    def make_executor(self, function: TrainingFunction, setup: TrialSetup) -> Executor:
        return ProcessExecutor(function, setup, n_workers=2, options=WorkerOptions(grace_s=0.5))
