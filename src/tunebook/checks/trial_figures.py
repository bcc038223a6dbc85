"""What the records of a study say, as the checks of finished studies read it.

Everything is computed by ``analysis``; the checks judge it. Errors are turned: lower is better.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tunebook.analysis.boundary import EdgeFinding, boundary_test
from tunebook.analysis.curve_verdicts import CurveTag, CurveVerdict
from tunebook.analysis.expected_best import MIN_TRIALS, expected_best
from tunebook.analysis.infeasibility import Infeasibility, common_to, judge_infeasibility
from tunebook.analysis.ranking import deviation_of_repeats, error, feasible, ranked
from tunebook.analysis.trial_curves import (
    BestCurves,
    gap_of_best,
    judge_best,
    tags_of,
    verdict_of,
)
from tunebook.engine import Facts
from tunebook.playbook.hyperparameters import known
from tunebook.records import Objective, Series, Trial, TrialState
from tunebook.space import Space
from tunebook.stopping.limits import limit_uses

_VALIDATION = r"^(val|valid|validation|eval|dev|test_val)(?=[_/. -])"
_SHARES = r"acc|accuracy|f1|auc|precision|recall|iou|dice|map|err|error"


@dataclass(frozen=True, slots=True)
class BestTrial:
    """The best trial. ``errors`` has its error on each split that reports the metric ``base``.

    They are of its best step: shares of wrong answers if ``is_rate``, else losses; empty where the
    training data's own figure is not reported. ``wanted`` is what that would be called.
    """

    number: int
    value: float
    step: int
    tags: tuple[CurveTag, ...]
    verdict: CurveVerdict | None
    errors: Mapping[str, float]
    is_rate: bool
    base: str
    wanted: str


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """What the records of a study say. What is not known is None.

    ``failures`` has what failed trials share, and the last error. ``expected`` are the errors
    expected of the best of half of the trials and of all, and the median error. ``deviation`` is
    that of repeated trainings. ``used`` says what of each limit, ``ended`` how it ended, empty if
    it was interrupted. ``varied`` are hyperparameters under the playbook's names.
    """

    objective: Objective
    n_failed: int
    n_feasible: int
    failures: str
    infeasibility: Infeasibility
    edges: tuple[EdgeFinding, ...]
    best: BestTrial | None
    curves: BestCurves
    gap: float | None
    deviation: float | None
    expected: tuple[float, float, float] | None
    used: str
    ended: str
    target: float | None
    varied: tuple[str, ...]
    data: str | None


def trial_figures(facts: Facts, space: Space) -> TrialFigures:
    """Return the figures of a study."""
    trials, objective = facts.trials, facts.known_spec.objective
    errors = sorted(error(trial, objective) for trial in feasible(trials))
    n = len(errors)
    expected = None
    if n >= MIN_TRIALS:
        half, whole = expected_best(errors, [n // 2, n])
        expected = half.mean, whole.mean, errors[n // 2]
    failed = [trial for trial in trials if trial.state is TrialState.FAILED]
    last = [f"Last one, trial {trial.number}: {trial.error}" for trial in failed[-1:]]
    uses = limit_uses(facts.progress(facts.last_at))
    used = [f"{use.name} {use.used:.3g} of {use.limit:.3g}" for use in uses]
    gap = gap_of_best(trials, objective)
    return TrialFigures(
        objective=objective,
        n_failed=len(failed),
        n_feasible=n,
        failures=". ".join([*common_to(failed, feasible(trials), space), *last]),
        infeasibility=judge_infeasibility(trials, space),
        edges=tuple(boundary_test(trials, space, objective)),
        best=_best(trials, objective, gap),
        curves=judge_best(trials, objective),
        gap=gap,
        deviation=deviation_of_repeats(trials, objective),
        expected=expected,
        used="; ".join([*used, f"{facts.n_since_improvement} trials since the last gain"]),
        ended=(facts.state_why or str(facts.state)) if facts.state.is_over else "",
        target=facts.budget.target,
        varied=tuple(f.name if (f := known(name)) else name for name in space.dimensions),
        data=facts.known_spec.task.options.get("conditions", {}).get("data"),
    )


def _best(trials: list[Trial], objective: Objective, gap: float | None) -> BestTrial | None:
    best = next(iter(ranked(trials, objective)), None)
    if best is None or best.value is None:
        return None
    verdict, step = verdict_of(best, objective), best.best_step or best.step
    tags = () if verdict is None else tuple(tags_of(best, verdict, gap=gap))
    base, errors, is_rate = "", dict[str, float](), False
    for metric in (objective.metric, *sorted(best.curves)):
        values = _by_split(metric, best.curves, step)
        is_loss = "loss" in metric.lower()
        is_share = metric == objective.metric and re.search(_SHARES, metric.lower()) is not None
        if values and is_loss and min(values.values()) >= 0:
            base, errors = metric, values
            break
        if values and is_share and not is_loss and all(0 <= v <= 1 for v in values.values()):
            rises = objective.sign < 0
            base, is_rate = metric, True
            errors = {split: 1 - v if rises else v for split, v in values.items()}
            break
    wanted = f"train{_tail(objective.metric)}"
    return BestTrial(best.number, best.value, step, tags, verdict, errors, is_rate, base, wanted)


def _tail(metric: str) -> str:
    """Return what follows the split in the name of a metric, such as ``_accuracy``."""
    plain = re.sub(_VALIDATION, "", metric)
    return plain if plain != metric else f"_{metric}"


def _by_split(metric: str, curves: Mapping[str, Series], step: int) -> dict[str, float]:
    """Return a validation metric and the same of other splits, at a step; nothing without train."""
    tail = _tail(metric)
    trained = (f"train{tail}", f"training{tail}", tail.lstrip("_/. -"))
    names = {"train": [name for name in trained if name != metric], "validation": [metric]}
    if not metric.startswith("test_val"):
        names["test-val"] = [f"test_val{tail}"]
    found = {}
    for split, possible in names.items():
        curve = next((curves[name] for name in possible if name in curves), Series())
        at = [v for s, v in zip(curve.steps, curve.values, strict=True) if s <= step]
        if at and at[-1] == at[-1]:
            found[split] = at[-1]
    return found if {"train", "validation"} <= found.keys() else {}
