"""Plans of studies: how many trials for which values, at what density and cost."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tunebook.playbook.hyperparameters import known
from tunebook.records import Value
from tunebook.space import Choice, Float, Space


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """One study: its space without the scientific hyperparameter, which is held at ``held``."""

    name: str
    held: Mapping[str, Value]
    space: Space
    n_trials: int


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """The studies of a round with what they cost together, and points per decade."""

    studies: tuple[StudyPlan, ...]
    is_joint: bool
    n_trials: int
    n_steps: int
    density: Mapping[str, float]


def separate_studies(
    scientific: str,
    spaces: Mapping[Value, Space],
    *,
    trials_per_value: int,
    steps_per_trial: int,
) -> RoundPlan:
    """Return one study per scientific value, with equal trials, to compare their best (S4.17).

    Spaces may differ: the worked template for optimizers has its own nuisances for each (S4.19).
    """
    studies = tuple(
        StudyPlan(f"{scientific} = {value}", {scientific: value}, space, trials_per_value)
        for value, space in spaces.items()
    )
    n = trials_per_value * len(spaces)
    densities = [density(study.space, trials_per_value) for study in studies]
    least = {
        name: min(d[name] for d in densities if name in d)
        for name in dict.fromkeys(_all(densities))
    }
    return RoundPlan(studies, False, n, n * steps_per_trial, least)


def joint_study(
    scientific: str,
    values: Sequence[Value],
    nuisances: Space,
    *,
    trials_per_value: int,
    steps_per_trial: int,
) -> RoundPlan:
    """Return one study that samples the scientific values evenly; for many values (S4.17).

    All values need the same nuisances, and a quasi-random searcher.
    """
    space = Space({**nuisances.parameters, scientific: Choice(*values)})
    n = trials_per_value * len(values)
    study = StudyPlan(scientific, {}, space, n)
    per_value = density(nuisances, trials_per_value)
    return RoundPlan((study,), True, n, n * steps_per_trial, per_value)


def _all(densities: Sequence[Mapping[str, float]]) -> list[str]:
    return [name for one in densities for name in one]


def density(space: Space, n_trials: int) -> dict[str, float]:
    """Return the expected points per decade of each range with a log scale (S4.18)."""
    found: dict[str, float] = {}
    for name, parameter in space.parameters.items():
        if isinstance(parameter, Float) and parameter.log:
            low, high = parameter.low, parameter.high
            if parameter.log == "1-x":
                low, high = 1 - high, 1 - low
            found[name] = n_trials / math.log10(high / low)
    return found


def trials_affordable(budget_steps: int, *, steps_per_trial: int, n_values: int) -> int:
    """Return the trials per scientific value that a budget pays for (S4.18)."""
    return budget_steps // (steps_per_trial * max(1, n_values))


def fair_comparison_refusal(at_edge: Mapping[str, Sequence[str]]) -> str | None:
    """Return why the best of studies must not be compared, None if they may be (S4.19).

    ``at_edge`` names, for each study, the hyperparameters whose best value lies at an edge.
    """
    bad = {study: names for study, names in at_edge.items() if names}
    if not bad:
        return None
    where = "; ".join(f"{', '.join(names)} in {study}" for study, names in bad.items())
    return f"best at edge, comparison not fair: {where}"


def rate_caveat(names: Collection[str]) -> str | None:
    """Return why values of weight decay must not be compared in a study, None if they may (S3.7).

    ``names`` are the hyperparameters that it varies. With a fixed rate one decade too high, the
    best decay looks more than a decade smaller than it is.
    """
    varied = {found.name for name in names if (found := known(name)) is not None}
    if "weight_decay" in varied and "lr" not in varied:
        return "weight_decay was varied with a fixed learning rate"
    return None


def optimizer_verdict(bests: Mapping[str, float], at_edge: Mapping[str, Sequence[str]]) -> str:
    """Return the sentence on which optimizer had the lower best error (S1.14, S4.19).

    It cites the spaces: reported rankings of optimizers mostly reflect them.
    """
    refusal = fair_comparison_refusal(at_edge)
    if refusal is not None:
        return refusal
    first, *others = sorted(bests, key=lambda name: bests[name])
    return (
        f"{first} reached {bests[first]:.4g}, against "
        + ", ".join(f"{bests[name]:.4g} of {name}" for name in others)
        + ", within these search spaces and with equal trials; no best value is at an edge"
    )


@dataclass(frozen=True, slots=True)
class Exercise:
    """Distinct runs of a controlled comparison, and their cost in steps (S3.10)."""

    runs: tuple[Mapping[str, Value], ...]
    n_steps: int


def exercise(
    baseline: Mapping[str, Value],
    *,
    one_at_a_time: Mapping[str, Sequence[Value]],
    grid: Mapping[str, Sequence[Value]],
    steps_per_run: int,
) -> Exercise:
    """Return the baseline, runs that change one factor, and one grid, each run once (S3.10)."""
    runs = [dict(baseline)]
    runs += [{**baseline, name: v} for name, values in one_at_a_time.items() for v in values]
    if grid:
        runs += [
            {**baseline, **dict(zip(grid, cell, strict=True))} for cell in product(*grid.values())
        ]
    distinct = [run for i, run in enumerate(runs) if run not in runs[:i]]
    return Exercise(tuple(distinct), steps_per_run * len(distinct))
