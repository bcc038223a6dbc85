"""What the engine wants done. Frozen; an executor carries commands out, the driver the discards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from tunebook.records import CheckpointRef, Configuration, TrialNumber, TrialState


@dataclass(frozen=True, slots=True)
class Launch:
    """Give the trial a worker and train it up to ``until_step``.

    ``checkpoints`` are to be tried from the last to the first; with none usable, training begins
    at step 0. ``seconds`` is the training time already spent. ``is_clone`` says that the
    checkpoints are those of another trial, whose weights this one inherits. ``max_new_steps`` ends
    the slice after so many steps from wherever training begins: no more are left (I7).
    """

    trial: TrialNumber
    config: Configuration
    until_step: int | None
    max_steps: int | None
    checkpoints: tuple[CheckpointRef, ...] = ()
    seconds: float = 0.0
    is_clone: bool = False
    max_new_steps: int | None = None

    def slice_end(self, start: int) -> float:
        """Return the step that ends a slice which begins after ``start``; infinite if none does."""
        until = math.inf if self.until_step is None else self.until_step
        return until if self.max_new_steps is None else min(until, start + self.max_new_steps)


@dataclass(frozen=True, slots=True)
class Continue:
    """Let the worker that holds the paused trial go on to ``until_step``."""

    trial: TrialNumber
    until_step: int | None


@dataclass(frozen=True, slots=True)
class Release:
    """Take the worker from a paused trial: checkpoint it if it can be, then free the slot."""

    trial: TrialNumber


@dataclass(frozen=True, slots=True)
class Halt:
    """Ask a running trial to end at its next step.

    ``PAUSED``: checkpoint and come to the end of the slice early, if it can. ``STOPPED``: end.
    ``CANCELLED``: end at once, nothing of it is wanted.
    """

    trial: TrialNumber
    outcome: TrialState


@dataclass(frozen=True, slots=True)
class Discard:
    """Nobody needs this checkpoint any more: delete it."""

    checkpoint: CheckpointRef


Command: TypeAlias = Launch | Continue | Release | Halt | Discard
