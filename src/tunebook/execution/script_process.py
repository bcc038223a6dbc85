"""A running script: started, listened to, and ended with everything that it started."""

from __future__ import annotations

import codecs
import os
import resource
import select
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import final

import psutil

from tunebook.errors import TaskError
from tunebook.execution.failures import with_advice
from tunebook.execution.memory_watch import peak_bytes
from tunebook.execution.process_tree import end_tree, signal_all, tree_of

_CHUNK = 1 << 16
_LONG_S = 0.5
_MEASURE_S = 2.0
"""Seconds between measurements of memory, or more if one takes longer than 2 % of that."""


@final
class ScriptProcess:
    """A command's process; ``mark`` is a variable by which what it leaves behind is known."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str | None,
        mark: str,
    ) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=os.environ | environment,
                # A worker's group is ended with it; in a terminal Ctrl-C is not for the script.
                start_new_session=signal.getsignal(signal.SIGINT) is not signal.SIG_IGN,
            )
        except (OSError, ValueError) as error:
            told = f"The command cannot be started: {getattr(error, 'strerror', None) or error}"
            raise TaskError(
                with_advice(told, error),
                got=shlex.join(command),
                do="Check that the program and the folder exist, and that it may be executed"
                + (f" in {folder}" if folder else ""),
            ) from error
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self._mark = (mark, environment[mark])
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._is_silent = False
        self._measure_at = time.monotonic()
        # Linux counts what the parent held when the program was executed as the child's own.
        self._inherited_bytes = peak_bytes(resource.getrusage(resource.RUSAGE_SELF))
        self.peak_bytes = 0
        """The most memory that it was seen to hold with its children."""

    @property
    def status(self) -> int | None:
        """The exit code, minus the signal that killed it, None while it runs."""
        process = self._process
        if process.returncode is None:
            # As poll() does it, which does not tell how much memory there was.
            with suppress(ChildProcessError):
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if not pid:
                    return None
                process.returncode = os.waitstatus_to_exitcode(status)
                if (peak := peak_bytes(usage)) > self._inherited_bytes:
                    self.peak_bytes = max(self.peak_bytes, peak)
        return process.poll()

    def measure(self) -> None:
        """Measure now and then how much memory it holds with its children."""
        begin = time.monotonic()
        if begin < self._measure_at:
            return
        held = 0
        for member in tree_of(self._process):
            with suppress(psutil.Error):
                held += member.memory_info().rss
        self.peak_bytes = max(self.peak_bytes, held)
        end = time.monotonic()
        self._measure_at = end + max(_MEASURE_S, 50 * (end - begin))

    def wait(self, timeout_s: float, others: Sequence[int] = ()) -> bool:
        """Wait for output, or for one of other descriptors; return whether there is output."""
        poll = select.poll()
        for descriptor in (*others, *(() if self._is_silent else (self._output.fileno(),))):
            poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(timeout_s * 1000)}
        return self._output.fileno() in ready

    def read(self) -> str:
        """Return a chunk of what was printed; only when ``wait`` said that there is some."""
        data = os.read(self._output.fileno(), _CHUNK)
        # It may close its output and go on.
        self._is_silent = not data
        return self._decoder.decode(data, final=not data)

    @contextmanager
    def standing_still_if_long(self) -> Iterator[None]:
        """Let the script stand still if this takes long: a paused trial must not train on."""
        stopped: list[psutil.Process] = []

        def stop() -> None:
            stopped.extend(tree_of(self._process))
            signal_all(stopped, signal.SIGSTOP)

        timer = threading.Timer(_LONG_S, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            signal_all(stopped, signal.SIGCONT)

    def ask_to_end(self) -> None:
        """Ask it and its children to end, without waiting."""
        signal_all(tree_of(self._process), signal.SIGTERM)

    def end(self) -> None:
        """End it with all its children, politely first; no effect on what is gone."""
        end_tree(self._process, *self._mark)
