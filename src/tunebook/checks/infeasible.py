"""How many trials raised, or could not be trained, and what they have in common (S4.27, S0.9)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.analysis.infeasibility import Level
from tunebook.checks.trial_figures import TrialFigures, trial_check
from tunebook.records import TrialState
from tunebook.records.finding import Finding, Verdict


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield what is wrong with trials that have no value."""
    n_failed = figures.counts.get(TrialState.FAILED, 0)
    if n_failed:
        yield Finding(
            "failures",
            Verdict.PROBLEM,
            f"{n_failed} trial{'s' * (n_failed > 1)} failed because their code raised",
            value=". ".join(figures.failures),
            causes=("a bug that raises in some configurations",),
            advice="Fix the code: such trials teach the search nothing",
            source="S0.9",
        )
    judged = figures.infeasibility
    advice = "Look at why they are infeasible: it may be a mistake in the code"
    if judged.cut is not None:
        cut = judged.cut
        limit = f"{cut.limit:.3g}" if isinstance(cut.limit, float) else cut.limit
        advice = (
            f"Leave out {cut.parameter} {'above' if cut.is_upper else 'below'} {limit}: that "
            f"removes {cut.n_infeasible} infeasible and {cut.n_feasible} feasible trials"
        )
    verdict, title = {
        Level.GREEN: (Verdict.PASS, "Few trials are infeasible"),
        Level.AMBER: (Verdict.NOTICE, "Many trials are infeasible"),
        Level.RED: (Verdict.PROBLEM, "Most trials are infeasible"),
    }[judged.level]
    yield Finding(
        "infeasible",
        verdict,
        title,
        value=f"{judged.share:.0%} of the trials that ended are infeasible",
        advice="" if judged.level is Level.GREEN else advice,
        source="S4.27",
    )


CHECK = trial_check(
    "infeasible",
    judge,
    question="Could the configurations that were tried be trained?",
    rules=("S4.27", "S0.9"),
)
