"""What the records of a study say, as the checks of finished studies read it.

Everything is computed by ``analysis``; the checks judge it. Errors are turned: lower is better.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tunebook.analysis.boundary import EdgeFinding, boundary_test
from tunebook.analysis.curve_verdicts import CurveVerdict
from tunebook.analysis.expected_best import MIN_TRIALS, expected_best
from tunebook.analysis.infeasibility import Infeasibility, common_to, judge_infeasibility
from tunebook.analysis.ranking import N_TOP, error, feasible, ranked
from tunebook.analysis.repeats import deviation_of_repeats
from tunebook.analysis.trial_curves import (
    BestCurves,
    CurveTag,
    gap_of_best,
    judge_best,
    tags_of,
    verdict_of,
)
from tunebook.checks.check import Ability, Asked, Check, Conclusion, read
from tunebook.checks.experiments import Look
from tunebook.checks.readings import Readings
from tunebook.engine import Facts
from tunebook.playbook.hyperparameters import known
from tunebook.records import Configuration, Objective, Series, StudyState, Trial, TrialState
from tunebook.records.finding import Finding
from tunebook.space import Space
from tunebook.stopping.limits import limit_uses

TRIALS = "trials"
_VALIDATION = r"^(val|valid|validation|eval|dev|test_val)(?=[_/. -])"
_TRAINING = ("train{}", "training{}")
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
    that of repeated trainings. ``limits`` have the share of each that is used. ``ended`` tells how.
    ``varied`` are hyperparameters under the playbook's names.
    """

    objective: Objective
    counts: Mapping[str, int]
    n_feasible: int
    failures: tuple[str, ...]
    infeasibility: Infeasibility
    edges: tuple[EdgeFinding, ...]
    best: BestTrial | None
    curves: BestCurves
    gap: float | None
    deviation: float | None
    expected: tuple[float, float, float] | None
    n_since_best: int
    limits: Mapping[str, tuple[float, float]]
    state: StudyState
    ended: str
    target: float | None
    varied: tuple[str, ...]
    data: str | None

    @property
    def has_top(self) -> bool:
        """Whether there are enough trials for an answer about the best ones."""
        return self.n_feasible >= N_TOP


def trial_figures(facts: Facts, space: Space) -> TrialFigures:
    """Return the figures of a study."""
    trials, objective = facts.trials, facts.known_spec.objective
    errors = sorted(error(trial, objective) for trial in feasible(trials))
    n = len(errors)
    expected = None
    if n >= MIN_TRIALS:
        half, whole = expected_best(errors, [n // 2, n])
        expected = half.mean, whole.mean, errors[n // 2]
    names = (found.name if (found := known(name)) else name for name in space.dimensions)
    data = facts.known_spec.task.options.get("conditions", {}).get("data")
    return TrialFigures(
        objective=objective,
        counts=Counter(str(trial.state) for trial in trials),
        n_feasible=n,
        failures=tuple(_failures(trials, space)),
        infeasibility=judge_infeasibility(trials, space),
        edges=tuple(boundary_test(trials, space, objective)),
        best=_best(trials, objective),
        curves=judge_best(trials, objective),
        gap=gap_of_best(trials, objective),
        deviation=deviation_of_repeats(trials, objective),
        expected=expected,
        n_since_best=facts.n_since_improvement,
        limits={
            use.name: (use.used, use.limit) for use in limit_uses(facts.progress(facts.last_at))
        },
        state=facts.state,
        ended=facts.state_why,
        target=facts.budget.target,
        varied=tuple(names),
        data=None if data is None else str(data),
    )


def _failures(trials: list[Trial], space: Space) -> Iterator[str]:
    failed = [trial for trial in trials if trial.state is TrialState.FAILED]
    if failed:
        yield from common_to(failed, feasible(trials), space)
        yield f"Last one, trial {failed[-1].number}: {failed[-1].error}"


def _best(trials: list[Trial], objective: Objective) -> BestTrial | None:
    best = next(iter(ranked(trials, objective)), None)
    if best is None or best.value is None:
        return None
    verdict, step = verdict_of(best, objective), best.best_step or best.step
    gap = gap_of_best(trials, objective)
    tags = () if verdict is None else tuple(tags_of(best, verdict, gap=gap))
    base, is_rate, errors = "", False, dict[str, float]()
    wanted = _training_name(objective.metric)
    for metric in (objective.metric, *sorted(best.curves)):
        is_own = metric == objective.metric
        is_loss = "loss" in metric.lower()
        found = _by_split(metric, best.curves, step)
        is_share = bool(re.search(_SHARES, metric.lower())) and not is_loss
        is_usable = len(found) > 1 and all(0 <= v <= 1 for v in found.values())
        if is_own and is_share and is_usable:
            falls = objective.sign > 0
            errors = {split: v if falls else 1 - v for split, v in found.items()}
            base, is_rate = metric, True
            break
        if is_loss and len(found) > 1 and min(found.values()) >= 0:
            errors, base = found, metric
            break
    return BestTrial(best.number, best.value, step, tags, verdict, errors, is_rate, base, wanted)


def _training_name(metric: str) -> str:
    plain = re.sub(_VALIDATION, "", metric)
    return _TRAINING[0].format(plain if plain != metric else f"_{metric}")


def _by_split(metric: str, curves: Mapping[str, Series], step: int) -> dict[str, float]:
    """Return a validation metric and the same of other splits, at a step; nothing without train."""
    plain = re.sub(_VALIDATION, "", metric)
    tail = plain if plain != metric else f"_{metric}"
    names = {"train": [form.format(tail) for form in _TRAINING], "validation": [metric]}
    if plain != metric:
        names["train"].append(plain.lstrip("_/. -"))
    if not metric.startswith("test_val"):
        names["test-val"] = [f"test_val{tail}"]
    found = {}
    for split, possible in names.items():
        curve = next((curves[name] for name in possible if name in curves), None)
        at = (
            [v for s, v in zip(curve.steps, curve.values, strict=True) if s <= step]
            if curve
            else []
        )
        if at and at[-1] == at[-1]:
            found[split] = at[-1]
    return found if {"train", "validation"} <= found.keys() else {}


def trial_check(
    name: str,
    judge: Callable[[TrialFigures], Iterable[Finding]],
    *,
    question: str,
    rules: tuple[str, ...],
) -> Check:
    """Return a check that judges the records of a study."""

    def ask(config: Configuration, length: int, readings: Readings) -> Asked:
        look = Look(TRIALS, config)
        figures = read(readings, look, TrialFigures)
        return (look,) if figures is None else Conclusion(tuple(judge(figures)))

    return Check(name, question, rules, Ability.HAS_TRIALS, ask, reads=(TrialFigures,))
