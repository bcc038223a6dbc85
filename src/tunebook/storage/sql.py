"""The store in a database: SQLite, or PostgreSQL by the same tables.

The counter ``studies.last_seq`` is what makes a log have one writer: an append moves it from the
number the writer knows to the next, in one statement, or writes nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tunebook.records import (
    Event,
    JsonObject,
    Request,
    StudyCreated,
    StudyId,
    StudyRenamed,
    StudySpec,
)
from tunebook.storage.compaction import ROW_COLUMNS, MeasurementRow, reports_of
from tunebook.storage.database import Database
from tunebook.storage.encoding import (
    decode,
    decode_name,
    decode_object,
    encode_name,
    encode_object,
)
from tunebook.storage.lease import (
    forget,
    grant,
    is_same_holder,
    lease_for_this_process,
    renewed,
)
from tunebook.storage.log_writer import LogWriter, needs_sync
from tunebook.storage.protocol import Lease, StudyEntry
from tunebook.storage.refusals import check_request, conflict, decoded, exists, not_found
from tunebook.storage.schema import events as event_table
from tunebook.storage.schema import leases, measurements, reports, requests, studies


@final
class SqlStore:
    """Studies in a database. Threads may share it; processes open their own."""

    def __init__(self, database: Database) -> None:
        self.address, self.note = database.address, database.note
        self._database = database
        self._log = LogWriter()
        # A store that nobody uses any more is closed, whether or not somebody said so.
        self._close = weakref.finalize(self, database.close)

    def create_study(self, spec: StudySpec, at: float) -> StudyId:
        """Create a study and append its ``StudyCreated``."""
        row = {"name": encode_name(spec.name), "created_at": at, "last_seq": 0}
        with self._database.writing() as connection:
            try:
                number = connection.execute(_NEW_STUDY, row).scalar_one()
            except IntegrityError:
                raise exists(spec.name) from None
            study = StudyId(number)
            self._log.append(connection, study, [StudyCreated(at, spec)], after_seq=0)
        return study

    def find_study(self, name: str) -> StudyId:
        """Return the study of that name; ``StudyNotFoundError`` names the nearest one."""
        query = sa.select(studies.c.id).where(studies.c.name == encode_name(name))
        with self._database.reading() as connection:
            study = connection.execute(query).scalar()
            if study is None:
                raise not_found(name, _names(connection))
        return StudyId(study)

    def list_studies(self) -> Sequence[StudyEntry]:
        """Return all studies, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(studies).order_by(studies.c.id)).all()
        return [
            StudyEntry(StudyId(row.id), decode_name(row.name), row.created_at, row.last_seq)
            for row in rows
        ]

    def delete_study(self, study: StudyId) -> None:
        """Forget a study and its log."""
        with self._database.writing() as connection:
            _lock(connection, study)
            connection.execute(sa.delete(studies).where(studies.c.id == study))

    def rename_study(self, study: StudyId, name: str, at: float) -> None:
        """Give the study a name and append ``StudyRenamed``; only the holder of its lease may."""
        with self._database.writing() as connection:
            _lock(connection, study)
            try:
                row = {"name": encode_name(name)}
                connection.execute(sa.update(studies).where(studies.c.id == study).values(row))
            except IntegrityError:
                raise exists(name) from None
            last = _last_seq(connection, study)
            self._log.append(connection, study, [StudyRenamed(at, name)], last)

    def append(self, study: StudyId, events: Sequence[Event], after_seq: int) -> int:
        """Append events in one transaction and return the last sequence number."""
        with self._database.writing(is_durable=needs_sync(events)) as connection:
            last = self._log.append(connection, study, events, after_seq)
            if last is None:
                raise conflict(_lock(connection, study), after_seq, _last_seq(connection, study))
        self._log.committed(study, last)
        return last

    def events_after(self, study: StudyId, seq: int = 0) -> Sequence[tuple[int, Event]]:
        """Return (sequence number, event) of everything after ``seq``, in order."""
        with self._database.reading() as connection:
            if _last_seq(connection, study) <= seq:
                return []
            facts = connection.execute(_EVENTS, {"of": study, "after": seq}).all()
            ended = connection.execute(_MEASUREMENTS, {"of": study, "after": seq}).all()
            running = connection.execute(_REPORTS, {"of": study, "after": seq}).all()
        with decoded(self.address):
            found: list[tuple[int, Event]] = [
                (number, decode(kind, at, trial, body)) for number, at, kind, trial, body in facts
            ]
            found += reports_of(MeasurementRow(*row) for row in ended)
            found += reports_of(MeasurementRow(*row) for row in running)
            found.sort(key=itemgetter(0))
        return found

    def last_seq(self, study: StudyId) -> int:
        """Return the number of the study's last event."""
        with self._database.reading() as connection:
            return _last_seq(connection, study)

    def add_request(self, study: StudyId, kind: str, body: JsonObject, at: float) -> int:
        """Add a wish for the driver and return its id."""
        check_request(kind)
        row = {"study": study, "at": at, "kind": kind, "body": encode_object(body)}
        with self._database.writing(is_durable=False) as connection:
            # The lock makes ids of one study become visible in their order.
            _lock(connection, study)
            number: int = connection.execute(_NEW_REQUEST, row).scalar_one()
        return number

    def requests_after(self, study: StudyId, request: int = 0) -> Sequence[Request]:
        """Return the requests with a higher id, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(_REQUESTS, {"of": study, "after": request}).all()
            if not rows:
                _last_seq(connection, study)
        with decoded(self.address):
            return [Request(row.id, row.at, row.kind, decode_object(row.body)) for row in rows]

    def acquire_lease(self, study: StudyId, now: float) -> Lease:
        """Take the lease for this process; ``StudyBusyError`` names the live holder."""
        wanted = lease_for_this_process(study, now)
        with self._database.writing(is_durable=False) as connection:
            name = _lock(connection, study)
            lease = grant(wanted, _lease_of(connection, study), name, store=self.address)
            _put_lease(connection, lease)
        return lease

    def renew_lease(self, lease: Lease, now: float) -> Lease:
        """Say that the holder is alive; ``StudyBusyError`` if somebody else has taken over."""
        with self._database.writing(is_durable=False) as connection:
            name, held = _lock(connection, lease.study), _lease_of(connection, lease.study)
            lease = renewed(lease, held, name, now=now, store=self.address)
            _put_lease(connection, lease)
        return lease

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back; no error if it is lost already."""
        forget(lease, store=self.address)
        with self._database.writing(is_durable=False) as connection:
            held = _lease_of(connection, lease.study)
            if held is not None and is_same_holder(lease, held):
                connection.execute(sa.delete(leases).where(leases.c.study == lease.study))

    def lease_of(self, study: StudyId) -> Lease | None:
        """Return who holds the study now, live or not."""
        with self._database.reading() as connection:
            _last_seq(connection, study)
            return _lease_of(connection, study)

    def close(self) -> None:
        """Let go of files and connections."""
        self._close()


