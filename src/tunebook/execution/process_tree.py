"""Ending a process with all its children: politely first."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

GRACE_S = 5.0
"""So long processes have to end after they were asked to."""


def end_tree(process: subprocess.Popen[bytes], grace_s: float = GRACE_S) -> None:
    """Ask a process and its children to end, kill those that do not, and reap the process."""
    import psutil

    members = []
    with suppress(psutil.NoSuchProcess):
        if process.poll() is None:
            root = psutil.Process(process.pid)
            members = [*root.children(recursive=True), root]
    _end(members, grace_s)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def end_marked(variable: str, value: str, grace_s: float = GRACE_S) -> None:
    """End every process that has ``variable=value`` in its environment, whoever its parent is."""
    import psutil

    marked = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(variable) == value:
                marked.append(process)
    _end(marked, grace_s)


def _end(members: list[psutil.Process], grace_s: float) -> None:
    import psutil

    for member in members:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(members, timeout=grace_s)
    for member in alive:
        with suppress(psutil.NoSuchProcess):
            member.kill()
