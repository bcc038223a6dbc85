"""How many trials raised, or could not be trained, and what they have in common (S4.27, S0.9)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.analysis.infeasibility import Level
from tunebook.checks.check import Ability
from tunebook.checks.one_look import check_of
from tunebook.checks.trial_figures import TrialFigures
from tunebook.records.finding import Finding, Verdict

_LEVELS = {
    Level.GREEN: (Verdict.PASS, "Few trials are infeasible"),
    Level.AMBER: (Verdict.NOTICE, "Many trials are infeasible"),
    Level.RED: (Verdict.PROBLEM, "Most trials are infeasible"),
}


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield what is wrong with trials that have no value."""
    n = figures.n_failed
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
    judged, cut = figures.infeasibility, figures.infeasibility.cut
    advice = "Look at why they are infeasible: it may be a mistake in the code"
    if cut is not None:
        advice = (
            f"Leave out {cut.beyond}: that removes {cut.n_infeasible} infeasible and "
            f"{cut.n_feasible} feasible trials"
        )
    verdict, title = _LEVELS[judged.level]
    value = f"{judged.share:.0%} of the trials that ended are infeasible"
    advice = "" if verdict is Verdict.PASS else advice
    yield Finding("infeasible", verdict, title, value, advice=advice, source="S4.27")


CHECK = check_of(
    "infeasible",
    "Could the configurations that were tried be trained?",
    TrialFigures,
    judge,
    ability=Ability.HAS_TRIALS,
    rules=("S4.27", "S0.9"),
)
