"""Ending a process with all its children: politely first."""

from __future__ import annotations

import subprocess
from contextlib import suppress

GRACE_S = 5.0
"""So long a process has to end after it was asked to."""


def end_tree(process: subprocess.Popen[bytes], grace_s: float = GRACE_S) -> None:
    """Ask a process and its children to end, kill those that do not, and reap the process."""
    import psutil

    members = []
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        members = [*root.children(recursive=True), root]
    for member in members:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(members, timeout=grace_s)
    for member in alive:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
