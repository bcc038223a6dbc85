"""Everything that can happen to a study, as frozen events. The log of them is the truth.

Observations come from workers, people and the clock; decisions come from the engine. Both are
appended to the log before anything is done about them, so replaying the log rebuilds the state
without asking a searcher again. ``at`` is the time in seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from tunebook.records.budget import Budget
from tunebook.records.configuration import Configuration
from tunebook.records.measurement import Series
from tunebook.records.states import Failure, StudyState, TrialState
from tunebook.records.study import JsonObject, StudySpec
from tunebook.records.text import clean_fields
from tunebook.records.trial import CheckpointRef, TrialNumber


@dataclass(frozen=True, slots=True)
class _Fact:
    """Something that happened ``at`` a time; ``foreign`` names its fields of foreign text."""

    at: float
    foreign: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        clean_fields(self, *self.foreign)


@dataclass(frozen=True, slots=True)
class _TrialFact(_Fact):
    """Something that happened to a trial."""

    trial: TrialNumber


@dataclass(frozen=True, slots=True)
class StudyCreated(_Fact):
    """The study came into being; always the first event of its log."""

    spec: StudySpec


@dataclass(frozen=True, slots=True)
class StudyRenamed(_Fact):
    """The study has another name from here on."""

    name: str


@dataclass(frozen=True, slots=True)
class DriverStarted(_Fact):
    """A driver took the study up, with ``n_slots`` workers. Its time counts from here."""

    holder: str
    n_slots: int


@dataclass(frozen=True, slots=True)
class DriverStopped(_Fact):
    """The driver put the study down in an orderly way."""

    why: str
    foreign: ClassVar[tuple[str, ...]] = ("why",)


@dataclass(frozen=True, slots=True)
class DryRunMeasured(_Fact):
    """A timing run before the first trial (S0.8): no trial, no value, only what a trial costs."""

    startup_s: float
    step_s: float | None
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StudyStateChanged(_Fact):
    """The study moved to ``state``. ``limit`` names the limit of the budget that did it."""

    state: StudyState
    why: str
    limit: str | None = None
    foreign: ClassVar[tuple[str, ...]] = ("why",)


@dataclass(frozen=True, slots=True)
class BudgetChanged(_Fact):
    """The study has another budget from here on."""

    budget: Budget


@dataclass(frozen=True, slots=True)
class SpaceChanged(_Fact):
    """The space was widened or narrowed; old trials stay under their old version."""

    space: JsonObject
    version: int


@dataclass(frozen=True, slots=True)
class NotesChanged(_Fact):
    """Somebody rewrote the study's notes."""

    notes: str
    foreign: ClassVar[tuple[str, ...]] = ("notes",)


@dataclass(frozen=True, slots=True)
class RequestObeyed(_Fact):
    """The driver dealt with a request; ``answer`` says how."""

    request: int
    answer: str
    foreign: ClassVar[tuple[str, ...]] = ("answer",)


@dataclass(frozen=True, slots=True)
class TrialCreated(_TrialFact):
    """A trial has a configuration. ``until_step`` is None while it waits in the queue.

    With ``until_step`` it is launched at once. ``parent`` is the trial whose checkpoint it
    continues (S0.15). ``source`` is ``searcher``, ``enqueued`` or ``ask``.
    """

    config: Configuration
    until_step: int | None = None
    is_launched: bool = True
    parent: TrialNumber | None = None
    source: str = "searcher"
    why: str | None = None
    space_version: int = 1


@dataclass(frozen=True, slots=True)
class TrialLaunched(_TrialFact):
    """A queued, paused or lost trial was given a worker and a slice up to ``until_step``."""

    until_step: int | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class TrialBegan(_TrialFact):
    """A worker entered the training function; ``step`` is where it goes on from (0: the start)."""

    step: int
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class TrialReported(_TrialFact):
    """A batch of measurements of one trial, by metric."""

    series: Mapping[str, Series]
    foreign: ClassVar[tuple[str, ...]] = ("series",)


@dataclass(frozen=True, slots=True)
class TrialReached(_TrialFact):
    """The trial ended its slice after ``seconds`` of training; its worker still holds it."""

    step: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TrialReleased(_TrialFact):
    """A paused trial gave its worker up; it lives on in its checkpoint."""


@dataclass(frozen=True, slots=True)
class TrialCheckpointed(_TrialFact):
    """A checkpoint of the trial is safely stored."""

    checkpoint: CheckpointRef


@dataclass(frozen=True, slots=True)
class CheckpointRejected(_TrialFact):
    """A checkpoint was found torn or corrupt and must not be used again."""

    checkpoint: CheckpointRef
    why: str


@dataclass(frozen=True, slots=True)
class TrialHaltAsked(_TrialFact):
    """A running trial was asked to end its work; ``outcome`` is the state it will go to."""

    outcome: TrialState
    why: str


@dataclass(frozen=True, slots=True)
class TrialSetAside(_TrialFact):
    """A person set the trial aside (nothing resumes it), or took it up again."""

    is_set_aside: bool


@dataclass(frozen=True, slots=True)
class TrialEnded(_TrialFact):
    """The training function returned; ``notice`` is what a person should know of it."""

    step: int
    seconds: float
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class TrialStopped(_TrialFact):
    """A trial that no worker trains was ended: a paused, queued or lost one."""

    outcome: TrialState
    why: str


@dataclass(frozen=True, slots=True)
class TrialFailed(_TrialFact):
    """The trial broke: diverged, ran out of memory or time, or its code raised."""

    failure: Failure
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TrialLost(_TrialFact):
    """The trial's worker vanished. ``is_driver_loss``: the driver itself died, nobody's fault."""

    failure: Failure
    is_driver_loss: bool = False


StudyEvent: TypeAlias = (
    StudyCreated
    | DriverStarted
    | DriverStopped
    | DryRunMeasured
    | StudyStateChanged
    | BudgetChanged
    | SpaceChanged
    | NotesChanged
    | StudyRenamed
    | RequestObeyed
)
Event: TypeAlias = (
    StudyEvent
    | TrialCreated
    | TrialLaunched
    | TrialBegan
    | TrialReported
    | TrialReached
    | TrialReleased
    | TrialCheckpointed
    | CheckpointRejected
    | TrialHaltAsked
    | TrialSetAside
    | TrialEnded
    | TrialStopped
    | TrialFailed
    | TrialLost
)


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody's wish, which the driver obeys: one of ``REQUEST_KINDS`` with its arguments."""

    id: int
    at: float
    kind: str
    body: JsonObject = field(default_factory=dict)


REQUEST_KINDS = {
    "stop trial": "end one trial early and keep its value: {trial}",
    "pause trial": "set one trial aside with a checkpoint: {trial}",
    "resume trial": "let a paused trial go on: {trial}",
    "stop study": "end the study and keep every result: {}",
    "pause study": "checkpoint what runs and put the study down: {}",
    "add budget": "raise limits by the numbers given: {trials, steps, hours, cost}",
    "enqueue": "try this configuration next, perhaps one outside the space: {config, is_outside}",
    "edit notes": "replace the study's notes: {notes}",
}
