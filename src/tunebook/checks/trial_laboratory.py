"""Carries experiments out on what can only be trained: with the engine's own workers, no look."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import final

from tunebook.checks.examination import NotPossible
from tunebook.checks.experiments import Experiment, Look, Train
from tunebook.checks.first_trial import Description
from tunebook.checks.readings import NotFinite, OutOfMemory, Raised, Reading, Trained
from tunebook.execution.dry_run import DryRun
from tunebook.execution.interrupts import polite_interrupts
from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.trial_setup import TrialSetup
from tunebook.files import WorkingFolder
from tunebook.records import Failure, FailureKind, Series
from tunebook.training import TrainingFunction

MAX_SECONDS = 60.0
"""A training takes no longer: then it is stopped at its next step."""

_N_LINES = 3


@final
@dataclass(frozen=True, slots=True)
class TrialLaboratory:
    """Trains a function or script in a process of its own. Nothing of it is kept."""

    name: str
    train: TrainingFunction
    described: Description
    seed: int = 0
    max_seconds: float = MAX_SECONDS

    def carry_out(self, experiment: Experiment) -> Reading:
        """Return the reading of an experiment; ``NotPossible`` for what needs a look inside."""
        match experiment:
            case Look(what="description"):
                return self.described
            case Train(one_batch=False, factor=1.0, without=(), watch=()):
                with WorkingFolder("tunebook-check-") as folder:
                    return self._trained(experiment, folder)
        raise NotPossible("only for what can be looked into")

    def _trained(self, asked: Train, folder: Path) -> Reading:
        setup = TrialSetup(self.name, self.described.objective, folder, self.seed + asked.seed)
        with (
            polite_interrupts(is_patient=False),
            closing(ProcessExecutor(self.train, setup, n_workers=1)) as executor,
        ):
            run = DryRun(executor)
            most, limit_s = self.described.max_steps, self.max_seconds
            measured = run.run(asked.config, most, limit_s=limit_s, n_steps=asked.updates)
        metric, sign, curves = setup.objective.metric, setup.objective.sign, run.curves
        curve = curves.get(metric, Series()).trained()
        values = tuple(sign * value for value in curve.values)
        bad = (s for s, v in zip(curve.steps, values, strict=True) if not math.isfinite(v))
        at = next(bad, None)
        if run.failure is not None and run.failure.kind is not FailureKind.DIVERGED:
            return _raised(run.failure)
        if run.failure is not None or at is not None:
            return NotFinite(at or len(values) + 1, values)
        metrics = {name: tuple(series.trained().values) for name, series in curves.items()}
        seconds = tuple(s for s in (measured.startup_s, measured.step_s) if s is not None)
        return Trained(values, run.is_cut, metrics=metrics, seconds=seconds)


def _raised(failure: Failure) -> Raised | OutOfMemory:
    lines = map(str.strip, (failure.traceback or failure.log_tail or "").splitlines())
    # Lines of carets point to a column of the line above, which is not shown in its place here.
    where = [line for line in lines if line.strip("^~ ") and line != failure.message]
    kind = OutOfMemory if failure.kind is FailureKind.OUT_OF_MEMORY else Raised
    return kind("A short training", failure.message, tuple(where[-_N_LINES:]))
