"""Who may drive a study: leases, and whether their holder is alive.

A process is told from a later one with the same number by its start time.
"""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from weakref import WeakValueDictionary

from tunebook.errors import StudyBusyError
from tunebook.records import StudyId
from tunebook.storage.protocol import LEASE_SECONDS, Lease

# Start times come from the kernel's ticks and boot time, which clock corrections move a little.
_SAME_START_S = 2.0

# A lease lives as long as somebody keeps the object: a driver that was dropped holds nothing.
_HELD_HERE: WeakValueDictionary[tuple[str, StudyId], Lease] = WeakValueDictionary()


def lease_for_this_process(study: StudyId, now: float) -> Lease:
    """Return the lease that this process would hold."""
    import psutil

    host, pid = socket.gethostname(), os.getpid()
    started = psutil.Process(pid).create_time()
    return Lease(study, f"{host}:{pid}", host, pid, started, now)


def grant(wanted: Lease, held: Lease | None, name: str, *, store: str) -> Lease:
    """Return the lease for ``wanted``, or raise ``StudyBusyError`` when ``held`` is alive.

    ``name`` is the study's, ``store`` tells the stores of this process apart. This process holds
    the lease for as long as somebody keeps it.
    """
    if held is not None and is_same_holder(wanted, held):
        mine = _HELD_HERE.get((store, wanted.study))
        if mine is not None and mine.pid == wanted.pid:
            raise StudyBusyError(
                f"The study {name!r} is being driven by this process already",
                got=held.holder,
                do="Wait until it ends; after ask() and tell(), call the study's close()",
            )
    elif held is not None and is_alive(held, wanted):
        raise busy(held, name, now=wanted.renewed_at)
    _HELD_HERE[store, wanted.study] = wanted
    return wanted


def forget(lease: Lease, *, store: str) -> None:
    """Note that this process gave the lease back."""
    mine = _HELD_HERE.get((store, lease.study))
    if mine is not None and is_same_holder(mine, lease):
        del _HELD_HERE[store, lease.study]


def renewed(lease: Lease, held: Lease | None, name: str, *, now: float, store: str) -> Lease:
    """Return the lease renewed at ``now``; ``StudyBusyError`` if somebody else has it.

    One that was given back or forgotten may be taken again by whoever renews it first.
    """
    if held is not None and not is_same_holder(lease, held):
        raise busy(held, name, now=now)
    later = _HELD_HERE[store, lease.study] = replace(lease, renewed_at=now)
    return later


def busy(held: Lease, name: str, *, now: float) -> StudyBusyError:
    """Return the error that names the holder of a study."""
    ago = max(0.0, now - held.renewed_at)
    return StudyBusyError(
        f"The study {name!r} is being driven by another process",
        got=f"{held.holder}, last heard of {ago:.0f} s ago",
        do="Wait for it, end it with 'tunebook stop', or give this study another name",
    )


def is_same_holder(one: Lease, other: Lease) -> bool:
    """Whether both leases belong to one process."""
    return (
        one.host == other.host
        and one.pid == other.pid
        and abs(one.process_started_at - other.process_started_at) < _SAME_START_S
    )


def is_alive(held: Lease, here: Lease) -> bool:
    """Whether the holder still lives, judged from the process and time of ``here``."""
    if held.host != here.host:
        return here.renewed_at - held.renewed_at < LEASE_SECONDS
    import psutil

    try:
        process = psutil.Process(held.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return bool(abs(process.create_time() - held.process_started_at) < _SAME_START_S)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
