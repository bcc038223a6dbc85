"""The present state of a study: what its log of events adds up to.

Every figure is held once; whatever can be computed from the trials is computed. The fold that
fills it is ``tunebook.engine.fold``.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from tunebook.errors import TunebookError
from tunebook.records import (
    Budget,
    CheckpointRef,
    DryRunMeasured,
    Event,
    JsonObject,
    StudySpec,
    StudyState,
    Trial,
    TrialNumber,
    TrialState,
)
from tunebook.stopping import Progress

_STORY_LENGTH = 400


@dataclass(slots=True)
class Attempt:
    """The work of one worker on one trial, from its launch to its release or end.

    ``step`` is where the attempt stands, ``granted`` the step up to which it may train.
    ``halting`` is the state it was asked to go to. ``is_held``: it came to the end of its slice
    and the worker still holds it.
    """

    step: int
    granted: int | None
    halting: TrialState | None = None
    is_held: bool = False

    @property
    def promised(self) -> int:
        """The steps granted and not yet trained."""
        return 0 if self.granted is None or self.is_held else max(0, self.granted - self.step)


@dataclass(frozen=True, slots=True)
class Record:
    """The best value that was known at the end of a slice, and whose it is."""

    trial: TrialNumber
    value: float


@dataclass(slots=True)
class Facts:
    """Everything known about a study after the events applied so far.

    ``alive`` are the trials that are not final, ``holders`` those that have checkpoints,
    ``final_holders`` the final ones of these. ``heirs`` are clones alive that have none of their
    own yet, each with those of its parent that it inherits.
    ``waiting`` are the trials that the engine itself must launch, in order: queued, lost and
    interrupted ones. ``set_aside`` are others that only a person may resume. ``best`` is the
    incumbent; ``n_ended_since_record`` trials ended since a slice brought a better value.
    """

    spec: StudySpec | None = None
    budget: Budget = field(default_factory=Budget)
    space: JsonObject = field(default_factory=dict)
    space_version: int = 1
    notes: str = ""
    created_at: float = 0.0
    state: StudyState = StudyState.RUNNING
    state_why: str = ""
    limit: str | None = None
    trials: list[Trial] = field(default_factory=list)
    attempts: dict[TrialNumber, Attempt] = field(default_factory=dict)
    alive: dict[TrialNumber, None] = field(default_factory=dict)
    holders: set[TrialNumber] = field(default_factory=set)
    final_holders: set[TrialNumber] = field(default_factory=set)
    heirs: dict[TrialNumber, tuple[CheckpointRef, ...]] = field(default_factory=dict)
    waiting: dict[TrialNumber, None] = field(default_factory=dict)
    set_aside: set[TrialNumber] = field(default_factory=set)
    best: Trial | None = None
    record: Record | None = None
    n_ended_since_record: int = 0
    n_succeeded: int = 0
    steps_done: int = 0
    n_final: Counter[TrialState] = field(default_factory=Counter)
    last_error: str | None = None
    n_slots: int = 0
    holder: str | None = None
    worked_s: float = 0.0
    driver_since: float | None = None
    last_at: float = 0.0
    last_request: int = 0
    dry_run: DryRunMeasured | None = None
    story: deque[Event] = field(default_factory=lambda: deque(maxlen=_STORY_LENGTH))

    @property
    def known_spec(self) -> StudySpec:
        """The study's description; an error before ``StudyCreated``."""
        if self.spec is None:
            raise TunebookError("The log does not begin with the creation of the study")
        return self.spec

    @property
    def n_since_improvement(self) -> int:
        """Trials that ended since the incumbent improved; 0 while a running one is better."""
        best, record = self.best, None if self.record is None else self.record.value
        is_better = best is not None and self.known_spec.objective.is_better(
            best.value or 0, record
        )
        return 0 if is_better else self.n_ended_since_record

    @property
    def n_running(self) -> int:
        """Trials that occupy a worker and train."""
        return sum(1 for attempt in self.attempts.values() if not attempt.is_held)

    @property
    def n_free_slots(self) -> int:
        """Workers that have no trial to train."""
        return max(0, self.n_slots - self.n_running)

    def to_halt(self) -> list[TrialNumber]:
        """Return the trials that train and were not asked to end yet."""
        return [n for n, a in self.attempts.items() if not a.is_held and a.halting is None]

    @property
    def held(self) -> Iterator[TrialNumber]:
        """Paused trials whose worker still holds them."""
        return (number for number, attempt in self.attempts.items() if attempt.is_held)

    def active_seconds(self, now: float) -> float:
        """Return how long drivers have been at work up to ``now``."""
        running = 0.0 if self.driver_since is None else max(0.0, now - self.driver_since)
        return self.worked_s + running

    def cost_of(self, seconds: float) -> float | None:
        """Return a trial's share of the price for its seconds, None without a price (S0.8)."""
        price = self.budget.price_per_hour
        return None if price is None else seconds / 3600 * price / max(1, self.n_slots)

    def progress(self, now: float) -> Progress:
        """Return where the study stands at ``now``."""
        n_cancelled = self.n_final[TrialState.CANCELLED]
        return Progress(
            budget=self.budget,
            objective=self.known_spec.objective,
            n_created=len(self.trials) - n_cancelled,
            n_running=self.n_running,
            n_finished=self.n_final.total() - n_cancelled,
            n_failed=self.n_final[TrialState.FAILED],
            n_succeeded=self.n_succeeded,
            steps_done=self.steps_done,
            steps_granted=self.steps_done + sum(a.promised for a in self.attempts.values()),
            active_s=self.active_seconds(now),
            best_value=None if self.best is None else self.best.value,
            best_trial=None if self.best is None else self.best.number,
            n_since_improvement=self.n_since_improvement,
            last_error=self.last_error,
        )

    def resume_step(self, trial: Trial) -> int:
        """Return the step from which a launch goes on: that of its last checkpoint, or 0."""
        checkpoints, _ = self.usable_checkpoints(trial)
        return checkpoints[-1].step if checkpoints else 0

    def usable_checkpoints(self, trial: Trial) -> tuple[tuple[CheckpointRef, ...], bool]:
        """Return what a launch may go on from, and whether that is its parent's."""
        inherited = self.heirs.get(trial.number)
        return (trial.checkpoints, False) if inherited is None else (inherited, bool(inherited))

    def grant(self, start: int, until_step: int | None) -> int | None:
        """Cut a slice that begins at ``start`` to the steps the budget has left (I7)."""
        limit, max_steps = self.budget.steps, self.known_spec.max_steps
        until = max_steps if until_step is None else until_step
        if until is not None and max_steps is not None:
            until = min(until, max_steps)
        if limit is None:
            return until
        promised = sum(attempt.promised for attempt in self.attempts.values())
        left = max(0, limit - self.steps_done - promised)
        return start + left if until is None else min(until, start + left)
