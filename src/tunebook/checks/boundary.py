"""Do the best trials lie at an edge of the space? Then better ones may lie outside (S4.21)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.analysis.boundary import EdgeAdvice, EdgeFinding
from tunebook.checks.trial_figures import TrialFigures, trial_check
from tunebook.records.finding import Finding, Verdict


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield a finding for each edge, or that there is none."""
    if not figures.has_top:
        return
    yield from map(_edge, figures.edges)
    if not figures.edges:
        yield Finding(
            "edges",
            Verdict.PASS,
            "The best trials lie inside the space",
            value="None of the best three is in the outer tenth of a range",
            source="S4.21",
        )


def _edge(edge: EdgeFinding) -> Finding:
    side, name = "upper" if edge.is_high else "lower", edge.parameter
    match edge.advice:
        case EdgeAdvice.EXPAND:
            wider = "" if edge.proposed is None else f", to {edge.proposed:.3g}"
            advice = f"Widen {name} at its {side} end{wider}, and search again"
        case EdgeAdvice.STABILISE:
            advice = "Beyond it trials diverge: warm-up or clipping may help more than widening"
        case EdgeAdvice.WARN:
            advice = "This may be chance; see whether it persists with more trials"
    return Finding(
        f"edge:{name}:{side}",
        Verdict.NOTICE if edge.advice is EdgeAdvice.WARN else Verdict.PROBLEM,
        f"The best {name} lies at the edge of its range",
        value=f"{edge.n_top} of the best three trials are in its {side} tenth",
        causes=() if edge.advice is EdgeAdvice.WARN else (f"the range of {name} is too narrow",),
        advice=advice,
        source="S4.21",
    )


CHECK = trial_check(
    "boundary",
    judge,
    question="Do the best trials lie inside the ranges that were searched?",
    rules=("S4.21",),
)
