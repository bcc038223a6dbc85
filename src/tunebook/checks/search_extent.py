"""Was the search large enough: number of trials, what more would bring, the budget (S4.45)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.analysis.axis import MIN_PER_BUCKET
from tunebook.analysis.expected_best import MIN_TRIALS
from tunebook.checks.trial_figures import TrialFigures, trial_check
from tunebook.records.finding import Finding, Verdict

LEVELLED = 0.05
"""The second half of the trials brought less than this share of median minus best (our rule)."""


def judge_size(figures: TrialFigures) -> Iterator[Finding]:
    """Yield a notice of too few trials."""
    if figures.n_feasible < MIN_TRIALS:
        n = figures.n_feasible
        yield Finding(
            "size",
            Verdict.NOTICE,
            "Too few trials to say what matters",
            value=f"{n} feasible trials; importance and expected best need {MIN_TRIALS}",
            advice=f"Add trials; a bucket of fewer than {MIN_PER_BUCKET} says nothing either",
            source="S4.45",
        )


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield what more trials would bring, and what is left of the budget."""
    yield from judge_size(figures)
    if figures.expected is not None:
        half, whole, middle = figures.expected
        sign, metric = figures.objective.sign, figures.objective.metric
        has_levelled = half - whole <= LEVELLED * (middle - whole)
        yield Finding(
            "plateau",
            Verdict.PASS if has_levelled else Verdict.NOTICE,
            "The search has levelled off: half of its trials would have found almost as much"
            if has_levelled
            else "More trials are likely to find something better",
            value=f"expected best {metric} of {figures.n_feasible // 2} trials {sign * half:.4g}, "
            f"of {figures.n_feasible} trials {sign * whole:.4g}",
            expected=f"a gain of at most {LEVELLED:.0%} of the way from the median to the best",
            advice="Change the space or the model rather than add trials"
            if has_levelled
            else "Add trials, or search a smaller space around the best",
            source="S4.45",
        )
    used = [f"{name} {use:.3g} of {limit:.3g}" for name, (use, limit) in figures.limits.items()]
    is_over = figures.state.is_over
    yield Finding(
        "budget",
        Verdict.PASS if is_over else Verdict.NOTICE,
        f"The study has ended: {figures.ended or figures.state}"
        if is_over
        else "The study was interrupted before its end",
        value="; ".join([*used, f"{figures.n_since_best} trials since the last gain"]),
        advice="" if is_over else "Go on with it: tunebook resume",
        source="S0.8",
    )


CHECK = trial_check(
    "search-extent",
    judge,
    question="Was the search large enough?",
    rules=("S4.45", "S0.8"),
)
