"""A search confirmed: its best configurations and its baseline, trained again on all data.

A score from a sample of the data, or the best of many, is never the final one (S0.10, S0.11, C9):
each is trained again from scratch, with other seeds than the one that won (S4.28).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunebook.analysis.ranking import error, feasible, ranked
from tunebook.errors import InputError
from tunebook.playbook.strategy import RERUN_TOP, RankAgreement, rank_agreement
from tunebook.presets.described import Address, open_recipe
from tunebook.records import Configuration, Trial, TrialState
from tunebook.study.study import Study
from tunebook.study.study_file import checked_file, file_of

BASELINE_SOURCE = "enqueued"

_KEPT = ("recipe", "data", "set", "space", "objective")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Values of the baseline and of the best configuration, one for each seed.

    ``ranking`` tells whether the order on the sample held on all data; None with fewer than three
    configurations. ``n_broken`` trainings have no value.
    """

    baseline: Sequence[float]
    best: Sequence[float]
    ranking: RankAgreement | None
    n_broken: int


def name_of_confirmation(study: str) -> str:
    """Return the name of the study that confirms another one."""
    return f"{study}-confirmed"


def baseline_of(study: Study) -> Trial | None:
    """Return the trial of the baseline: the first one, if it was asked for before the search."""
    trials = study.trials
    is_first = bool(trials) and trials[0].source == BASELINE_SOURCE
    return trials[0] if is_first or not study.space.dimensions else None


def open_confirmation(
    study: Study, *, n_seeds: int, home: Address = None, store: Address = None
) -> Study:
    """Return the study that trains baseline and best again; the best three after a sample."""
    if n_seeds < 1:
        raise InputError("A confirmation needs a seed", got=n_seeds, expected="1 or more")
    body = file_of(study.facts)
    sample = float(body.pop("sample", 1.0))
    configs = _to_confirm(study, 1 if sample == 1.0 else RERUN_TOP)
    wanted = configs * n_seeds
    form = {
        **{key: body[key] for key in _KEPT if key in body},
        "name": name_of_confirmation(study.name),
        "max_steps": study.spec.max_steps,
        "updates_per_step": max(1, round(body["updates_per_step"] / sample)),
        "search": "random",
        "budget": {
            "trials": len(wanted),
            "price_per_hour": study.facts.budget.price_per_hour,
        },
        # Other seeds than those of the search: its winner may have had a lucky one.
        "seed": study.spec.seed + 1,
        "notes": f"confirms {study.name}",
    }
    again, _ = open_recipe(checked_file(form), home=home, store=store, enqueued=wanted)
    # More seeds than at an earlier time: what is trained already stays.
    for config in wanted[len(again.trials) :] if again.trials else []:
        again.request("enqueue", {"config": config, "is_outside": True})
    return again


def confirmation_of(study: Study, again: Study) -> Confirmation:
    """Return what the confirmation of a search came to."""
    objective = study.spec.objective
    baseline = baseline_of(study)
    values: dict[Configuration, list[float]] = {}
    for trial in again.trials:
        values.setdefault(trial.config, [])
        if trial.state is TrialState.DONE and trial.value is not None:
            values[trial.config].append(trial.value)
    first = {t.config: error(t, objective) for t in ranked(study.trials, objective)[::-1]}
    both = [config for config in values if values[config] and config in first]
    ranking = None
    if len(both) >= RERUN_TOP:
        means = [objective.sign * sum(values[c]) / len(values[c]) for c in both]
        ranking = rank_agreement([first[c] for c in both], means)
    best = study.facts.best
    return Confirmation(
        values.get(baseline.config, []) if baseline is not None else [],
        values.get(best.config, []) if best is not None else [],
        ranking,
        sum(trial.state.is_final and trial.value is None for trial in again.trials),
    )


def _to_confirm(study: Study, n_best: int) -> list[Mapping[str, Any]]:
    """Return the baseline and the best configurations, each once."""
    if not feasible(study.trials):
        raise InputError(f"No trial of {study.name!r} has a value: there is nothing to confirm")
    baseline = baseline_of(study)
    first = [] if baseline is None else [baseline.config]
    best = dict.fromkeys(t.config for t in ranked(study.trials, study.spec.objective))
    return [dict(config) for config in dict.fromkeys([*first, *list(best)[:n_best]])]
