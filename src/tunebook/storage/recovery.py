"""Recovering what can be read of a damaged store into a new one, and saying what is missing.

The rows come from ``pages``. A log with gaps is made one that can be replayed: a trial whose
beginning is lost becomes a cancelled one, so that the others keep their numbers; an end whose
launch is lost is launched again; what contradicts the rest is left out.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from tunebook.engine import Facts, apply, replay
from tunebook.errors import NotAStoreError, StoreError, TunebookError
from tunebook.files import WorkingFolder
from tunebook.records import (
    Configuration,
    Event,
    Failure,
    FailureKind,
    StudyCreated,
    StudyId,
    StudyRenamed,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialLaunched,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialState,
    TrialStopped,
)
from tunebook.storage import Lease, Store
from tunebook.storage.compaction import MERGES, MeasurementRow, reports_of
from tunebook.storage.encoding import KINDS, decode, decode_name
from tunebook.storage.lease import busy, is_alive, lease_for_this_process
from tunebook.storage.pages import Row, matches, rows_of, with_log
from tunebook.storage.sqlite_file import copied_to

LOST = "its record in the damaged store could not be read"
_ENDS = (TrialEnded, TrialFailed, TrialReached)
_WAITING = frozenset({TrialState.QUEUED, TrialState.LOST})
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class RecoveredStudy:
    """What came back of one study, and what did not.

    ``n_lost`` trials kept nothing but their number, ``n_unmeasured`` are done and lost their value;
    ``n_unusable`` events were read but contradict the rest; ``is_cut``: its last events are
    missing. Without a ``name`` the study's description is lost, and nothing of it could be kept.
    """

    name: str | None
    n_trials: int = 0
    n_finished: int = 0
    n_lost: int = 0
    n_unmeasured: int = 0
    n_unusable: int = 0
    is_cut: bool = False


@dataclass(slots=True)
class _Found:
    """The rows of one study."""

    name: str | None = None
    last_seq: int = 0
    lease: Lease | None = None
    events: dict[int, Event] = field(default_factory=dict)
    measured: dict[tuple[int, int], MeasurementRow] = field(default_factory=dict)
    running: dict[tuple[int, int], MeasurementRow] = field(default_factory=dict)


def recover(source: Path, target: Store) -> list[RecoveredStudy]:
    """Write what can be read of the damaged store ``source`` to ``target``, which is empty.

    ``source`` is only read. ``StudyBusyError`` if a study of it is being driven, ``NotAStoreError``
    if it holds nothing of a store.
    """
    try:
        with WorkingFolder("tunebook-recover-") as folder:
            copy = copied_to(source, folder)
            log = copy.with_name(f"{copy.name}-wal")
            content = with_log(copy.read_bytes(), log.read_bytes() if log.exists() else b"")
    except OSError as error:
        raise StoreError("The damaged store cannot be read", got=str(error)) from error
    studies = _sorted_out(rows_of(content))
    if not studies:
        raise NotAStoreError("Nothing of a store can be read here", got=str(source))
    for number, study in studies.items():
        here = lease_for_this_process(StudyId(number), time.time())
        if study.lease is not None and is_alive(study.lease, here):
            raise busy(study.lease, study.name or str(number), now=here.renewed_at)
    return [_kept(studies[number], target) for number in sorted(studies)]


def _sorted_out(rows: Iterable[Row]) -> dict[int, _Found]:
    """Return the rows of each study, told by the form that each table has."""
    found: defaultdict[int, _Found] = defaultdict(_Found)
    blobs, nothing = (bytes, bytes, bytes), type(None)
    for row in rows:
        values: Any = row.values
        try:
            if row.rowid is None and matches(values, int, int, float, str, int | None, str):
                study, seq, at, kind, trial, body = values
                if kind in KINDS:
                    found[study].events[seq] = decode(kind, float(at), trial, body)
            elif row.rowid is None and matches(values, int, int, int, int, float, str, *blobs):
                study, trial, seq, place, at, *rest = values
                made = MeasurementRow(seq, place, float(at), trial, *rest)
                found[study].running[seq, place] = made
            elif matches(values, int, int, int, float, int, str, *blobs):
                found[values[0]].measured[values[1], values[2]] = MeasurementRow(*values[1:])
            elif row.rowid is not None and matches(values, nothing, str, str, int, float, float):
                found[row.rowid].lease = Lease(StudyId(row.rowid), *values[1:])
            elif row.rowid is not None and matches(values, nothing, str, float, int):
                found[row.rowid].name = decode_name(values[1])
                found[row.rowid].last_seq = values[3]
        except (TunebookError, ValueError):
            continue
    # The studies that are listed are those that were not deleted.
    is_listed = any(study.name is not None for study in found.values())
    return {n: s for n, s in found.items() if (s.name is not None if is_listed else s.events)}


def _kept(found: _Found, target: Store) -> RecoveredStudy:
    log = sorted([*found.events.items(), *_reports(found)], key=itemgetter(0))
    events = [event for _, event in log]
    if not events or not isinstance(events[0], StudyCreated):
        return RecoveredStudy(None, n_unusable=len(events))
    sound, n_unusable = _sound(events[1:], events[0])
    names = [e.name for e in sound if isinstance(e, StudyRenamed)]
    name = found.name or (names[-1] if names else events[0].spec.name)
    taken = {entry.name for entry in target.list_studies()}
    while name in taken:
        name += "-recovered"
    first = StudyCreated(events[0].at, replace(events[0].spec, name=name))
    rest = [event for event in sound if not isinstance(event, StudyRenamed)]
    study, seq = target.create_study(first.spec, first.at), 1
    for start in range(0, len(rest), _BATCH):
        seq = target.append(study, rest[start : start + _BATCH], seq)
    facts = replay([first, *rest])
    return RecoveredStudy(
        name,
        n_trials=len(facts.trials),
        n_finished=facts.n_final.total() - facts.n_final[TrialState.CANCELLED],
        n_lost=sum(trial.source == "recovered" for trial in facts.trials),
        n_unmeasured=sum(t.state is TrialState.DONE and t.value is None for t in facts.trials),
        n_unusable=n_unusable,
        is_cut=log[-1][0] < found.last_seq,
    )


def _reports(found: _Found) -> Iterator[tuple[int, TrialReported]]:
    """Yield the measurements; those of a slice that ended are not taken from its parts again."""
    ended: defaultdict[int, int] = defaultdict(int)
    for seq, event in found.events.items():
        if type(event) in MERGES:
            trial: Any = event
            ended[trial.trial] = max(ended[trial.trial], seq)
    for row in found.measured.values():
        ended[row.trial] = max(ended[row.trial], row.seq)
    running = [row for row in found.running.values() if row.seq > ended[row.trial]]
    for rows in (found.measured.values(), running):
        ordered = sorted(rows, key=lambda row: (row.seq, row.place))
        for one in ordered:
            try:
                yield from reports_of([one])
            except ValueError:
                continue


def _sound(events: Sequence[Event], first: StudyCreated) -> tuple[list[Event], int]:
    """Return the events, with bridges over what is missing, and how many could not be used."""
    kept: list[Event] = []
    facts = replay([first])
    n_unusable = 0
    for event, next_created in zip(events, _next_created(events), strict=True):
        number = getattr(event, "trial", None)
        if number is not None and not 0 <= number < next_created:
            n_unusable += 1
            continue
        added = [*_bridges(facts, event), event]
        try:
            for one in added:
                apply(facts, one)
            kept += added
        except TunebookError:
            n_unusable += 1
            # What was applied of it may have left its marks.
            facts = replay([first, *kept])
    return kept, n_unusable


def _next_created(events: Sequence[Event]) -> Sequence[int]:
    """Return for each event the lowest number of a trial created after it.

    Trials are created in order, so an event cannot speak of that trial or a later one.
    """
    # No log has so many trials of which nothing was read: such a number is damage.
    lowest, found = 10 * len(events) + 1000, []
    for event in reversed(events):
        found.append(lowest)
        if isinstance(event, TrialCreated):
            lowest = min(lowest, event.trial)
    return found[::-1]


def _bridges(facts: Facts, event: Event) -> Iterator[Event]:
    """Yield what must have happened before an event and is not in the log."""
    number = getattr(event, "trial", None)
    if number is None:
        return
    for missing in range(len(facts.trials), number + (not isinstance(event, TrialCreated))):
        lost = TrialNumber(missing)
        yield TrialCreated(
            event.at, lost, Configuration({}), is_launched=False, source="recovered", why=LOST
        )
        yield TrialStopped(event.at, lost, TrialState.CANCELLED, LOST)
    if number >= len(facts.trials):
        return
    state = facts.trials[number].state
    is_report = isinstance(event, TrialReported) and state in _WAITING
    is_end = isinstance(event, _ENDS) and state is not TrialState.RUNNING and not state.is_final
    if is_report or is_end:
        yield TrialLaunched(event.at, number, None)
    elif isinstance(event, TrialLaunched) and state is TrialState.RUNNING:
        failure = Failure(FailureKind.KILLED, LOST)
        yield TrialLost(event.at, number, failure, is_driver_loss=True)
