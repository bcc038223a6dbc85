"""Were the right space and enough of it searched: infeasible trials, edges, size, budget."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.analysis.axis import MIN_PER_BUCKET
from tunebook.analysis.boundary import EdgeAdvice, EdgeFinding
from tunebook.analysis.expected_best import MIN_TRIALS
from tunebook.analysis.infeasibility import Level
from tunebook.analysis.ranking import N_TOP
from tunebook.checks.check import Ability
from tunebook.checks.one_look import check_of
from tunebook.checks.trial_figures import TrialFigures
from tunebook.records.finding import Finding, Verdict

LEVELLED = 0.05
"""The second half of the trials brought less than this share of median minus best (our rule)."""

_LEVELS = {
    Level.GREEN: (Verdict.PASS, "Few trials are infeasible"),
    Level.AMBER: (Verdict.NOTICE, "Many trials are infeasible"),
    Level.RED: (Verdict.PROBLEM, "Most trials are infeasible"),
}
_EDGES = {
    EdgeAdvice.EXPAND: "Widen {name} at its {side} end{wider}, and search again",
    EdgeAdvice.STABILISE: "Beyond it trials diverge: warm-up or clipping may help more than "
    "widening",
    EdgeAdvice.WARN: "This may be chance; see whether it persists with more trials",
}


def judge_space(figures: TrialFigures) -> Iterator[Finding]:
    """Yield trials without a value, edges that the best trials lie at, and too few trials."""
    n, judged = figures.n_failed, figures.infeasibility
    if n:
        yield Finding(
            "failures",
            Verdict.PROBLEM,
            f"{n} trial{'s' * (n > 1)} failed because their code raised",
            value=figures.failures,
            causes=("a bug that raises in some configurations",),
            advice="Fix the code: such trials teach the search nothing",
            source="S0.9",
        )
    verdict, title = _LEVELS[judged.level]
    value, advice = f"{judged.share:.0%} of the trials that ended are infeasible", ""
    if verdict is not Verdict.PASS:
        advice = "Look at why they are infeasible: it may be a mistake in the code"
    if verdict is not Verdict.PASS and judged.cut is not None:
        n_bad, n_good = judged.cut.n_infeasible, judged.cut.n_feasible
        removed = f"that removes {n_bad} infeasible and {n_good} feasible trials"
        advice = f"Leave out {judged.cut.beyond}: {removed}"
    yield Finding("infeasible", verdict, title, value, advice=advice, source="S4.27")
    if figures.n_feasible >= N_TOP:
        yield from map(_edge, figures.edges)
        if not figures.edges:
            title = "The best trials lie inside the space"
            value = "None of the best three is in the outer tenth of a range"
            yield Finding("edges", Verdict.PASS, title, value, source="S4.21")
    n = figures.n_feasible
    if n < MIN_TRIALS:
        title = "Too few trials to say what matters"
        value = f"{n} feasible trials; importance and expected best need {MIN_TRIALS}"
        advice = f"Add trials; a bucket of fewer than {MIN_PER_BUCKET} says nothing either"
        yield Finding("size", Verdict.NOTICE, title, value, advice=advice, source="S4.45")


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
        advice=_EDGES[edge.advice].format(name=name, side=side, wider=wider),
        source="S4.21",
    )


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield what is to be said of the space, of more trials, and of the budget."""
    yield from judge_space(figures)
    if figures.expected is not None:
        half, whole, middle = figures.expected
        sign, metric, n = figures.objective.sign, figures.objective.metric, figures.n_feasible
        verdict, title = Verdict.NOTICE, "More trials are likely to find something better"
        advice = "Add trials, or search a smaller space around the best"
        if half - whole <= LEVELLED * (middle - whole):
            verdict, advice = Verdict.PASS, "Change the space or the model rather than add trials"
            title = "The search has levelled off: half of its trials found almost as much"
        best = f"of {n // 2} trials {sign * half:.4g}, of {n} trials {sign * whole:.4g}"
        value = f"expected best {metric} {best}"
        wanted = f"a gain of at most {LEVELLED:.0%} of the way from the median to the best"
        yield Finding("plateau", verdict, title, value, wanted, advice=advice, source="S4.45")
    verdict, title, advice = Verdict.PASS, f"The study has ended: {figures.ended}", ""
    if not figures.ended:
        verdict, title = Verdict.NOTICE, "The study was interrupted before its end"
        advice = "Go on with it: tunebook resume"
    yield Finding("budget", verdict, title, figures.used, advice=advice, source="S0.8")


CHECK = check_of(
    "search-extent",
    "Was the right space searched, and enough of it?",
    TrialFigures,
    judge,
    ability=Ability.HAS_TRIALS,
    rules=("S0.8", "S0.9", "S4.21", "S4.27", "S4.45"),
)
