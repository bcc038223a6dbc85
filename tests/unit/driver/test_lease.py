"""One driver at a time: the lease is taken, renewed, lost and given back."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from tunebook.errors import StoreConflictError, StudyBusyError
from tunebook.records import Budget, DriverStarted, DriverStopped, NotesChanged, StudyState
from tunebook.storage import Lease

SOMEBODY = {"holder": "elsewhere:7", "host": "elsewhere", "pid": 7, "process_started_at": 1.0}


class LeasedStore:
    """Passes everything on, and writes down when the lease was renewed."""

    def __init__(self, inner):
        self.inner = inner
        self.renewed_at = []
        self.taken_over_by = None

    def renew_lease(self, lease, now):
        self.renewed_at.append(now)
        if self.taken_over_by is not None:
            raise self.taken_over_by
        return self.inner.renew_lease(lease, now)

    def __getattr__(self, name):
        return getattr(self.inner, name)


@pytest.fixture
def leased(make_rig):
    rig = make_rig(step_s=10.0, budget=Budget(trials=3))
    rig.store = LeasedStore(rig.store)
    return rig


def held_by_somebody(rig, renewed_at: float) -> Lease:
    """Let a process of another machine have the study."""
    lease = Lease(study=rig.study, renewed_at=renewed_at, **SOMEBODY)
    rig.store._logs[rig.study].lease = lease  # noqa: SLF001 - no store lends to other machines
    return lease


def test_second_driver_is_refused_with_the_name_of_the_holder(rig):
    lease = held_by_somebody(rig, rig.clock() - 5)
    with pytest.raises(StudyBusyError, match="elsewhere:7, last heard of 5 s ago") as caught:
        rig.drive()
    assert caught.value.code == "E203"
    assert len(rig.events) == 1
    assert rig.store.lease_of(rig.study) == lease


def test_driver_that_is_dead_on_another_machine_is_replaced(rig):
    held_by_somebody(rig, rig.clock() - 61)
    assert rig.drive().state is StudyState.DONE


def test_lease_is_held_while_driving_and_given_back(rig):
    holders = set()

    class Looking:
        def update(self, facts, now):
            holders.add(rig.store.lease_of(rig.study).pid)

    rig.drive(watcher=Looking())
    assert holders == {os.getpid()}
    assert rig.store.lease_of(rig.study) is None


def test_lease_is_renewed_every_fifteen_seconds(leased):
    leased.drive()
    gaps = [b - a for a, b in pairwise(leased.store.renewed_at)]
    assert len(gaps) > 8
    assert all(15 <= gap < 16 for gap in gaps)


def test_driver_that_lost_its_lease_ends_and_leaves_the_log_to_the_other(leased):
    leased.store.taken_over_by = StudyBusyError("driven by another process")
    with pytest.raises(StudyBusyError):
        leased.drive()
    assert len(leased.events) > 3
    assert not leased.all(DriverStopped)
    assert leased.facts.state is StudyState.RUNNING


def test_driver_whose_log_was_written_by_another_ends_and_leaves_it_alone(rig):
    class Intruding:
        def update(self, facts, now):
            if facts.steps_done == 8:
                last = rig.store.last_seq(rig.study)
                rig.store.append(rig.study, [NotesChanged(now, "mine")], last)

    with pytest.raises(StoreConflictError):
        rig.drive(watcher=Intruding())
    assert rig.events[-1].notes == "mine"
    assert not rig.all(DriverStopped)
    assert rig.drive().state is StudyState.DONE
    assert len(rig.all(DriverStarted)) == 2
