"""The warm server: has imported the user's code once, and forks a worker whenever it is asked.

It runs no user code but that import, has one thread, and reaps its children. The driver talks to
it over one socket: ``spawn`` and ``kill`` go in, ``exited`` comes out. When the socket ends, so
do the server and all workers. What a dead worker leaves behind becomes a child of the server,
which kills it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import traceback
import warnings
from dataclasses import asdict
from importlib import import_module
from typing import NoReturn, final

from tunebook.errors import TaskError
from tunebook.execution import process_settings
from tunebook.execution.failures import with_advice
from tunebook.execution.memory_watch import peak_bytes
from tunebook.execution.process_tree import children, descendants, signal_all
from tunebook.execution.trial_setup import TrialSetup
from tunebook.execution.user_code import cuda_is_initialized, load_function
from tunebook.execution.wire import Message, Wire
from tunebook.execution.worker import WorkerOptions, work
from tunebook.training import TrainingFunction

_PRELOADED = ("numpy.random", "psutil", "fsspec.implementations.local")
_PRELOADED_WITH_TORCH = ("torch._dynamo",)
"""What PyTorch imports when the first optimizer is built: seconds, once here for all workers."""


def main(control_fd: int, driver: int) -> NoReturn:
    """Serve in a process of its own: the first message says what to import."""
    process_settings.die_with_parent(driver, signal.SIGTERM)
    wire = Wire(socket.socket(fileno=control_fd))
    (order,) = wire.read(None)
    sys.path[:] = order["sys_path"]
    try:
        function = load_function(order["reference"])
        if cuda_is_initialized():
            raise TaskError(
                "The module of the training function uses a GPU as soon as it is imported, and "
                "such a process cannot be copied into workers",
                got=order["reference"],
                do="Move what touches the GPU into the training function",
            )
    except TaskError as error:
        told = {name: getattr(error, name) for name in ("what", "got", "expected", "do")}
        wire.send({"error": told})
        os._exit(1)
    setup = TrialSetup.from_json(order["setup"])
    Server(wire, function, setup, WorkerOptions(**order["options"])).serve()


def setup_order(reference: str, setup: TrialSetup, options: WorkerOptions) -> Message:
    """Write the first message to a server in a process of its own."""
    return {
        "reference": reference,
        "sys_path": sys.path,
        "setup": setup.to_json(),
        "options": asdict(options),
    }


def _preload() -> None:
    for name in _PRELOADED:
        import_module(name)
    for name in _PRELOADED_WITH_TORCH if "torch" in sys.modules else ():
        # It is PyTorch's own affair where this lies.
        with contextlib.suppress(ImportError):
            import_module(name)


@final
class Server:
    """Forks workers, ends them, and tells how they went."""

    def __init__(
        self, wire: Wire, function: TrainingFunction, setup: TrialSetup, options: WorkerOptions
    ) -> None:
        self._wire = wire
        self._function = function
        self._setup = setup
        self._options = options
        self._pid_by_worker: dict[int, int] = {}
        self._pids_of_imports: set[int] = set()
        self._woken_by_exits = socket.socketpair()

    def serve(self) -> NoReturn:
        """Serve until the driver is gone."""
        with contextlib.suppress(OSError):
            os.setsid()
        process_settings.ignore_interrupts()
        process_settings.adopt_orphans()
        _preload()
        self._pids_of_imports = {child.pid for child in children()}
        gc.collect()
        # What is here now is shared with all workers: their collectors need not touch it.
        gc.freeze()
        try:
            self._serve()
        except (EOFError, OSError):
            pass
        finally:
            self._end()

    def _end(self) -> NoReturn:
        """Kill everything, and end: once this process is gone, its workers are as well."""
        try:
            for worker in list(self._pid_by_worker):
                self._kill(worker)
            while left := descendants():
                signal_all(left, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.wait()
        finally:
            os._exit(0)

    def _serve(self) -> None:
        woken, wakes = self._woken_by_exits
        wakes.setblocking(False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda number, frame: None)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        self._wire.send({"ready": True})
        # Not select(), which takes no high descriptors: the user's imports may hold many.
        poll = select.poll()
        poll.register(self._wire, select.POLLIN)
        poll.register(woken, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if woken.fileno() in ready:
                if signal.SIGTERM in woken.recv(4096):
                    return
                self._reap()
            for order in self._wire.read(0.0) if self._wire.fileno() in ready else ():
                self._obey(order)

    def _obey(self, order: Message) -> None:
        if "spawn" in order:
            try:
                self._spawn(order["spawn"], order["gpu"], self._wire.take_fd())
            except OSError as error:
                self._wire.send({"exited": order["spawn"], "why": with_advice(str(error), error)})
        elif "kill" in order:
            self._kill(order["kill"])

    def _spawn(self, worker: int, gpu: str | None, fd: int) -> None:
        server = os.getpid()
        try:
            with warnings.catch_warnings():
                # Libraries may have threads of their own; none of them holds a lock of ours.
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
        except OSError:
            os.close(fd)
            raise
        if pid == 0:
            self._become_worker(server, gpu, fd)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        os.close(fd)
        self._pid_by_worker[worker] = pid

    def _become_worker(self, server: int, gpu: str | None, fd: int) -> NoReturn:
        status = 1
        try:
            with contextlib.suppress(OSError):
                os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            process_settings.die_with_parent(server, signal.SIGKILL)
            self._wire.close()
            process_settings.take_over_output()
            wire = Wire(socket.socket(fileno=fd))
            work(wire, self._function, self._setup, gpu=gpu, options=self._options)
            status = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(status)

    def _kill(self, worker: int) -> None:
        pid = self._pid_by_worker.get(worker)
        if pid is not None:
            # The worker's own children are in its group.
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)

    def _reap(self) -> None:
        exits: list[Message] = []
        for worker, pid in list(self._pid_by_worker.items()):
            reaped, status, usage = os.wait4(pid, os.WNOHANG)
            if reaped:
                with contextlib.suppress(OSError):
                    os.killpg(pid, signal.SIGKILL)
                del self._pid_by_worker[worker]
                code = os.waitstatus_to_exitcode(status)
                peak = peak_bytes(usage)
                exits.append({"exited": worker, "status": code, "peak_bytes": peak})
        signal_all(
            descendants({*self._pid_by_worker.values(), *self._pids_of_imports}), signal.SIGKILL
        )
        for message in exits:
            self._wire.send(message)
