"""What a store is: a place for studies, each an append-only log of events under one writer.

Contract, which ``tunebook.testing.StoreSuite`` checks for every implementation:

* ``append`` is atomic and durable: after it returns, a killed process loses nothing of it.
* Sequence numbers of a study rise by one per event from 1. ``append`` names the last number the
  writer knows; if the log has moved on, ``StoreConflictError`` is raised and nothing is written.
* ``events_after(study, seq)`` returns the events in order. The measurements of a trial may come
  merged into fewer ``TrialReported`` events than were appended (the last seq is kept), but never
  across a checkpoint or the end of a slice of the trial; folding them gives the same facts.
* Anybody may call the reading functions and ``add_request`` at any time, from any process.
* Only the holder of the lease calls ``append``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tunebook.records import Event, JsonObject, Request, StudyId, StudySpec


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Lease:
    """The right to drive a study. ``holder`` names the process for people: ``host:pid``.

    Whoever holds it keeps the object: a lease that this process has dropped may be taken again.
    """

    study: StudyId
    holder: str
    host: str
    pid: int
    process_started_at: float
    renewed_at: float


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """A line of the list of studies."""

    id: StudyId
    name: str
    created_at: float
    last_seq: int


class Store(Protocol):
    """Studies and their logs. See the module's docstring for what is promised."""

    @property
    def address(self) -> str:
        """Where the store is, as people write it: a path, ``memory`` or a database address."""

    @property
    def note(self) -> str:
        """Which state is shown, for a store that can only be read; otherwise empty."""

    def create_study(self, spec: StudySpec, at: float) -> StudyId:
        """Create a study, append ``StudyCreated``; ``StudyExistsError`` if the name is taken."""

    def find_study(self, name: str) -> StudyId:
        """Return the study of that name; ``StudyNotFoundError`` names the nearest one."""

    def list_studies(self) -> Sequence[StudyEntry]:
        """Return all studies, oldest first."""

    def delete_study(self, study: StudyId) -> None:
        """Forget a study and its log."""

    def rename_study(self, study: StudyId, name: str, at: float) -> None:
        """Give the study a name and append ``StudyRenamed``; only the holder of its lease may.

        ``StudyExistsError`` if the name is taken.
        """

    def append(self, study: StudyId, events: Sequence[Event], after_seq: int) -> int:
        """Append events in one transaction and return the last sequence number."""

    def events_after(self, study: StudyId, seq: int = 0) -> Sequence[tuple[int, Event]]:
        """Return (sequence number, event) of everything after ``seq``, in order."""

    def last_seq(self, study: StudyId) -> int:
        """Return the number of the study's last event."""

    def add_request(self, study: StudyId, kind: str, body: JsonObject, at: float) -> int:
        """Add a wish for the driver and return its id. Anybody may."""

    def requests_after(self, study: StudyId, request: int = 0) -> Sequence[Request]:
        """Return the requests with a higher id, in order."""

    def acquire_lease(self, study: StudyId, now: float) -> Lease:
        """Take the lease for this process; ``StudyBusyError`` names the live holder.

        A second driver in this process is refused while the first one keeps its lease. A holder
        on this machine whose process is gone is dead; one on another machine is dead when it has
        not renewed for ``LEASE_SECONDS``.
        """

    def renew_lease(self, lease: Lease, now: float) -> Lease:
        """Say that the holder is alive; ``StudyBusyError`` if somebody else has taken over."""

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back; no error if it is lost already."""

    def lease_of(self, study: StudyId) -> Lease | None:
        """Return who holds the study now, live or not."""

    def close(self) -> None:
        """Let go of files and connections."""


LEASE_SECONDS = 60.0
"""Seconds after which a holder on another machine that has not renewed is taken for dead."""
