"""What a study's trials have in common: files and care. It travels to workers as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from tunebook.engine.commands import Launch
from tunebook.records import JsonObject, Objective, TrialNumber
from tunebook.storage.checkpoints import CheckpointStore, folder_name
from tunebook.storage.encoding import objective_of
from tunebook.training import Assignment, trial_seed

DRY_RUN = TrialNumber(-1)
"""The number of a timing run: no trial of the study, and nothing of it is kept (S0.8)."""


@dataclass(frozen=True, slots=True)
class TrialSetup:
    """The common ground of a study's trials.

    ``home`` holds ``logs/``, ``trials/`` and, unless ``checkpoints`` is another address that
    fsspec knows, ``checkpoints/``. A trial that trains longer than ``trial_timeout_s`` ends.
    ``saves_slices``: each slice ends with a checkpoint, for others may inherit its weights.
    """

    study: str
    objective: Objective
    home: Path
    seed: int = 0
    checkpoints: str | None = None
    checkpoint_every_s: float = 30.0
    checkpoint_every_steps: int | None = None
    trial_timeout_s: float | None = None
    saves_slices: bool = False

    def log_of(self, trial: TrialNumber) -> Path:
        """Return the file that takes what the trial prints, as it is printed (S1.2)."""
        return self.home / "logs" / folder_name(self.study) / f"{_name(trial)}.log"

    def directory_of(self, trial: TrialNumber) -> Path:
        """Return the trial's own folder."""
        return self.home / "trials" / folder_name(self.study) / _name(trial)

    def open_checkpoints(self) -> CheckpointStore:
        """Open the study's checkpoints."""
        return CheckpointStore.of_study(self.checkpoints or self.home / "checkpoints", self.study)

    def assignment(self, launch: Launch, device: str, *, in_background: bool) -> Assignment:
        """Return what the handle of a launched trial is to do."""
        return Assignment(
            launch=launch,
            objective=self.objective,
            seed=trial_seed(self.seed, launch.trial),
            directory=self.directory_of(launch.trial),
            device=device,
            checkpoint_every_s=self.checkpoint_every_s,
            checkpoint_every_steps=self.checkpoint_every_steps,
            sends_in_background=in_background,
            saves_slices=self.saves_slices,
        )

    def to_json(self) -> JsonObject:
        """Return the setup as a JSON object."""
        return asdict(self) | {"home": str(self.home)}

    @classmethod
    def from_json(cls, body: JsonObject) -> TrialSetup:
        """Return the setup that ``to_json`` wrote."""
        made = {"objective": objective_of(dict(body["objective"])), "home": Path(body["home"])}
        return cls(**{**body, **made})


def _name(trial: TrialNumber) -> str:
    return "dry-run" if trial == DRY_RUN else f"{trial:05d}"
