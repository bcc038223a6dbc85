"""Messages about the parameters of a study: axes, isolation, edges, importance, trends."""

from __future__ import annotations

from dataclasses import asdict, replace

from tunebook.analysis.axis import Bucket, axis_points, isolation
from tunebook.analysis.boundary import EdgeFinding, boundary_test
from tunebook.analysis.expected_best import MIN_TRIALS, ExpectedBest, expected_best
from tunebook.analysis.importance import importance, refusal
from tunebook.analysis.ranking import deviation_of_repeats, error, feasible
from tunebook.analysis.trends import trends
from tunebook.analysis.trial_curves import gap_of_best
from tunebook.engine import Facts
from tunebook.playbook.hyperparameters import known
from tunebook.reports.messages import (
    BucketMessage,
    InteractionMessage,
    ParametersMessage,
    TrendMessage,
)
from tunebook.reports.verdicts import curve_tags
from tunebook.space import Space

MAX_TRIALS = 2000
"""Axis plots of a larger study show its latest trials; every figure is of all."""

_N_EXPECTED = 60


def parameters_message(facts: Facts, seq: int) -> ParametersMessage:
    """Return everything about the parameters of a study."""
    space, objective = Space.from_dict(facts.space), facts.known_spec.objective
    trials, recent = facts.trials, facts.trials[-MAX_TRIALS:]
    gap = gap_of_best(trials, objective)
    edges: dict[str, list[EdgeFinding]] = {}
    for found in boundary_test(trials, space, objective):
        edges.setdefault(found.parameter, []).append(found)
    return ParametersMessage(
        seq=seq,
        axes={n: axis_points(recent, space, objective, name=n) for n in space.dimensions},
        isolation={
            name: [_bucket(facts, b, gap) for b in isolation(trials, space, objective, name=name)]
            for name in space.dimensions
        },
        edges=edges,
        importance=importance(trials, space, objective),
        importance_refusal=refusal(trials),
        priors={n: str(h.sensitivity) for n in space.dimensions if (h := known(n)) is not None},
        interactions=_interactions(facts, space),
        trends=[
            TrendMessage(t.parameter, t.correlation, t.low, t.high, t.is_clear, t.effect)
            for t in trends(trials, space, objective)
        ],
        expected_best=_expected(facts),
        seed_noise=deviation_of_repeats(trials, objective),
    )


def _bucket(facts: Facts, bucket: Bucket, gap: float | None) -> BucketMessage:
    best, objective = bucket.best_trial, facts.known_spec.objective
    tags = [] if best is None else curve_tags(facts.trials[best], objective, gap)
    return BucketMessage(**asdict(bucket), is_thin=bucket.is_thin, best_tags=tags)


def _expected(facts: Facts) -> list[ExpectedBest]:
    objective = facts.known_spec.objective
    errors = [error(trial, objective) for trial in feasible(facts.trials)]
    if len(errors) < MIN_TRIALS:
        return []
    n, sign = len(errors), objective.sign
    ks = sorted({max(1, round(n * (i + 1) / _N_EXPECTED)) for i in range(_N_EXPECTED)} | {1})
    names = ("mean", "lower", "median", "upper")
    return [
        replace(found, **{name: sign * getattr(found, name) for name in names})
        for found in expected_best(errors, ks)
    ]


def _interactions(facts: Facts, space: Space) -> list[InteractionMessage]:
    try:
        from tunebook.analysis.interactions import interactions
    except ModuleNotFoundError:
        return []
    found = interactions(facts.trials, space, facts.known_spec.objective)
    return [InteractionMessage(i.first, i.second, i.share) for i in found]
