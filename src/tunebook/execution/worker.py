"""A worker process: trains one trial after the other, as the driver's orders come.

It is forked from a warm server, see ``server``. When the driver is gone it ends by itself. What a
trial has started and not ended is ended with the trial, and the worker is replaced then: what the
user's libraries know of such processes is wrong from there on.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import psutil

from tunebook.engine.commands import Launch
from tunebook.execution import process_settings
from tunebook.execution.attempt import run_attempt
from tunebook.execution.devices import CPU, physical_name
from tunebook.execution.driver_line import DriverLine
from tunebook.execution.event_channel import EventChannel
from tunebook.execution.process_tree import end_descendants
from tunebook.execution.trial_setup import DRY_RUN, TrialSetup
from tunebook.execution.wire import Wire
from tunebook.records import Event
from tunebook.training import Checkpoints, TrainingFunction, TrialHandle, seed_everything

_LONG_S = 1.0
"""A trial that trained so long may leave garbage worth the milliseconds of collecting it."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How workers are looked after.

    ``n_threads`` of the numerical libraries (None: as they like). A worker is replaced after
    ``max_trials``, or when it holds ``max_growth_mib`` more memory than at its start. A trial that
    was asked to end is killed after ``grace_s`` seconds, or twice its longest step if that is more.
    So many as ``max_waiting`` paused trials that cannot be saved wait in processes of their own.
    """

    n_threads: int | None = 1
    max_trials: int | None = None
    max_growth_mib: float = 1024.0
    grace_s: float = 30.0
    max_waiting: int = 8


def work(
    wire: Wire,
    function: TrainingFunction,
    setup: TrialSetup,
    *,
    gpu: str | None,
    options: WorkerOptions,
) -> None:
    """Train what the driver orders until it is gone."""
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    process_settings.limit_threads(options.n_threads)
    process_settings.keep_freed_memory()
    process_settings.adopt_orphans()
    line = DriverLine(wire, when_gone=lambda: os._exit(0))
    health = _Health(options)
    folder = Path.cwd()
    checkpoints = setup.open_checkpoints()
    while True:
        launch = line.next_launch()
        last = _train(launch, line, function, setup, checkpoints=checkpoints, gpu=gpu)
        os.chdir(folder)
        has_left_processes = end_descendants()
        line.finish(last, is_tired=health.is_tired_after_trial() or has_left_processes)


def _train(
    launch: Launch,
    line: DriverLine,
    function: TrainingFunction,
    setup: TrialSetup,
    *,
    checkpoints: Checkpoints,
    gpu: str | None,
) -> Sequence[Event]:
    device = CPU if gpu is None else "cuda:0"
    log = setup.log_of(launch.trial)
    process_settings.send_output_to(log)
    channel = EventChannel(line, launch, device=physical_name(gpu))
    handle = TrialHandle(
        setup.assignment(launch, device, in_background=True),
        channel,
        checkpoints=None if launch.trial == DRY_RUN else checkpoints,
    )
    seed_everything(handle.seed)
    events = run_attempt(function, handle, channel, log=log)
    if handle.seconds > _LONG_S:
        gc.collect()
    return events


@final
class _Health:
    """Whether a worker has grown too large or old to go on, or has too many files open."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._process = psutil.Process()
        self._at_start, self._files_at_start = self._held_bytes(), _lowest_free_file()
        self._n_trials = 0

    def is_tired_after_trial(self) -> bool:
        """Whether the worker should be replaced. Gives back first what nobody uses."""
        self._n_trials += 1
        limit, n_files = os.sysconf("SC_OPEN_MAX"), _lowest_free_file()
        if n_files - self._files_at_start > (limit - self._files_at_start) / 2:
            return True
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        if self._options.max_trials is not None and self._n_trials >= self._options.max_trials:
            return True
        if not self._is_too_large():
            return False
        gc.collect()
        process_settings.give_memory_back()
        return self._is_too_large()

    def _is_too_large(self) -> bool:
        return self._held_bytes() - self._at_start > self._options.max_growth_mib * 2**20

    def _held_bytes(self) -> int:
        info = self._process.memory_info()
        # Pages of libraries come in as they are used, and are no growth.
        return int(info.rss - getattr(info, "shared", 0))


def _lowest_free_file() -> int:
    """Return about how many files are open, at little cost; the limit if there is no more."""
    try:
        number = os.dup(0)
    except OSError:
        return os.sysconf("SC_OPEN_MAX")
    os.close(number)
    return number
