"""The guide's studies: trials of the task that report after intervals of updates."""

from __future__ import annotations

from typing import Any

from tunebook.analysis.trial_curves import judge_best
from tunebook.guide.functions import study_of
from tunebook.guide.session import Measured, Session
from tunebook.recipes.trials import TaskTraining
from tunebook.records import Configuration, Trial, TrialNumber, TrialState
from tunebook.space import Space
from tunebook.study import Study
from tunebook.study.tune import tune

N_INTERVALS = 20
"""So many evaluations a training has."""


def run_study(session: Session, label: str, space: Space, search: Any, **limits: Any) -> Study:
    """Run a study of the task to its end; one that was interrupted goes on.

    What the space does not vary has the incumbent's values. A limit in ``updates`` is one of steps.
    """
    updates = limits.pop("updates", None)
    if session.file is not None:
        return study_of(
            session.file,
            f"{session.name}/{label}",
            space,
            search,
            home=session.home,
            workers=session.workers,
            seed=session.seed,
            steps=updates,
            **limits,
        )
    per_step = updates_per_step(session)
    training = TaskTraining(session.task, per_step, session.config)
    objective = session.task.objective
    options: dict[str, Any] = {
        str(objective.direction): objective.metric,
        "reduce": "last",
        "max_steps": max(1, session.n_updates // per_step),
        "steps": None if updates is None else max(1, updates // per_step),
        "name": f"{session.name}/{label}",
        "search": search,
        "workers": session.workers,
        "seed": session.seed,
        "home": session.home,
        "progress": False,
        **limits,
    }
    study: Study = tune(training, space, **options)
    return study


def updates_per_step(session: Session) -> int:
    """Return the updates of a step of the guide's studies; a function's step counts as one."""
    return 1 if session.file is not None else max(1, session.n_updates // N_INTERVALS)


def trials_told(session: Session, study: Study) -> Measured:
    """Return the trials of a study as JSON, and the updates that they took."""
    trials = [
        {
            "config": dict(trial.config),
            "state": trial.state.value,
            "value": trial.value,
            "step": trial.step,
        }
        for trial in study.trials
    ]
    spent = sum(trial.step for trial in study.trials) * updates_per_step(session)
    return {"study": study.name, "trials": trials, "curves": _curves(study)}, spent


def _curves(study: Study) -> dict[str, bool | None]:
    """Return what the curves of the best three trials show (S4.24 to S4.26); None if too short."""
    seen = judge_best(study.trials, study.spec.objective)
    return {
        "has_overfitting": seen.has_overfitting,
        "is_noisy": seen.is_noisy,
        "is_improving": seen.is_improving,
    }


def trial_from(told: dict[str, Any], number: int) -> Trial:
    """Return a recorded trial as analyses take it."""
    return Trial(
        TrialNumber(number),
        TrialState(told["state"]),
        Configuration(told["config"]),
        0.0,
        ended_at=0.0,
        value=told["value"],
        step=told["step"],
        best_step=told["step"],
    )
