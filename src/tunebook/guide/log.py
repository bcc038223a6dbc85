"""A guide's log: what was measured, found and decided, in a file that only grows.

One line of JSON for each record, safely on disk before anything else happens. A line that was cut
short by a crash is dropped; everything before it stands. Folded, it is the state of the guide.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, final

from tunebook.checks.codec import decode
from tunebook.checks.experiments import Experiment
from tunebook.checks.readings import Reading
from tunebook.errors import StudyBusyError
from tunebook.records.finding import Finding, finding_of

Record = dict[str, Any]


@dataclass(slots=True)
class GuideState:
    """What a log says. ``facts`` are measured values by stage and key; ``spent`` are updates.

    ``decisions`` are values by name with their reasons, the last one of a name counts. ``stages``
    tells of each stage whether it ``began`` or is ``done``; ``waivers`` are gates passed all the
    same, with reasons. ``questions`` are the configuration and the length that a stage asked a
    check about, by both names; ``readings`` are what its experiments gave, by stage.
    """

    begun: Record | None = None
    stages: dict[int, str] = field(default_factory=dict)
    facts: dict[tuple[int, str], Any] = field(default_factory=dict)
    questions: dict[tuple[int, str], Record] = field(default_factory=dict)
    readings: dict[int, dict[Experiment, Reading]] = field(default_factory=dict)
    spent: dict[int, int] = field(default_factory=dict)
    findings: dict[int, list[Finding]] = field(default_factory=dict)
    decisions: list[Record] = field(default_factory=list)
    waivers: dict[str, str] = field(default_factory=dict)
    rounds: list[Record] = field(default_factory=list)
    launches: list[Record] = field(default_factory=list)
    test_looks: list[Record] = field(default_factory=list)

    @property
    def updates_spent(self) -> int:
        """Updates spent in all stages, those of repeated ones included."""
        return sum(self.spent.values())

    def decided(self, name: str, default: Any = None) -> Any:
        """Return the last decision of a name."""
        found = (d["value"] for d in reversed(self.decisions) if d["name"] == name)
        return next(found, default)

    def apply(self, record: Record) -> None:
        """Take a record in."""
        _FOLDS[record["kind"]](self, record)


def _stage(state: GuideState, record: Record) -> None:
    number = record["stage"]
    if record["state"] == "again":
        # What later stages found rests on this one.
        for later in [n for n in state.stages if n >= number]:
            del state.stages[later]
            state.findings.pop(later, None)
        state.readings = {n: found for n, found in state.readings.items() if n < number}
        for by_key in (state.facts, state.questions):
            for key in [key for key in by_key if key[0] >= number]:
                del by_key[key]
        for records in (state.decisions, state.rounds, state.launches):
            records[:] = [record for record in records if record["stage"] < number]
        return
    state.stages[number] = record["state"]


def _fact(state: GuideState, record: Record) -> None:
    state.facts[record["stage"], record["key"]] = record["value"]
    _pay(state, record)


def _reading(state: GuideState, record: Record) -> None:
    _pay(state, record)
    try:
        experiment, reading = decode(record["experiment"]), decode(record["reading"])
    except (KeyError, ValueError):
        # Another version wrote it: it is paid for, and is measured again.
        return
    state.readings.setdefault(record["stage"], {})[experiment] = reading


def _pay(state: GuideState, record: Record) -> None:
    stage = record["stage"]
    state.spent[stage] = state.spent.get(stage, 0) + record["updates"]


def _question(state: GuideState, record: Record) -> None:
    state.questions[record["stage"], record["check"]] = record


def _finding(state: GuideState, record: Record) -> None:
    state.findings.setdefault(record["stage"], []).append(finding_of(record["finding"]))


def _begun(state: GuideState, record: Record) -> None:
    state.begun = {**(state.begun or {}), **record}


_FOLDS: Mapping[str, Callable[[GuideState, Record], None]] = {
    "begun": _begun,
    "stage": _stage,
    "fact": _fact,
    "question": _question,
    "reading": _reading,
    "finding": _finding,
    "decision": lambda state, record: state.decisions.append(record),
    "waiver": lambda state, record: state.waivers.__setitem__(record["gate"], record["reason"]),
    "round": lambda state, record: state.rounds.append(record),
    "launch": lambda state, record: state.launches.append(record),
    "test look": lambda state, record: state.test_looks.append(record),
}


@final
class GuideLog:
    """The open log of one guide; nobody else can open it to write."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise StudyBusyError(
                f"The guide {folder.name!r} is being carried out by another process",
                do="Wait until it is through, or stop it first",
            ) from None
        self.state = GuideState()
        path = folder / "log.jsonl"
        whole = 0
        for line, end in records_of(path):
            self.state.apply(line)
            whole = end
        self._file: IO[bytes] = path.open("ab")
        # A line cut short by a crash must not run into the next one.
        self._file.truncate(whole)

    def write(self, kind: str, **values: Any) -> None:
        """Append a record, on disk when this returns, and take it into the state."""
        record = {"kind": kind, "at": time.time(), **values}
        line = json.dumps(record, default=_plain, allow_nan=True) + "\n"
        self._file.write(line.encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.state.apply(json.loads(line))

    def find(self, stage: int, finding: Finding) -> None:
        """Append a finding."""
        self.write("finding", stage=stage, finding=asdict(finding))

    def close(self) -> None:
        """Let go of the log; with its file the lock is gone."""
        self._file.close()
        self._lock.close()


def records_of(path: Path) -> list[tuple[Record, int]]:
    """Return the records that are whole, each with the place where it ends."""
    found, end = list[tuple[Record, int]](), 0
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
        end += len(line)
        try:
            record = json.loads(line)
        except ValueError:
            break
        if line.endswith(b"\n"):
            found.append((record, end))
    return found


def _plain(value: Any) -> Any:
    to_dict = getattr(value, "to_dict", None)
    if callable(to_dict):
        return to_dict()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a guide's log cannot hold {type(value).__name__}")
