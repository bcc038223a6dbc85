"""The guide's studies: trials of the task that report after intervals of updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def run_study(session: Session, label: str, space: Space, search: Any, **limits: Any) -> Measured:
    """Run a study of the task to its end and tell of its trials; one that was interrupted goes on.

    What the space does not vary has the incumbent's values. A limit in ``updates`` is one of steps.
    """
    updates = limits.pop("updates", None)
    if session.file is not None:
        study = study_of(
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
        return _told(study, 1)
    per_step = max(1, session.n_updates // N_INTERVALS)
    training = TaskTraining(session.task, per_step, session.config)
    objective = session.task.objective
    goal: dict[str, Any] = {str(objective.direction): objective.metric}
    study = tune(
        training,
        space,
        **goal,
        reduce="last",
        max_steps=max(1, session.n_updates // per_step),
        steps=None if updates is None else max(1, updates // per_step),
        name=f"{session.name}/{label}",
        search=search,
        workers=session.workers,
        seed=session.seed,
        home=session.home,
        progress=False,
        **limits,
    )
    return _told(study, per_step)


def _told(study: Study, updates_per_step: int) -> Measured:
    """Return trials as JSON, their updates, what the best three curves show (S4.24 to S4.26)."""
    trials = [
        {"config": dict(t.config), "state": t.state.value, "value": t.value, "step": t.step}
        for t in study.trials
    ]
    seen = judge_best(study.trials, study.spec.objective)
    names = ("has_overfitting", "is_noisy", "is_improving")
    curves = {name: getattr(seen, name) for name in names}
    spent = sum(trial.step for trial in study.trials) * updates_per_step
    return {"study": study.name, "trials": trials, "curves": curves}, spent


def trials_from(told: Sequence[Mapping[str, Any]], first: int = 0) -> list[Trial]:
    """Return recorded trials as analyses take them, numbered from ``first``."""
    return [
        Trial(
            TrialNumber(number),
            TrialState(one["state"]),
            Configuration(one["config"]),
            0.0,
            ended_at=0.0,
            value=one["value"],
            step=one["step"],
            best_step=one["step"],
        )
        for number, one in enumerate(told, first)
    ]
