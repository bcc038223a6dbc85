"""Do the best trials lie at an edge of the space? Then better ones may lie outside (S4.21)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.analysis.boundary import EdgeAdvice, EdgeFinding
from tunebook.analysis.ranking import N_TOP
from tunebook.checks.check import Ability
from tunebook.checks.one_look import check_of
from tunebook.checks.trial_figures import TrialFigures
from tunebook.records.finding import Finding, Verdict

_ADVICE = {
    EdgeAdvice.EXPAND: "Widen {name} at its {side} end{wider}, and search again",
    EdgeAdvice.STABILISE: "Beyond it trials diverge: warm-up or clipping may help more than "
    "widening",
    EdgeAdvice.WARN: "This may be chance; see whether it persists with more trials",
}


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield a finding for each edge, or that there is none."""
    if figures.n_feasible < N_TOP:
        return
    yield from map(_edge, figures.edges)
    if not figures.edges:
        title = "The best trials lie inside the space"
        value = "None of the best three is in the outer tenth of a range"
        yield Finding("edges", Verdict.PASS, title, value, source="S4.21")


def _edge(edge: EdgeFinding) -> Finding:
    side, name = "upper" if edge.is_high else "lower", edge.parameter
    wider = "" if edge.proposed is None else f", to {edge.proposed:.3g}"
    is_chance = edge.advice is EdgeAdvice.WARN
    return Finding(
        f"edge:{name}:{side}",
        Verdict.NOTICE if is_chance else Verdict.PROBLEM,
        f"The best {name} lies at the edge of its range",
        value=f"{edge.n_top} of the best three trials are in its {side} tenth",
        causes=() if is_chance else (f"the range of {name} is too narrow",),
        advice=_ADVICE[edge.advice].format(name=name, side=side, wider=wider),
        source="S4.21",
    )


CHECK = check_of(
    "boundary",
    "Do the best trials lie inside the ranges that were searched?",
    TrialFigures,
    judge,
    ability=Ability.HAS_TRIALS,
    rules=("S4.21",),
)
