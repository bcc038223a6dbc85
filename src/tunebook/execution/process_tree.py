"""Ending processes with everything that they started, at any depth and in any session.

What a study starts is found in two ways. A program that is executed inherits a variable with the
mark of the study and its driver. And on Linux a process that adopts orphans is the parent of
whatever its children leave behind, so that what was only forked is found as well.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import final

import psutil

from tunebook.execution import process_settings
from tunebook.records import StudyId
from tunebook.storage.lease import is_alive, lease_for_this_process

MARK = "TUNEBOOK_STARTED_BY"
"""The variable with the marks: of the study that started the process, and of those around it."""

GRACE_S = 4.0
"""Seconds that processes have to end after they were asked to."""

_ORPHANS_GRACE_S = 0.5
"""Seconds that those have which a trial has left behind: it did not wait for them."""

_KILL_S = 1.0
_N_KILLS = 5
_POLL_S = 0.02
_SHARED = ("multiprocessing.resource_tracker", "loky.backend.resource_tracker")
"""Python starts these once for a whole process, and they end with it."""


def mark_of(home: Path, study: str) -> str:
    """Return the mark of what this process starts for a study."""
    here = lease_for_this_process(StudyId(0), 0.0)
    return f"{_study_mark(home, study)}:{here.pid}:{here.process_started_at:.2f}"


def _study_mark(home: Path, study: str) -> str:
    name = os.fsencode(f"{os.path.realpath(home)}\n{study}")
    return hashlib.sha256(name).hexdigest()[:16]


def marked(mark: str) -> dict[str, str]:
    """Return the variable with a mark, after those that this process has itself."""
    outer = os.environ.get(MARK)
    return {MARK: f"{outer} {mark}" if outer else mark}


def end_marked(mark: str) -> None:
    """End every process that has a mark, but neither this one nor what it was started by."""
    _end(lambda: _with_variable(MARK, lambda value: mark in value.split()))


def end_left_behind(home: Path, study: str) -> None:
    """End what drivers of a study have left behind that are gone."""
    wanted = _study_mark(home, study)

    def is_left(value: str) -> bool:
        parts = (mark.split(":") for mark in value.split())
        return any(part[0] == wanted and not _is_driven(*part[1:]) for part in parts)

    _end(lambda: _with_variable(MARK, is_left))


def _is_driven(pid: str, started: str) -> bool:
    here = lease_for_this_process(StudyId(0), 0.0)
    return is_alive(replace(here, pid=int(pid), process_started_at=float(started)), here)


def _with_variable(name: str, is_wanted: Callable[[str], bool]) -> list[psutil.Process]:
    """Return the processes that were executed with such a variable."""
    found = []
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for pid in set(psutil.pids()) - spared:
        # It may be gone, or somebody else's.
        with suppress(psutil.Error, OSError):
            process = psutil.Process(pid)
            if is_wanted(process.environ().get(name, "")):
                found.append(process)
    return found


def has_children() -> bool:
    """Whether this process has a child, even one that has ended; costs next to nothing."""
    if not hasattr(os, "waitid"):
        return True
    with suppress(ChildProcessError):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    return False


def children() -> list[psutil.Process]:
    """Return the children of this process, also those that have ended."""
    return psutil.Process().children() if has_children() else []


def descendants(spared: Collection[int] = ()) -> list[psutil.Process]:
    """Return the descendants of this process; children that are ``spared`` and theirs are not.

    Reaps the others that have ended, and looks again then: they may have left orphans.
    """
    found: list[psutil.Process] = []
    for child in (child for child in children() if child.pid not in spared):
        try:
            if os.waitpid(child.pid, os.WNOHANG) != (0, 0):
                return descendants(spared)
            if not any(name in " ".join(child.cmdline()) for name in _SHARED):
                found += [*child.children(recursive=True), child]
        except (psutil.NoSuchProcess, ChildProcessError):
            return descendants(spared)
    return found


def end_descendants() -> bool:
    """End what this process has started or adopted; return whether there was anything."""
    return bool(_end(descendants, _ORPHANS_GRACE_S))


@final
class OwnProcesses:
    """What this process starts while it trains trials itself, in its main thread only."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._before: set[int] | None = None
        self._adopted_before = False

    @contextmanager
    def marked(self) -> Iterator[None]:
        """Mark what is started meanwhile."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        if self._before is None:
            self._before = {child.pid for child in children()}
            self._adopted_before = process_settings.adopts_orphans()
            process_settings.adopt_orphans()
        marks = os.environ.get(MARK)
        os.environ.update(marked(self._mark))
        try:
            yield
        finally:
            os.environ.pop(MARK)
            if marks is not None:
                os.environ[MARK] = marks

    def end(self) -> None:
        """End them. Not after each trial: the next one may use the pool of processes of the last.

        Studies that other threads drive have servers of their own, which have two marks.
        """
        if self._before is None:
            return
        others = _with_variable(MARK, lambda v: self._mark in v.split()[:-1])
        spared = self._before.union(process.pid for process in others)
        _end(lambda: descendants(spared), _ORPHANS_GRACE_S)
        process_settings.adopt_orphans(is_wanted=self._adopted_before)
        self._before = None


def tree_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return a process, last, and all its children; nothing if it has ended."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        # poll() would reap it, and with it the figure of its memory.
        if process.returncode is None and root.status() != psutil.STATUS_ZOMBIE:
            return [*root.children(recursive=True), root]
    return []


def end_tree(process: subprocess.Popen[bytes], variable: str, value: str) -> None:
    """End a process, its children, and what has a variable of it; reap the process."""

    def find() -> list[psutil.Process]:
        tree = tree_of(process)
        if not tree and process_settings.adopts_orphans() and not has_children():
            return []
        return [*tree, *_with_variable(variable, lambda found: found == value)]

    members = _end(find)
    process.wait()
    for member in members:
        with suppress(ChildProcessError):
            os.waitpid(member.pid, os.WNOHANG)
    if process.stdout is not None:
        process.stdout.close()


def signal_all(members: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    for member in members:
        with suppress(psutil.Error):
            member.send_signal(number)


def _end(
    find: Callable[[], Sequence[psutil.Process]], grace_s: float = GRACE_S
) -> set[psutil.Process]:
    """Ask what is found to end, then kill what is still found; return all of it."""
    members = set(find())
    signal_all(members, signal.SIGTERM)
    signal_all(members, signal.SIGCONT)
    _wait_for(members, grace_s)
    for _ in range(_N_KILLS if members else 0):
        left = set(find())
        signal_all(left, signal.SIGKILL)
        _wait_for(left, _KILL_S)
        members = members | left
        if not left:
            break
    return members


def _wait_for(members: Iterable[psutil.Process], patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while any(_is_at_work(member) for member in members) and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _is_at_work(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
