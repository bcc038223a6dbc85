"""A trial: one configuration and everything known about training with it. A frozen fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, NewType

from tunebook.records.configuration import Configuration
from tunebook.records.measurement import Series
from tunebook.records.states import Failure, TrialState

TrialNumber = NewType("TrialNumber", int)
"""Trials are numbered from 0 in the order in which they were created."""


@dataclass(frozen=True, slots=True)
class CheckpointRef:
    """A saved state of trial ``trial`` after ``step`` steps; ``digest`` is its content's hash."""

    trial: TrialNumber
    step: int
    digest: str
    n_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """The facts of one trial at one moment.

    ``value`` and ``best_step`` follow the study's objective and are None while there is no
    rankable measurement (I4). ``step`` is the last step measured, ``steps_done`` the steps trained
    in all, those repeated after a loss included. ``seconds`` is training time, ``cost`` its price.
    """

    number: TrialNumber
    state: TrialState
    config: Configuration
    created_at: float
    until_step: int | None = None
    step: int = 0
    steps_done: int = 0
    value: float | None = None
    best_step: int | None = None
    seconds: float = 0.0
    cost: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    parent: TrialNumber | None = None
    failure: Failure | None = None
    why: str | None = None
    source: str = "searcher"
    space_version: int = 1
    n_losses: int = 0
    checkpoints: tuple[CheckpointRef, ...] = ()
    curves: Mapping[str, Series] = field(default_factory=dict, compare=False, repr=False)

    @property
    def checkpoint(self) -> CheckpointRef | None:
        """The latest checkpoint that is kept, if any."""
        return self.checkpoints[-1] if self.checkpoints else None

    def changed(self, **changes: Any) -> Trial:
        """Return this trial with other values: ``dataclasses.replace`` in a third of its time.

        Every event of a log changes a trial, so the time to open a study is spent here.
        """
        values = list(_values_of(self))
        for name, value in changes.items():
            values[_PLACES[name]] = value
        return Trial(*values)

    @property
    def error(self) -> str | None:
        """What went wrong, in one line."""
        return None if self.failure is None else f"{self.failure.kind}: {self.failure.message}"


_NAMES = [field.name for field in fields(Trial)]
_PLACES = {name: place for place, name in enumerate(_NAMES)}
_values_of = attrgetter(*_NAMES)
