"""Messages about the parameters of a study: axes, isolation, edges, importance, trends."""

from __future__ import annotations

from tunebook.analysis.axis import axis_points, isolation
from tunebook.analysis.boundary import boundary_test
from tunebook.analysis.expected_best import MIN_TRIALS, expected_best
from tunebook.analysis.importance import importance, refusal
from tunebook.analysis.ranking import error, feasible
from tunebook.analysis.trends import trends
from tunebook.engine import Facts
from tunebook.reports.messages import (
    AxisPointMessage,
    BucketMessage,
    EdgeMessage,
    ExpectedBestMessage,
    ImportanceMessage,
    InteractionMessage,
    ParametersMessage,
    TrendMessage,
)
from tunebook.space import Space

MAX_TRIALS = 2000
"""Axis plots of a larger study show its latest trials; every figure is of all."""

_N_EXPECTED = 60


def parameters_message(facts: Facts, seq: int) -> ParametersMessage:
    """Return everything about the parameters of a study."""
    space, objective = Space.from_dict(facts.space), facts.known_spec.objective
    trials, recent = facts.trials, facts.trials[-MAX_TRIALS:]
    edges: dict[str, list[EdgeMessage]] = {}
    for found in boundary_test(trials, space, objective):
        message = EdgeMessage(found.is_high, str(found.advice), found.proposed)
        edges.setdefault(found.parameter, []).append(message)
    return ParametersMessage(
        seq=seq,
        axes={
            name: [
                AxisPointMessage(p.trial, p.x, p.unit, p.value, p.is_top)
                for p in axis_points(recent, space, objective, name=name)
            ]
            for name in space.dimensions
        },
        isolation={
            name: [
                BucketMessage(
                    low=b.low,
                    high=b.high,
                    x=b.x,
                    n=b.n,
                    n_infeasible=b.n_infeasible,
                    best=b.best,
                    third=b.third,
                    expected=b.expected,
                    is_thin=b.is_thin,
                )
                for b in isolation(trials, space, objective, name=name)
            ]
            for name in space.dimensions
        },
        edges=edges,
        importance=[
            ImportanceMessage(i.parameter, i.share, i.low, i.high)
            for i in importance(trials, space, objective)
        ],
        importance_refusal=refusal(trials),
        interactions=_interactions(facts, space),
        trends=[
            TrendMessage(t.parameter, t.correlation, t.low, t.high, t.is_clear)
            for t in trends(trials, space, objective)
        ],
        expected_best=_expected(facts),
    )


def _expected(facts: Facts) -> list[ExpectedBestMessage]:
    objective = facts.known_spec.objective
    errors = [error(trial, objective) for trial in feasible(facts.trials)]
    if len(errors) < MIN_TRIALS:
        return []
    n, sign = len(errors), objective.sign
    ks = sorted({max(1, round(n * (i + 1) / _N_EXPECTED)) for i in range(_N_EXPECTED)} | {1})
    return [
        ExpectedBestMessage(
            found.k, sign * found.mean, sign * found.lower, sign * found.median, sign * found.upper
        )
        for found in expected_best(errors, ks)
    ]


def _interactions(facts: Facts, space: Space) -> list[InteractionMessage]:
    try:
        from tunebook.analysis.interactions import interactions
    except ModuleNotFoundError:
        return []
    found = interactions(facts.trials, space, facts.known_spec.objective)
    return [InteractionMessage(i.first, i.second, i.share) for i in found]
