"""What a study will take, from a short timing run (S0.8). An upper bound: trials may end early."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tunebook.records import Budget, DryRunMeasured, StudySpec, TaskKind


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the study takes if every trial trains to its end; None where nothing bounds it.

    ``trial_s`` is one full trial, ``total_s`` the whole study with its workers, ``cost`` its price.
    ``n_fitting`` trials fit into the limits of time and money.
    """

    trial_s: float
    total_s: float | None
    cost: float | None
    n_fitting: int | None
    warning: str | None = None


def forecast(
    budget: Budget,
    dry_run: DryRunMeasured,
    *,
    max_steps: int | None,
    n_slots: int,
    starts_each_trial: bool = False,
) -> Forecast | None:
    """Return the forecast for a study that begins; None if the dry run could not time a step.

    (trials / parallelism) x mean trial time (S0.8), and each worker's start once; a script begins
    anew with each trial, which ``starts_each_trial`` counts.
    """
    if dry_run.step_s is None:
        return None
    slots = max(1, n_slots)
    startup_s, per_trial_s = dry_run.startup_s, 0.0
    if starts_each_trial:
        startup_s, per_trial_s = 0.0, startup_s
    trial_s = dry_run.step_s * (max_steps or 1) + per_trial_s
    totals = []
    if budget.trials is not None:
        totals.append(math.ceil(budget.trials / slots) * trial_s)
    if budget.steps is not None:
        n_starts = math.ceil(budget.steps / (max_steps or 1))
        totals.append((budget.steps * dry_run.step_s + n_starts * per_trial_s) / slots)
    total_s = min(totals) + startup_s if totals else None
    price = budget.price_per_hour
    cost = None if price is None or total_s is None else total_s / 3600 * price
    deadline_s = budget.deadline_seconds
    n_fitting = None
    if deadline_s is not None and trial_s > 0:
        n_fitting = max(0, int((deadline_s - startup_s) / trial_s * slots))
    warning = None
    if total_s is not None and deadline_s is not None and total_s > deadline_s:
        warning = (
            f"the study may take {duration(total_s)}, and its limit is {duration(deadline_s)}: "
            f"about {n_fitting} full trials fit. Lower trials or max_steps, raise the limit, or "
            "use more workers"
        )
    return Forecast(trial_s, total_s, cost, n_fitting, warning)


def forecast_of(
    spec: StudySpec, budget: Budget, dry_run: DryRunMeasured | None, n_slots: int
) -> Forecast | None:
    """Return the forecast for a study as it is described; None without a dry run, too."""
    if dry_run is None:
        return None
    is_script = spec.task.kind is TaskKind.SCRIPT
    steps = spec.max_steps
    return forecast(budget, dry_run, max_steps=steps, n_slots=n_slots, starts_each_trial=is_script)


def duration(seconds: float) -> str:
    """Return a time as people say it: ``45 s``, ``12 min``, ``3.5 h``, ``2.1 days``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} days"
