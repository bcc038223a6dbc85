"""``attach``: three lines that let a script be paused (contract, section 3). The script's end.

The handle is that of training functions; here it speaks over a socket to the worker that started
the script, whose end is ``script_link``. The script may be run without a study as well.
"""

from __future__ import annotations

import atexit
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NoReturn, final

from tunebook.engine.commands import Launch
from tunebook.errors import InputError, TaskError
from tunebook.execution.driver_line import DriverLine
from tunebook.execution.event_channel import EventChannel
from tunebook.execution.messages import assignment_in
from tunebook.execution.script_link import VARIABLE
from tunebook.execution.wire import Wire
from tunebook.records import Configuration, Event, Objective, TrialNumber, TrialState, Value
from tunebook.storage.checkpoints import CheckpointStore
from tunebook.training import Answer, Assignment, Proceed, TrialHandle, Unwind, seed_everything

_attached: dict[int, TrialHandle] = {}


def attach(
    defaults: Mapping[str, Value] | None = None, *, max_steps: int | None = None
) -> TrialHandle:
    """Return the trial that this script trains, to be used as in a training function.

    The generators of Python, and of NumPy and PyTorch where they are loaded, start on its seed:
    call it after the imports and before anything is built (I8). Further calls return the same
    trial. When no study has started the script, it trains with the configuration ``defaults`` for
    ``max_steps`` steps, and what it reports goes nowhere; ``TaskError`` without ``defaults``, and
    in a second process of the same script.
    """
    trial = _attached.get(os.getpid())
    if trial is None:
        address = os.environ.get(VARIABLE)
        trial = _alone(defaults, max_steps) if address is None else _connected(address)
        _attached[os.getpid()] = trial
    return trial


def _connected(address: str) -> TrialHandle:
    end = socket.socket(socket.AF_UNIX)
    try:
        end.connect(address)
        wire = Wire(end)
        (order,) = wire.read(None)
    except (OSError, EOFError) as error:
        end.close()
        raise TaskError(
            "This script cannot attach itself: the study that started it is gone",
            got=str(error) or address,
        ) from error
    given = assignment_in(order)
    if given is None:
        end.close()
        raise TaskError(
            "Another process of this script is attached already, and a trial has one handle",
            do="Call attach() in one process, such as that of rank 0, and tell the others",
        )
    assignment, checkpoints = given
    channel = EventChannel(
        DriverLine(wire, when_gone=_leave), assignment.launch, device=assignment.device
    )
    trial = TrialHandle(
        assignment,
        channel,
        checkpoints=None if checkpoints is None else CheckpointStore(checkpoints),
    )
    seed_everything(trial.seed)
    _watch_ending(trial)
    return trial


def _leave() -> NoReturn:
    sys.exit("tunebook: the study that started this script is gone")


def _watch_ending(trial: TrialHandle) -> None:
    """See to it that a script that ends says its last word, and how it ended."""
    process, hook = os.getpid(), sys.excepthook
    is_broken = False

    def see(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        nonlocal is_broken
        is_broken = True
        if isinstance(error, Unwind):
            sys.stderr.write(f"tunebook: this trial ends here {error}".rstrip() + "\n")
        else:
            hook(kind, error, trace)

    def conclude() -> None:
        if os.getpid() != process:
            return
        # What is wrong with the training is told by the worker, which knows all of it.
        with suppress(InputError, Unwind, SystemExit):
            if not is_broken:
                trial.conclude(None)
        with suppress(SystemExit):
            trial.close()

    sys.excepthook = see
    atexit.register(conclude)


def _alone(defaults: Mapping[str, Value] | None, max_steps: int | None) -> TrialHandle:
    if defaults is None:
        raise TaskError(
            "No study has started this script, so there is nothing to attach to",
            got=f"no {VARIABLE} in the environment",
            do="Start it by 'tunebook run', or say attach(defaults={'lr': 0.1}, max_steps=10) to "
            "train without a study",
        )
    launch = Launch(TrialNumber(0), Configuration(defaults), until_step=None, max_steps=max_steps)
    # Nothing is judged: no metric has this name.
    objective = Objective.of(maximize="(no objective)")
    assignment = Assignment(launch=launch, objective=objective, seed=0, directory=Path.cwd())
    return TrialHandle(assignment, EventChannel(_Nobody(), launch))


@final
class _Nobody:
    """The line of a training without a study."""

    def send(self, events: Sequence[Event]) -> None:
        pass

    def ask(self, events: Sequence[Event], *, is_tracked: bool) -> Answer:
        return Proceed(None)

    def halt(self) -> TrialState | None:
        return None
