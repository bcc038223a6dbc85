"""Ending a process with all its children: politely first."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

GRACE_S = 5.0
"""So long processes have to end after they were asked to."""


def tree_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return a process, last, and all its children; nothing if it has ended."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        if process.poll() is None:
            root = psutil.Process(process.pid)
            return [*root.children(recursive=True), root]
    return []


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and its children to end, kill those that do not, and reap the process."""
    _end(tree_of(process))
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def end_marked(variable: str, value: str) -> None:
    """End every process that has ``variable=value`` in its environment, whoever its parent is."""
    import psutil

    marked = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(variable) == value:
                marked.append(process)
    _end(marked)


def signal_all(members: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    import psutil

    for member in members:
        with suppress(psutil.NoSuchProcess):
            member.send_signal(number)


def _end(members: Sequence[psutil.Process]) -> None:
    import psutil

    signal_all(members, signal.SIGTERM)
    _, alive = psutil.wait_procs(members, timeout=GRACE_S)
    signal_all(alive, signal.SIGKILL)
