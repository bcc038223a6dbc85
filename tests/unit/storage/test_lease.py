"""A lease is taken from the dead and never from the living."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from tunebook.errors import StudyBusyError
from tunebook.records import StudyId
from tunebook.storage import LEASE_SECONDS, Lease
from tunebook.storage.lease import (
    forget,
    grant,
    is_same_holder,
    lease_for_this_process,
    renewed,
)

HERE = lease_for_this_process(StudyId(1), now=1000.0)


@pytest.fixture(scope="module")
def neighbour() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def lease_of_process(pid: int, started_at: float) -> Lease:
    host = socket.gethostname()
    return Lease(StudyId(1), f"{host}:{pid}", host, pid, started_at, renewed_at=1.0)


def test_lease_names_this_process() -> None:
    assert HERE.pid == os.getpid()
    assert HERE.holder == f"{socket.gethostname()}:{os.getpid()}"
    assert HERE.process_started_at == pytest.approx(psutil.Process().create_time(), abs=2)


def test_free_lease_is_granted() -> None:
    assert grant(replace(HERE), None, "digits", store="here") == HERE


def test_process_whose_driver_was_dropped_gets_its_lease_again() -> None:
    assert grant(replace(HERE), replace(HERE, renewed_at=1.0), "digits", store="here") == HERE


def test_second_driver_of_this_process_is_refused_while_the_first_keeps_its_lease() -> None:
    first = grant(replace(HERE), None, "digits", store="here")
    with pytest.raises(StudyBusyError, match="this process already"):
        grant(replace(HERE), replace(HERE), "digits", store="here")
    assert grant(replace(HERE), replace(HERE), "digits", store="there") == HERE
    later = renewed(first, replace(HERE), "digits", now=1001.0, store="here")
    del first
    with pytest.raises(StudyBusyError, match="this process already"):
        grant(replace(HERE), replace(HERE), "digits", store="here")
    forget(later, store="here")
    assert grant(replace(HERE), replace(HERE), "digits", store="here") == HERE


def test_lease_that_nobody_keeps_is_free_again() -> None:
    dropped = grant(replace(HERE), None, "digits", store="here")
    del dropped
    assert grant(replace(HERE), replace(HERE), "digits", store="here") == HERE


def test_live_process_of_this_machine_keeps_its_lease_however_long_it_is_silent(
    neighbour: subprocess.Popen[bytes],
) -> None:
    held = lease_of_process(neighbour.pid, psutil.Process(neighbour.pid).create_time())
    with pytest.raises(StudyBusyError, match=held.holder) as refusal:
        grant(replace(HERE), held, "digits", store="here")
    assert "'digits'" in str(refusal.value)
    assert refusal.value.code == "E203"


def test_dead_process_of_this_machine_loses_its_lease_at_once() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    held = lease_of_process(process.pid, psutil.Process(process.pid).create_time())
    process.wait()
    assert grant(replace(HERE), replace(held, renewed_at=999.9), "digits", store="here") == HERE


def test_dead_process_that_nobody_waited_for_loses_its_lease() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    held = lease_of_process(process.pid, psutil.Process(process.pid).create_time())
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert grant(replace(HERE), held, "digits", store="here") == HERE
    process.communicate()


def test_later_process_with_the_same_number_does_not_count(
    neighbour: subprocess.Popen[bytes],
) -> None:
    started = psutil.Process(neighbour.pid).create_time()
    assert (
        grant(
            replace(HERE), lease_of_process(neighbour.pid, started - 3600), "digits", store="here"
        )
        == HERE
    )


def test_silent_holder_on_another_machine_loses_its_lease_in_the_end() -> None:
    elsewhere = replace(HERE, host="elsewhere", holder="elsewhere:7", pid=7)
    heard = replace(elsewhere, renewed_at=1000.0 - LEASE_SECONDS + 1)
    with pytest.raises(StudyBusyError, match="elsewhere:7, last heard of 59 s ago"):
        grant(replace(HERE), heard, "digits", store="here")
    assert (
        grant(
            replace(HERE), replace(heard, renewed_at=1000.0 - LEASE_SECONDS), "digits", store="here"
        )
        == HERE
    )


def test_lease_that_was_taken_over_cannot_be_renewed() -> None:
    taken = replace(HERE, host="elsewhere", holder="elsewhere:7")
    with pytest.raises(StudyBusyError, match="elsewhere:7"):
        renewed(HERE, taken, "digits", now=1001.0, store="here")


def test_lease_that_nobody_holds_can_be_renewed() -> None:
    assert renewed(HERE, None, "digits", now=1001.0, store="here").renewed_at == 1001.0


def test_holders_differ_by_machine_process_and_start() -> None:
    assert is_same_holder(HERE, replace(HERE, renewed_at=5.0))
    assert not is_same_holder(HERE, replace(HERE, host="elsewhere"))
    assert not is_same_holder(HERE, replace(HERE, pid=HERE.pid + 1))
    assert not is_same_holder(HERE, replace(HERE, process_started_at=5.0))
