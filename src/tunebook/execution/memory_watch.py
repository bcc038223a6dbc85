"""Notices that the kernel killed something of ours because memory ran out, and how much it had."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import final

_ROOT = Path("/sys/fs/cgroup")


def oom_files(membership: str, root: Path = _ROOT) -> list[Path]:
    """Return where the kills of a process's control group may be counted, nearest first.

    ``membership`` is the content of ``/proc/self/cgroup``; versions 1 and 2 are understood.
    """
    found: list[Path] = []
    for line in membership.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        path = path.lstrip("/")
        if not controllers:
            found += [root / path / "memory.events", root / "memory.events"]
        elif "memory" in controllers.split(","):
            found += [root / "memory" / path / "memory.oom_control"]
            found += [root / "memory" / "memory.oom_control"]
    return found


@final
class MemoryWatch:
    """Counts the kernel's kills for want of memory since it was last asked."""

    def __init__(self, files: Iterable[Path] | None = None) -> None:
        self._files = list(_own_files() if files is None else files)
        self._n_seen = self._count()

    def has_risen(self) -> bool:
        """Whether there was such a kill since the last call."""
        before, self._n_seen = self._n_seen, self._count()
        return self._n_seen > before

    def _count(self) -> int:
        for file in self._files:
            try:
                lines = file.read_text().splitlines()
            except OSError:
                continue
            for line in lines:
                name, _, number = line.partition(" ")
                if name == "oom_kill" and number.isdecimal():
                    return int(number)
        return 0


def peak_bytes(usage: resource.struct_rusage) -> int:
    """Return the most memory that a reaped process, or one that it has reaped, held at once."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _own_files() -> list[Path]:
    try:
        return oom_files(Path("/proc/self/cgroup").read_text())
    except OSError:
        return []
