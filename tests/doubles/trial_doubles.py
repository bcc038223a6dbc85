"""Doubles of what a trial's handle talks to, and handles on them."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

from tunebook.engine.commands import Launch
from tunebook.errors import CheckpointError
from tunebook.records import CheckpointRef, Curves, Objective, Series, TrialNumber, TrialState
from tunebook.testing.training import ManualClock, sample_launch
from tunebook.training import Answer, Assignment, Leave, TrialHandle


@final
@dataclass(slots=True)
class MemoryCheckpoints:
    """Keeps checkpoints in memory; ``torn`` are those that can no longer be loaded."""

    payloads: dict[CheckpointRef, Mapping[str, Any]] = field(default_factory=dict)
    torn: set[CheckpointRef] = field(default_factory=set)

    def save(self, trial: TrialNumber, step: int, payload: Mapping[str, object]) -> CheckpointRef:
        """Keep a copy."""
        ref = CheckpointRef(trial, step, f"{len(self.payloads):032x}", 1)
        self.payloads[ref] = copy.deepcopy(dict(payload))
        return ref

    def load(self, ref: CheckpointRef) -> dict[str, Any]:
        """Return a copy; ``CheckpointError`` for one that is torn or was never saved."""
        if ref in self.torn or ref not in self.payloads:
            raise CheckpointError(f"The checkpoint of step {ref.step} is torn", got=ref)
        return copy.deepcopy(dict(self.payloads[ref]))


@final
@dataclass(slots=True)
class RecordingChannel:
    """Writes down what a trial says, and answers the ends of its slices from a list.

    With no answer left the trial gives its worker up. ``halt_at`` asks it to end at a step.
    """

    answers: list[Answer] = field(default_factory=list)
    halt_at: dict[int, TrialState] = field(default_factory=dict)
    said: list[tuple[str, Any]] = field(default_factory=list)
    curves: dict[str, Series] = field(default_factory=dict)
    n_boundaries: int = 0

    def began(self, step: int) -> None:
        """Write down where training goes on from."""
        self.said.append(("began", step))
        self.n_boundaries = step

    def reported(self, curves: Curves) -> None:
        """Add the measurements to the curves."""
        for metric, series in curves.items():
            self.curves.setdefault(metric, Series()).extend(series)
        if curves:
            self.said.append(("reported", sorted(curves)))

    def reached(self, step: int, seconds: float, *, is_tracked: bool) -> Answer:
        """Write down the end of the slice and return the next answer."""
        self.said.append(("reached", (step, seconds, is_tracked)))
        return self.answers.pop(0) if self.answers else Leave(is_kept=True)

    def checkpointed(self, checkpoint: CheckpointRef) -> None:
        """Write down a checkpoint."""
        self.said.append(("checkpointed", checkpoint))

    def rejected(self, checkpoint: CheckpointRef, why: str) -> None:
        """Write down a checkpoint that could not be used."""
        self.said.append(("rejected", checkpoint))

    def halt(self) -> TrialState | None:
        """Count the step boundaries and return what ``halt_at`` has for this one."""
        self.n_boundaries += 1
        return self.halt_at.get(self.n_boundaries)

    def heard(self, word: str) -> list[Any]:
        """Return what was said under a word, in order."""
        return [what for said, what in self.said if said == word]


def sample_assignment(launch: Launch | None = None, **changes: Any) -> Assignment:
    """Return an assignment that maximises ``val_accuracy``."""
    assignment = Assignment(
        launch=launch or sample_launch(),
        objective=Objective.of(maximize="val_accuracy"),
        seed=7,
        directory=Path(tempfile.gettempdir()) / "tunebook-sample",
    )
    return replace(assignment, **changes)


def resumed_launch(refs: Sequence[CheckpointRef], **changes: Any) -> Launch:
    """Return a launch that goes on from checkpoints."""
    return sample_launch(**({"checkpoints": tuple(refs)} | changes))


def sample_handle(
    channel: RecordingChannel,
    *,
    launch: Launch | None = None,
    checkpoints: MemoryCheckpoints | None = None,
    clock: ManualClock | None = None,
    **changes: Any,
) -> TrialHandle:
    """Return a handle on doubles."""
    return TrialHandle(
        sample_assignment(launch, **changes),
        channel,
        checkpoints=checkpoints,
        clock=clock or ManualClock(),
    )
