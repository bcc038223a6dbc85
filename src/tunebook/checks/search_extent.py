"""Was the search large enough: number of trials, what more would bring, the budget (S4.45)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.analysis.axis import MIN_PER_BUCKET
from tunebook.analysis.expected_best import MIN_TRIALS
from tunebook.checks.check import Ability
from tunebook.checks.one_look import check_of
from tunebook.checks.trial_figures import TrialFigures
from tunebook.records.finding import Finding, Verdict

LEVELLED = 0.05
"""The second half of the trials brought less than this share of median minus best (our rule)."""

_LEVEL = {
    True: (
        Verdict.PASS,
        "The search has levelled off: half of its trials would have found almost as much",
        "Change the space or the model rather than add trials",
    ),
    False: (
        Verdict.NOTICE,
        "More trials are likely to find something better",
        "Add trials, or search a smaller space around the best",
    ),
}


def judge_size(figures: TrialFigures) -> Iterator[Finding]:
    """Yield a notice of too few trials."""
    n = figures.n_feasible
    if n < MIN_TRIALS:
        title = "Too few trials to say what matters"
        value = f"{n} feasible trials; importance and expected best need {MIN_TRIALS}"
        advice = f"Add trials; a bucket of fewer than {MIN_PER_BUCKET} says nothing either"
        yield Finding("size", Verdict.NOTICE, title, value, advice=advice, source="S4.45")


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield what more trials would bring, and what is left of the budget."""
    yield from judge_size(figures)
    if figures.expected is not None:
        half, whole, middle = figures.expected
        sign, metric, n = figures.objective.sign, figures.objective.metric, figures.n_feasible
        verdict, title, advice = _LEVEL[half - whole <= LEVELLED * (middle - whole)]
        value = (
            f"expected best {metric} of {n // 2} trials {sign * half:.4g}, "
            f"of {n} trials {sign * whole:.4g}"
        )
        wanted = f"a gain of at most {LEVELLED:.0%} of the way from the median to the best"
        yield Finding("plateau", verdict, title, value, wanted, advice=advice, source="S4.45")
    verdict, title, advice = (
        (Verdict.PASS, f"The study has ended: {figures.ended}", "")
        if figures.ended
        else (
            Verdict.NOTICE,
            "The study was interrupted before its end",
            "Go on with it: tunebook resume",
        )
    )
    yield Finding("budget", verdict, title, figures.used, advice=advice, source="S0.8")


CHECK = check_of(
    "search-extent",
    "Was the search large enough?",
    TrialFigures,
    judge,
    ability=Ability.HAS_TRIALS,
    rules=("S4.45", "S0.8"),
)