def _after(table: sa.Table, *columns: str) -> sa.Select[Any]:
    query = sa.select(*(table.c[name] for name in columns))
    query = query.where(table.c.study == sa.bindparam("of"), table.c.seq > sa.bindparam("after"))
    return query.order_by(table.c.seq, *([table.c.place] if "place" in table.c else []))


_EVENTS = _after(event_table, "seq", "at", "kind", "trial", "body")
_MEASUREMENTS = _after(measurements, *ROW_COLUMNS)
_REPORTS = _after(reports, *ROW_COLUMNS)
_REQUESTS = (
    sa.select(requests)
    .where(requests.c.study == sa.bindparam("of"), requests.c.id > sa.bindparam("after"))
    .order_by(requests.c.id)
)
_NEW_STUDY = sa.insert(studies).returning(studies.c.id)
_NEW_REQUEST = sa.insert(requests).returning(requests.c.id)
_LAST_SEQ = sa.select(studies.c.last_seq).where(studies.c.id == sa.bindparam("of"))
_LOCKED_NAME = sa.select(studies.c.name).where(studies.c.id == sa.bindparam("of"))


def _names(connection: sa.Connection) -> list[str]:
    return [decode_name(name) for name in connection.execute(sa.select(studies.c.name)).scalars()]


def _known(connection: sa.Connection, query: sa.Select[Any], study: StudyId) -> Any:
    found = connection.execute(query, {"of": study}).scalar()
    if found is None:
        raise not_found(study, _names(connection))
    return found


def _last_seq(connection: sa.Connection, study: StudyId) -> int:
    return int(_known(connection, _LAST_SEQ, study))


def _lock(connection: sa.Connection, study: StudyId) -> str:
    """Keep other writers from the study until the transaction ends; return the study's name."""
    return decode_name(_known(connection, _LOCKED_NAME.with_for_update(), study))


def _lease_of(connection: sa.Connection, study: StudyId) -> Lease | None:
    row = connection.execute(sa.select(leases).where(leases.c.study == study)).first()
    return None if row is None else Lease(**row._mapping)


def _put_lease(connection: sa.Connection, lease: Lease) -> None:
    connection.execute(sa.delete(leases).where(leases.c.study == lease.study))
    row = {column.name: getattr(lease, column.name) for column in leases.c}
    connection.execute(sa.insert(leases), row)
