"""The driver's side of the server: starts it, and orders workers from it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from tunebook.errors import TaskError, WorkerStartError
from tunebook.execution import process_settings
from tunebook.execution.failures import with_advice
from tunebook.execution.process_tree import mark_of, marked
from tunebook.execution.server import Server, setup_order
from tunebook.execution.trial_setup import TrialSetup
from tunebook.execution.user_code import cuda_is_initialized, importable_reference
from tunebook.execution.wire import Message, Wire, wire_pair
from tunebook.execution.worker import WorkerOptions
from tunebook.training import TrainingFunction

_STOP_S = 5.0
_PROGRAM = (
    "import sys; sys.path[:] = {path!r}; "
    "from tunebook.execution.server import main; main({fd}, {driver})"
)


@final
@dataclass(slots=True)
class ServerLink:
    """A running server process. ``status`` is how it ended: its exit code, or minus the signal."""

    wire: Wire
    pid: int
    process: subprocess.Popen[bytes] | None
    status: int | None = None

    def spawn(self, worker: int, gpu: str | None, end: socket.socket) -> None:
        """Ask for a worker at the other end of the wire; ``OSError`` if the server is gone."""
        self.wire.send({"spawn": worker, "gpu": gpu}, fds=[end.fileno()])

    def kill(self, worker: int) -> None:
        """Have a worker and its children killed; what comes of it, ``exits`` tells."""
        with contextlib.suppress(OSError):
            self.wire.send({"kill": worker})

    def exits(self) -> Sequence[Message]:
        """Return of each worker that went which it was, its status and what memory it held.

        Of one that could not be started, ``why``. ``EOFError`` if the server went itself, and all
        workers with it.
        """
        return [message for message in self.wire.read(0.0) if "exited" in message]

    def stop(self) -> None:
        """End the server and all workers, and wait until they are gone."""
        self.wire.finish_sending()
        with contextlib.suppress(EOFError):
            while self.wire.read(_STOP_S):
                pass
            os.kill(self.pid, signal.SIGKILL)
        self.wire.close()
        if self.process is not None:
            self.status = self.process.wait()
        else:
            with contextlib.suppress(ChildProcessError):
                self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def start_server(
    function: TrainingFunction | str, setup: TrialSetup, options: WorkerOptions
) -> ServerLink:
    """Start a server and wait until it has imported the user's code.

    A function that can be imported by name is imported by a fresh process; any other is inherited
    by a copy of this one. ``TaskError`` if neither is possible.
    """
    reference = function if isinstance(function, str) else importable_reference(function)
    if reference is None and not callable(function):
        raise TaskError(
            "A training function cannot be called",
            got=repr(function),
            expected="a function of one trial, or its name as module:function",
        )
    with starting():
        if reference is not None:
            link = _start_fresh(reference, setup, options)
        elif not isinstance(function, str):
            link = _start_copy(function, setup, options)
    _await_ready(link)
    return link


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Raise ``WorkerStartError`` for a limit of the system that is reached meanwhile."""
    try:
        yield
    except OSError as error:
        raise WorkerStartError(
            "No worker process can be started",
            got=with_advice(str(error), error),
            do="Raise that limit, or use fewer workers",
        ) from error


def _start_fresh(reference: str, setup: TrialSetup, options: WorkerOptions) -> ServerLink:
    wire, end = wire_pair()
    program = _PROGRAM.format(path=sys.path, fd=end.fileno(), driver=_watched_parent())
    threads = process_settings.thread_variables(os.environ, options.n_threads)
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            pass_fds=[end.fileno()],
            env=os.environ | threads | marked(mark_of(setup.home, setup.study)),
            stdin=subprocess.DEVNULL,
        )
    except OSError:
        wire.close()
        raise
    finally:
        end.close()
    wire.send(setup_order(reference, setup, options))
    return ServerLink(wire, process.pid, process)


def _start_copy(
    function: TrainingFunction, setup: TrialSetup, options: WorkerOptions
) -> ServerLink:
    if cuda_is_initialized():
        raise TaskError(
            "The training function cannot be imported by name, and this process, which would be "
            "copied instead, uses a GPU already",
            got=getattr(function, "__qualname__", repr(function)),
            do="Move the function into a module and import it from there, or use workers=0",
        )
    wire, end = wire_pair()
    driver, mark = _watched_parent(), mark_of(setup.home, setup.study)
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # A notebook has threads; the copy uses none of their locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            wire.close()
            process_settings.die_with_parent(driver, signal.SIGTERM)
            process_settings.limit_threads(options.n_threads)
            os.environ.update(marked(mark))
            Server(Wire(end), function, setup, options).serve()
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(1)
    end.close()
    return ServerLink(wire, pid, None)


def _watched_parent() -> int:
    """Return whose death ends the server: ours, 0 for nobody's.

    The kernel watches the thread that starts a process. One that may end before the study must
    not be watched; the end of the socket is noticed in any case.
    """
    return os.getpid() if threading.current_thread() is threading.main_thread() else 0


def _await_ready(link: ServerLink) -> None:
    try:
        (message,) = link.wire.read(None)
    except EOFError as error:
        link.stop()
        raise WorkerStartError(
            "The process that was to import the training function ended while it did",
            do="See what it printed, or import the function's module in a Python of its own",
        ) from error
    if "error" in message:
        link.stop()
        raise TaskError(**message["error"])
