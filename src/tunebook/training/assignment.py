"""What a handle is to do, as a fact that can travel to another process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tunebook.engine.commands import Launch
from tunebook.records import Objective


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a handle is to do: the launch, and what its study and worker add to it.

    ``checkpoint_every_s`` and ``checkpoint_every_steps`` are explained at ``CheckpointPolicy``.
    ``sends_in_background``: a thread may send measurements while the user's code trains.
    ``saves_slices``: a checkpoint is saved before the end of a slice is told, so that another
    trial may inherit it at once (S0.15).
    """

    launch: Launch
    objective: Objective
    seed: int
    directory: Path
    device: str = "cpu"
    checkpoint_every_s: float = 30.0
    checkpoint_every_steps: int | None = None
    sends_in_background: bool = False
    saves_slices: bool = False
