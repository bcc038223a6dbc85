"""Appending to a study's log in a database, measurements apart from all other events.

Which trials have rows in ``reports`` is remembered between appends, and read again whenever the
log was written by somebody else in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, final

import sqlalchemy as sa

from tunebook.records import (
    Event,
    StudyId,
    StudyStateChanged,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialReported,
    TrialStopped,
)
from tunebook.storage.compaction import MERGES, ROW_COLUMNS, MeasurementRow, merge, rows_of
from tunebook.storage.encoding import encode
from tunebook.storage.schema import events as event_table
from tunebook.storage.schema import measurements, reports, studies

_DURABLE = (TrialEnded, TrialStopped, TrialFailed, TrialCheckpointed, StudyStateChanged)


def needs_sync(events: Sequence[Event]) -> bool:
    """Whether a power cut must not take these events: one ends a trial or names a checkpoint.

    The checkpoints that such an event makes superfluous are deleted as soon as it is written.
    """
    return any(isinstance(event, _DURABLE) for event in events)


@final
class LogWriter:
    """Writes events inside the transactions of others; one per writing connection."""

    def __init__(self) -> None:
        self._open: dict[StudyId, set[int]] = {}
        self._known_seq: dict[StudyId, int] = {}

    def append(
        self, connection: sa.Connection, study: StudyId, events: Sequence[Event], after_seq: int
    ) -> int | None:
        """Write the events and return the last number, or None when the log has moved on."""
        last = after_seq + len(events)
        moved = connection.execute(_ADVANCE, {"of": study, "known": after_seq, "last": last})
        if moved.rowcount != 1:
            return None
        running = self._running(connection, study, after_seq)
        facts: list[dict[str, Any]] = []
        ended: list[MeasurementRow] = []
        fresh: dict[int, list[MeasurementRow]] = {}
        for seq, event in enumerate(events, after_seq + 1):
            if isinstance(event, TrialReported) and event.series:
                fresh.setdefault(event.trial, []).extend(rows_of(seq, event))
                continue
            kind, trial, body = encode(event)
            fact = {"study": study, "seq": seq, "at": event.at}
            facts.append(fact | {"kind": kind, "trial": trial, "body": body})
            if trial is not None and type(event) in MERGES:
                earlier = _take(connection, study, trial) if trial in running else []
                running.discard(trial)
                ended += merge(earlier + fresh.pop(trial, []))
        running.update(fresh)
        unfinished = [row for rows in fresh.values() for row in rows]
        _insert(connection, _INSERT_EVENTS, facts)
        _insert(connection, _INSERT_MEASUREMENTS, _rows(study, ended))
        _insert(connection, _INSERT_REPORTS, _rows(study, unfinished))
        return last

    def committed(self, study: StudyId, last: int) -> None:
        """Say that what was appended last is in the database for good."""
        self._known_seq[study] = last

    def _running(self, connection: sa.Connection, study: StudyId, after_seq: int) -> set[int]:
        # Forgotten until committed: a transaction that fails leaves the set wrong.
        if self._known_seq.pop(study, None) != after_seq:
            self._open[study] = set(connection.execute(_RUNNING, {"of": study}).scalars())
        return self._open[study]


_ADVANCE = (
    sa.update(studies)
    .where(studies.c.id == sa.bindparam("of"), studies.c.last_seq == sa.bindparam("known"))
    .values(last_seq=sa.bindparam("last"))
)
_INSERT_EVENTS = sa.insert(event_table)
_INSERT_MEASUREMENTS = sa.insert(measurements)
_INSERT_REPORTS = sa.insert(reports)
_RUNNING = sa.select(reports.c.trial).where(reports.c.study == sa.bindparam("of")).distinct()
_OF_TRIAL = (
    reports.c.study == sa.bindparam("of"),
    reports.c.trial == sa.bindparam("number"),
)
_TAKE = (
    sa.select(*(reports.c[name] for name in ROW_COLUMNS))
    .where(*_OF_TRIAL)
    .order_by(reports.c.seq, reports.c.place)
)
_CLEAR = sa.delete(reports).where(*_OF_TRIAL)


def _take(connection: sa.Connection, study: StudyId, trial: int) -> list[MeasurementRow]:
    which = {"of": study, "number": trial}
    rows = [MeasurementRow(*row) for row in connection.execute(_TAKE, which)]
    connection.execute(_CLEAR, which)
    return rows


def _rows(study: StudyId, rows: Iterable[MeasurementRow]) -> list[dict[str, Any]]:
    return [{"study": study} | {name: getattr(row, name) for name in ROW_COLUMNS} for row in rows]


def _insert(connection: sa.Connection, statement: sa.Insert, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
