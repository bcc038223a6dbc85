"""What a handle talks to, from the thread that trains; ``reported`` may come from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from tunebook.records import CheckpointRef, Curves, TrialNumber, TrialState


@dataclass(frozen=True, slots=True)
class Proceed:
    """Go on training up to ``until_step`` (None: to the end)."""

    until_step: int | None


@dataclass(frozen=True, slots=True)
class Leave:
    """Give the worker up. ``is_kept``: the trial lives on, so save a checkpoint if you can."""

    is_kept: bool


Answer: TypeAlias = Proceed | Leave


class Channel(Protocol):
    """Carries what a trial has to say, and the answers."""

    def began(self, step: int) -> None:
        """Say that training goes on from ``step`` (0: the start). May be held back a moment."""

    def reported(self, curves: Curves) -> None:
        """Send measurements, which may be none, and whatever was held back before them."""

    def reached(self, step: int, seconds: float, *, is_tracked: bool) -> Answer:
        """Say that the slice is trained and wait for the answer. ``is_tracked``: can be resumed."""

    def checkpointed(self, checkpoint: CheckpointRef) -> None:
        """Say that a checkpoint is safely stored."""

    def rejected(self, checkpoint: CheckpointRef, why: str) -> None:
        """Say that a checkpoint was found torn or corrupt."""

    def halt(self) -> TrialState | None:
        """Return how the trial is to end its work early, or None. Cheap: asked at each step."""


class Checkpoints(Protocol):
    """Keeps the saved states of trials."""

    def save(self, trial: TrialNumber, step: int, payload: Mapping[str, object]) -> CheckpointRef:
        """Save named state trees, completely or not at all."""

    def load(self, ref: CheckpointRef) -> dict[str, Any]:
        """Return what was saved; ``CheckpointError`` when it is torn, corrupt or missing."""
