"""Starts executors of worker processes, and closes them after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tunebook.execution.memory_watch import MemoryWatch
from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.trial_setup import TrialSetup
from tunebook.execution.worker import WorkerOptions
from tunebook.records import Objective
from tunebook.training import TrainingFunction


@pytest.fixture
def setup(tmp_path: Path) -> TrialSetup:
    return TrialSetup("digits", Objective.of(maximize="val_accuracy"), tmp_path)


@pytest.fixture
def start(setup: TrialSetup) -> Iterator[Callable[..., ProcessExecutor]]:
    with ExitStack() as stack:

        def start_one(
            function: TrainingFunction | str,
            *,
            n_workers: int = 1,
            gpus: Sequence[str] = (),
            per_device: int = 1,
            memory_watch: MemoryWatch | None = None,
            **options: Any,
        ) -> ProcessExecutor:
            executor = ProcessExecutor(
                function,
                setup,
                n_workers=n_workers,
                gpus=gpus,
                per_device=per_device,
                memory_watch=memory_watch,
                options=WorkerOptions(**options),
            )
            return stack.enter_context(closing(executor))

        yield start_one


@pytest.fixture
def told(setup: TrialSetup) -> Callable[[int, str], str]:
    """Return a fact that ``hard_trainings.telling`` or ``hard_trainings.stuck`` wrote down."""
    return lambda trial, fact: (setup.directory_of(trial) / fact).read_text()


@pytest.fixture
def server() -> Callable[[], psutil.Process]:
    """Return the one server that this process has started."""

    def find() -> psutil.Process:
        # What tests before this one have left may lie here ended and unreaped.
        children = psutil.Process().children()
        (found,) = (child for child in children if child.status() != psutil.STATUS_ZOMBIE)
        return found

    return find
