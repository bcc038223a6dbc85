"""The five questions before conclusions are drawn from a study (S4.20)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.analysis.infeasibility import AMBER, MIN_IN_GOOD_REGION, RED
from tunebook.records.finding import Finding, Verdict


@dataclass(frozen=True, slots=True)
class ChecklistFacts:
    """What is known of a study when it is to be concluded; None where nobody looked.

    ``at_edge`` are parameters that the boundary test wants expanded, ``near_edge`` those it warns
    about. ``n_good`` are trials within 2 trial deviations of the best. ``has_overfitting``,
    ``is_noisy`` and ``is_improving`` are verdicts on the best trials' curves.
    """

    at_edge: tuple[str, ...] = ()
    near_edge: tuple[str, ...] = ()
    n_good: int | None = None
    infeasible_share: float | None = None
    is_unstable: bool | None = None
    has_overfitting: bool | None = None
    is_noisy: bool | None = None
    is_improving: bool | None = None


def checklist(facts: ChecklistFacts) -> list[Finding]:
    """Return the five answers, each as red, amber or green (S4.20)."""
    return [_space(facts), _points(facts), _infeasible(facts), _optimization(facts), _curves(facts)]


def _answer(check: str, verdict: Verdict, titles: tuple[str, str, str], advice: str) -> Finding:
    place = (Verdict.PASS, Verdict.NOTICE, Verdict.PROBLEM).index(verdict)
    bad = verdict is not Verdict.PASS
    return Finding(check, verdict, titles[place], advice=advice if bad else "", source="S4.20")


def _space(facts: ChecklistFacts) -> Finding:
    verdict = (
        Verdict.PROBLEM if facts.at_edge else Verdict.NOTICE if facts.near_edge else Verdict.PASS
    )
    named = ", ".join(facts.at_edge or facts.near_edge)
    titles = (
        "The space is wide enough.",
        f"The best trial lies near an edge of {named}.",
        f"The best trials lie at an edge of {named}.",
    )
    return _answer("wide-enough", verdict, titles, "Expand the range and run again.")


def _points(facts: ChecklistFacts) -> Finding:
    n = facts.n_good
    verdict = Verdict.NOTICE if n is None or n < MIN_IN_GOOD_REGION else Verdict.PASS
    seen = (
        "Nobody counted the trials in the good region."
        if n is None
        else f"Trials in the good region: {n}, which is thin."
    )
    titles = (f"Trials in the good region: {n}, which is enough.", seen, "")
    return _answer("enough-points", verdict, titles, "Sample the good region more densely.")


def _infeasible(facts: ChecklistFacts) -> Finding:
    share = facts.infeasible_share
    if share is None:
        verdict, shown = Verdict.NOTICE, "an unknown share"
    else:
        shown = f"{share:.0%}"
        verdict = (
            Verdict.PROBLEM if share > RED else Verdict.NOTICE if share > AMBER else Verdict.PASS
        )
    title = f"Of the trials, {shown} are infeasible."
    return _answer("infeasible-share", verdict, (title,) * 3, "Cut the space, or look for a bug.")


def _optimization(facts: ChecklistFacts) -> Finding:
    verdict = (
        Verdict.NOTICE
        if facts.is_unstable is None
        else Verdict.PROBLEM
        if facts.is_unstable
        else Verdict.PASS
    )
    titles = (
        "Training is stable.",
        "Nobody looked for instability.",
        "Training is unstable near the best rate.",
    )
    return _answer("optimization", verdict, titles, "Probe stability; then warm-up, then clipping.")


def _curves(facts: ChecklistFacts) -> Finding:
    looks = (facts.has_overfitting, facts.is_noisy, facts.is_improving)
    if facts.has_overfitting:
        verdict = Verdict.PROBLEM
    elif any(looks) or None in looks:
        verdict = Verdict.NOTICE
    else:
        verdict = Verdict.PASS
    said = [
        text
        for is_so, text in zip(
            looks, ("overfit", "are noisy at the end", "still improve"), strict=True
        )
        if is_so
    ]
    seen = f"Curves of the best trials {' and '.join(said)}." if said else "Nobody saw the curves."
    titles = ("The best trials' curves look well.", seen, seen)
    return _answer("curves", verdict, titles, "Look at the curves; regularize or train longer.")
