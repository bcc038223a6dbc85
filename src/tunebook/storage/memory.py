"""A store that keeps nothing: for tests, simulations and ``store="memory"``.

It behaves as the SQL store does, ``tunebook.testing.StoreSuite`` checks both; only the
compaction of measurements is left out, which the contract allows.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import final

from tunebook.records import (
    Event,
    JsonObject,
    Request,
    StudyCreated,
    StudyId,
    StudyRenamed,
    StudySpec,
    TrialReported,
)
from tunebook.storage.lease import (
    forget,
    grant,
    is_same_holder,
    lease_for_this_process,
    renewed,
)
from tunebook.storage.protocol import Lease, StudyEntry
from tunebook.storage.refusals import check_request, conflict, exists, not_found


@dataclass(slots=True)
class _Log:
    name: str
    created_at: float
    events: list[Event] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    lease: Lease | None = None


@final
class MemoryStore:
    """Studies in this process's memory. Threads may share it."""

    address = "memory"
    note = ""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._logs: dict[StudyId, _Log] = {}
        self._n_studies = 0
        self._n_requests = 0
        self._key = f"memory {id(self)}"

    def create_study(self, spec: StudySpec, at: float) -> StudyId:
        """Create a study and append its ``StudyCreated``."""
        with self._lock:
            if any(log.name == spec.name for log in self._logs.values()):
                raise exists(spec.name)
            self._n_studies += 1
            study = StudyId(self._n_studies)
            self._logs[study] = _Log(spec.name, at, [StudyCreated(at, spec)])
            return study

    def find_study(self, name: str) -> StudyId:
        """Return the study of that name; ``StudyNotFoundError`` names the nearest one."""
        with self._lock:
            for study, log in self._logs.items():
                if log.name == name:
                    return study
            raise not_found(name, [log.name for log in self._logs.values()])

    def list_studies(self) -> Sequence[StudyEntry]:
        """Return all studies, oldest first."""
        with self._lock:
            return [
                StudyEntry(study, log.name, log.created_at, len(log.events))
                for study, log in self._logs.items()
            ]

    def delete_study(self, study: StudyId) -> None:
        """Forget a study and its log."""
        with self._lock:
            self._log(study)
            del self._logs[study]

    def rename_study(self, study: StudyId, name: str, at: float) -> None:
        """Give the study a name and append ``StudyRenamed``; only the holder of its lease may."""
        with self._lock:
            renamed = self._log(study)
            if any(log.name == name for log in self._logs.values() if log is not renamed):
                raise exists(name)
            renamed.name = name
            renamed.events.append(StudyRenamed(at, name))

    def append(self, study: StudyId, events: Sequence[Event], after_seq: int) -> int:
        """Append events and return the last sequence number."""
        with self._lock:
            log = self._log(study)
            if len(log.events) != after_seq:
                raise conflict(log.name, after_seq, len(log.events))
            log.events += [_own(event) for event in events]
            return len(log.events)

    def events_after(self, study: StudyId, seq: int = 0) -> Sequence[tuple[int, Event]]:
        """Return (sequence number, event) of everything after ``seq``, in order."""
        with self._lock:
            return list(enumerate(self._log(study).events[seq:], start=seq + 1))

    def last_seq(self, study: StudyId) -> int:
        """Return the number of the study's last event."""
        with self._lock:
            return len(self._log(study).events)

    def add_request(self, study: StudyId, kind: str, body: JsonObject, at: float) -> int:
        """Add a wish for the driver and return its id."""
        check_request(kind)
        with self._lock:
            log = self._log(study)
            self._n_requests += 1
            log.requests.append(Request(self._n_requests, at, kind, dict(body)))
            return self._n_requests

    def requests_after(self, study: StudyId, request: int = 0) -> Sequence[Request]:
        """Return the requests with a higher id, in order."""
        with self._lock:
            return [wish for wish in self._log(study).requests if wish.id > request]

    def acquire_lease(self, study: StudyId, now: float) -> Lease:
        """Take the lease for this process; ``StudyBusyError`` names the live holder."""
        with self._lock:
            log = self._log(study)
            wanted = lease_for_this_process(study, now)
            held = grant(wanted, log.lease, log.name, store=self._key)
            # A copy: the holder's own object says whether it still cares.
            log.lease = replace(held)
            return held

    def renew_lease(self, lease: Lease, now: float) -> Lease:
        """Say that the holder is alive; ``StudyBusyError`` if somebody else has taken over."""
        with self._lock:
            log = self._log(lease.study)
            held = renewed(lease, log.lease, log.name, now=now, store=self._key)
            log.lease = replace(held)
            return held

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back; no error if it is lost already."""
        forget(lease, store=self._key)
        with self._lock:
            log = self._logs.get(lease.study)
            if log is not None and log.lease is not None and is_same_holder(lease, log.lease):
                log.lease = None

    def lease_of(self, study: StudyId) -> Lease | None:
        """Return who holds the study now, live or not."""
        with self._lock:
            return self._log(study).lease

    def close(self) -> None:
        """Nothing to let go of: the studies live as long as this object."""

    def _log(self, study: StudyId) -> _Log:
        try:
            return self._logs[study]
        except KeyError:
            names = [log.name for log in self._logs.values()]
            raise not_found(study, names) from None


def _own(event: Event) -> Event:
    # Series can grow; what was appended must not.
    if isinstance(event, TrialReported):
        return replace(event, series={name: s.copy() for name, s in event.series.items()})
    return event
