"""Searches over one recipe side by side: what each cost, what it found, what may be said of it.

Nothing is ordered that was not measured under equal conditions (S0.24, I1), and each sentence says
on how many runs it stands (I5).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, stdev
from typing import Any

from tunebook.analysis.ranking import feasible
from tunebook.analysis.trends import MIN_TRIALS, trends
from tunebook.engine import Facts
from tunebook.playbook.adoption import Decision, adopt, compare_strategies
from tunebook.presets.confirming import Confirmation, baseline_of, confirmation_of
from tunebook.records import Objective, TaskKind, Trial, TrialState
from tunebook.reports.study_messages import NOT_ADAPTIVE, conditions_to_rank, fixed_values
from tunebook.search.lineage import lineage
from tunebook.space import Space
from tunebook.study.study import Study


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """A line of the table of S0.24 and S0.25. Values are of the validation set.

    ``n_steps`` are training steps over all trials, ``conditions`` those of I1. ``n_unusable``
    trials have no value: infeasible, failed or cancelled (I4). ``n_legs`` is more than one if the
    best trial continues others. ``config`` is the best trial's, fixed values included.
    """

    study: str
    strategy: str
    n_trials: int
    n_unusable: int
    n_steps: int
    seconds: float
    cost: float | None
    baseline: float | None
    best: float | None
    n_legs: int
    config: Mapping[str, Any]
    conditions: Mapping[str, Any]
    confirmation: Confirmation | None = None


def is_comparable_by_strategy(studies: Sequence[Study]) -> bool:
    """Whether all of them train recipes, so that there is such a table."""
    return all(study.spec.task.kind is TaskKind.RECIPE for study in studies)


def strategy_row(study: Study, again: Study | None, *, now: float) -> StrategyRow:
    """Return a study's line; ``again`` is the study that confirms it, if there is one."""
    facts = study.facts
    progress, best, first = facts.progress(now), facts.best, baseline_of(study)
    config = {**fixed_values(study.spec), **(best.config if best is not None else {})}
    is_search = bool(study.space.dimensions)
    return StrategyRow(
        study=study.name,
        strategy=str(study.spec.search["name"]) if is_search else "none",
        n_trials=len(facts.trials),
        n_unusable=sum(trial.state.is_final and trial.value is None for trial in facts.trials),
        n_steps=progress.steps_done,
        seconds=progress.active_s,
        cost=progress.cost,
        baseline=None if first is None else first.value,
        best=None if best is None else best.value,
        n_legs=1 if best is None else len(lineage(facts.trials, best.number)),
        config=config,
        conditions=conditions_to_rank(facts),
        confirmation=None if again is None else confirmation_of(study, again),
    )


def gain_sentence(row: StrategyRow, objective: Objective) -> str:
    """Return what a search gained over its baseline, as strongly as it is known (S0.10, I5)."""
    if row.strategy == "none":
        return f"{row.study} is one training: there is nothing to gain over"
    if row.baseline is None or row.best is None:
        return f"{row.study}: no baseline: gain unknown"
    sign, found = objective.sign, row.confirmation
    if found is not None and found.baseline and found.best:
        judged = adopt([sign * v for v in found.best], [sign * v for v in found.baseline])
        low, high = judged.interval
        how_sure = f" ({low:.4g} to {high:.4g})"
        if math.isinf(judged.margin):
            how_sure = " in one run, which may be chance"
        elif judged.decision is not Decision.LAUNCH:
            how_sure += ": not enough to claim a gain"
        return (
            f"{row.study}: trained again, {_n(found.best)} each: gain {judged.gain:.4g} over the "
            f"baseline{how_sure}"
        )
    gain = sign * (row.baseline - row.best)
    if gain <= 0:
        return f"{row.study}: no gain: nothing looked better than the baseline, in one run"
    continued = ", and it continues other trials, which the baseline does not" * (row.n_legs > 1)
    return (
        f"{row.study}: gain {gain:.4g} over the baseline on the same data and steps, in one run "
        f"and as the best of {row.n_trials}, so too high{continued}: confirm it"
    )


def verdicts(rows: Sequence[StrategyRow], objective: Objective) -> Iterator[str]:
    """Yield a sentence for each pair of neighbours in the table (S0.24, C8)."""
    searches = [row for row in rows if row.strategy != "none"]
    for a, b in pairwise(searches):
        errors, others = ([objective.sign * value for value in _values(row)] for row in (a, b))
        yield compare_strategies(f"the best of {a.study}", errors, f"the best of {b.study}", others)


def _values(row: StrategyRow) -> Sequence[float]:
    """Return the values of the best configuration trained again, none if it was not."""
    return [] if row.confirmation is None else row.confirmation.best


def confirmed_text(row: StrategyRow) -> str:
    """Return the confirmed value: mean and deviation over so many seeds."""
    values = _values(row)
    if not values:
        return "-"
    spread = f" ± {stdev(values):.2g}" if len(values) > 1 else ""
    return f"{fmean(values):.4f}{spread} ({_n(values)})"


def _n(values: Sequence[float]) -> str:
    return "1 seed" if len(values) == 1 else f"{len(values)} seeds"


def trend_sentences(facts: Facts) -> Iterator[str]:
    """Yield what the trials of a study say of each hyperparameter, or why they say nothing (S0.25).

    Only trials trained from scratch to the full length count: others are not comparable (I1).
    """
    spec, space = facts.known_spec, Space.from_dict(facts.space)
    whole = [trial for trial in facts.trials if _is_whole(trial, spec.max_steps)]
    found = trends(whole, space, spec.objective)
    if not found:
        n = len(feasible(whole))
        yield f"{spec.name}: {n} comparable trials; below {MIN_TRIALS} no trend is shown"
        return
    adaptive = str(spec.search.get("name")) not in NOT_ADAPTIVE
    warning = "; the search was adaptive, so its trials crowd where it looked" * adaptive
    for trend in found:
        yield (
            f"{spec.name}: {trend.parameter}: {trend.effect} (rank correlation with "
            f"{spec.objective.metric} {trend.correlation:.2f}, {trend.low:.2f} to "
            f"{trend.high:.2f}, {trend.n} trials; association in this study{warning})"
        )


def _is_whole(trial: Trial, max_steps: int | None) -> bool:
    is_whole = trial.state is TrialState.DONE and trial.step == (max_steps or trial.step)
    # What diverged says more of a configuration than how long it lasted (I4).
    return trial.parent is None and (is_whole or trial.state is TrialState.INFEASIBLE)
