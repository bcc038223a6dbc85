"""A study in one JSON object: state, budget used and left, best trial, findings."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tunebook.errors import StudyFailedError
from tunebook.records import StudyState

if TYPE_CHECKING:
    from tunebook.study import Study


def summary_of(study: Study) -> dict[str, Any]:
    """Return what ``tunebook show --json`` prints.

    ``budget`` holds ``limits``, ``used`` and ``left``; hours are those of work, trials those that
    began. Only what is limited has something left.
    """
    from tunebook.reports.findings import findings_of

    facts, spec = study.facts, study.spec
    return {
        "name": spec.name,
        "state": str(study.state),
        "why": facts.state_why,
        "limit": facts.limit,
        "objective": asdict(spec.objective),
        "search": dict(spec.search),
        "max_steps": spec.max_steps,
        "workers": spec.workers,
        "seed": spec.seed,
        "budget": budget_of(study),
        "trials": Counter(str(trial.state) for trial in facts.trials),
        "best": best_of_study(study),
        "findings": findings_of(facts, study.space),
        "task": {"kind": str(spec.task.kind), "reference": spec.task.reference},
        "notes": facts.notes,
    }


def best_of_study(study: Study) -> dict[str, Any] | None:
    """Return the best trial under the names of ``tunebook best --json``, None if there is none."""
    from tunebook.study.results import best_row

    try:
        return best_row(study.best)
    except StudyFailedError:
        return None


def budget_of(study: Study) -> dict[str, dict[str, float]]:
    """Return the limits of a study, what is used of its means, and what is left of its limits."""
    from tunebook.stopping.limits import limit_uses

    facts = study.facts
    progress = facts.progress(moment_of(study))
    used: dict[str, float] = {
        "trials": progress.n_created,
        "steps": progress.steps_done,
        "hours": progress.active_s / 3600,
    }
    if progress.cost is not None:
        used["cost"] = progress.cost
    uses = limit_uses(progress)
    return {
        "limits": {k: v for k, v in asdict(facts.budget).items() if v is not None},
        "used": used | {use.name: use.used for use in uses},
        "left": {use.name: use.left for use in uses},
    }


def moment_of(study: Study) -> float:
    """Return now for a study that is being driven, else when it was put down or its driver died."""
    return time.time() if study.state is StudyState.RUNNING else study.facts.last_at
