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
    infeasible_share: float = 0.0
    is_unstable: bool | None = None
    has_overfitting: bool | None = None
    is_noisy: bool | None = None
    is_improving: bool | None = None


def checklist(facts: ChecklistFacts) -> list[Finding]:
    """Return the five answers, each as red, amber or green (S4.20)."""
    return [_space(facts), _points(facts), _infeasible(facts), _optimization(facts), _curves(facts)]


def _answer(
    check: str, title: str, advice: str, *, is_red: bool = False, is_amber: bool = False
) -> Finding:
    if not (is_red or is_amber):
        return Finding(check, Verdict.PASS, title, source="S4.20")
    verdict = Verdict.PROBLEM if is_red else Verdict.NOTICE
    return Finding(check, verdict, title, advice=advice, source="S4.20")


def _space(facts: ChecklistFacts) -> Finding:
    red, amber = bool(facts.at_edge), bool(facts.near_edge)
    title = "The space is wide enough."
    if red:
        title = f"The best trials lie at an edge of {', '.join(facts.at_edge)}."
    elif amber:
        title = f"The best trial lies near an edge of {', '.join(facts.near_edge)}."
    advice = "Expand the range and run again."
    return _answer("wide-enough", title, advice, is_red=red, is_amber=amber)


def _points(facts: ChecklistFacts) -> Finding:
    n, advice = facts.n_good, "Sample the good region more densely."
    if n is None:
        title = "Nobody counted the trials in the good region."
        return _answer("enough-points", title, advice, is_amber=True)
    is_thin = n < MIN_IN_GOOD_REGION
    title = f"Trials in the good region: {n}, which is {'thin' if is_thin else 'enough'}."
    return _answer("enough-points", title, advice, is_amber=is_thin)


def _infeasible(facts: ChecklistFacts) -> Finding:
    share, advice = facts.infeasible_share, "Cut the space, or look for a bug."
    title = f"Of the trials, {share:.0%} are infeasible."
    red, amber = share > RED, share > AMBER
    return _answer("infeasible-share", title, advice, is_red=red, is_amber=amber)


def _optimization(facts: ChecklistFacts) -> Finding:
    title = {
        None: "Nobody looked for instability.",
        True: "Training is unstable near the best rate.",
        False: "Training is stable.",
    }[facts.is_unstable]
    advice, is_amber = "Probe stability; then warm-up, then clipping.", facts.is_unstable is None
    return _answer("optimization", title, advice, is_red=bool(facts.is_unstable), is_amber=is_amber)


def _curves(facts: ChecklistFacts) -> Finding:
    looks = {
        "overfit": facts.has_overfitting,
        "are noisy at the end": facts.is_noisy,
        "still improve": facts.is_improving,
    }
    said = [text for text, is_so in looks.items() if is_so]
    is_amber = bool(said) or None in looks.values()
    title = "Nobody saw the curves." if is_amber else "The best trials' curves look well."
    if said:
        title = f"Curves of the best trials {' and '.join(said)}."
    advice, is_red = "Look at the curves; regularize or train longer.", bool(facts.has_overfitting)
    return _answer("curves", title, advice, is_red=is_red, is_amber=is_amber)
