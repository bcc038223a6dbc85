"""The states of trials and studies, and what can go wrong; ``engine.transitions`` joins them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tunebook.records.text import clean_fields


class TrialState(StrEnum):
    """Where a trial is. One field holds it; every set of trials is computed from it."""

    QUEUED = "queued"
    """Has a configuration, waits for a worker."""
    RUNNING = "running"
    """A worker trains it, or has been told to."""
    PAUSED = "paused"
    """Trained to the end of its slice; may be continued."""
    DONE = "done"
    """Trained to its end."""
    STOPPED = "stopped"
    """Ended early by the searcher, a limit or a person; its value counts."""
    INFEASIBLE = "infeasible"
    """Diverged, out of memory, over its time limit, killed again and again (I4): never a score."""
    FAILED = "failed"
    """The user's code raised."""
    CANCELLED = "cancelled"
    """Called off; its value does not count."""
    LOST = "lost"
    """Its worker vanished; will be retried from the last checkpoint."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to the trial."""
        return self in _FINAL

    @property
    def has_value(self) -> bool:
        """Whether a value measured so far may be ranked (I4: not of infeasible or failed ones)."""
        return self in _VALUED


_FINAL = frozenset(map(TrialState, ("done", "stopped", "infeasible", "failed", "cancelled")))
_VALUED = frozenset(map(TrialState, ("running", "paused", "done", "stopped", "lost")))


class StudyState(StrEnum):
    """Where a study is."""

    RUNNING = "running"
    PAUSED = "paused"
    """Interrupted or set aside; everything is kept and ``resume`` goes on."""
    DONE = "done"
    """Reached its target or ran all its trials."""
    STOPPED = "stopped"
    """A limit or a person ended it early; everything is kept (I7)."""
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether the study has ended. A larger budget opens it again."""
        return self in {StudyState.DONE, StudyState.STOPPED, StudyState.FAILED}


class FailureKind(StrEnum):
    """Why a trial ended without a value."""

    OUT_OF_MEMORY = "out of memory"
    DIVERGED = "diverged"
    TIME_LIMIT = "time limit"
    CONSTRAINT = "constraint"
    USER_ERROR = "user error"
    METRIC_MISSING = "metric missing"
    METRIC_UNCLEAR = "metric unclear"
    KILLED = "killed"
    LOST = "lost"
    NO_SPACE = "no space left"

    @property
    def end_state(self) -> TrialState:
        """The state in which such a failure leaves a trial, retries aside."""
        if self in {self.USER_ERROR, self.METRIC_MISSING, self.METRIC_UNCLEAR}:
            return TrialState.FAILED
        return TrialState.INFEASIBLE


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with a trial: one sentence, and the details a person needs to mend it."""

    kind: FailureKind
    message: str
    traceback: str | None = None
    log_tail: str | None = None

    def __post_init__(self) -> None:
        clean_fields(self, "message", "traceback", "log_tail")
