"""What the engine wants done. Frozen; an executor carries commands out, the driver the discards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tunebook.records import CheckpointRef, Configuration, TrialNumber, TrialState


@dataclass(frozen=True, slots=True)
class Launch:
    """Give the trial a worker and train it up to ``until_step``.

    ``checkpoints`` are to be tried from the last to the first; with none usable, training begins
    at step 0. ``seconds`` is the training time already spent. ``is_clone`` says that the
    checkpoints are those of another trial, whose weights this one inherits.
    """

    trial: TrialNumber
    config: Configuration
    until_step: int | None
    max_steps: int | None
    checkpoints: tuple[CheckpointRef, ...] = ()
    seconds: float = 0.0
    is_clone: bool = False


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
