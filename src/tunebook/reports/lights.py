"""What is judged of a study: its findings, and the five answers before conclusions (S4.20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tunebook.analysis.boundary import EdgeAdvice, boundary_test
from tunebook.analysis.curve_verdicts import CurveVerdict, Overfitting, Progress, judge_curve
from tunebook.analysis.infeasibility import judge_infeasibility, n_in_good_region
from tunebook.analysis.ranking import N_TOP, error, feasible, ranked
from tunebook.engine import Facts
from tunebook.playbook.checklist import ChecklistFacts, checklist
from tunebook.reports.findings import finding_message, findings_of
from tunebook.reports.messages import FindingMessage
from tunebook.space import Space


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found after event ``seq``: it takes the whole study, so it is kept and reused."""

    seq: int
    findings: Sequence[FindingMessage] = ()
    lights: Sequence[FindingMessage] = ()


def judged(facts: Facts, seq: int) -> Judgement:
    """Return the findings of a study as it is after event ``seq``, and its lights."""
    space = Space.from_dict(facts.space)
    return Judgement(seq, findings_of(facts, space), lights_of(facts, space))


def lights_of(facts: Facts, space: Space) -> list[FindingMessage]:
    """Return the five answers; nothing about a study without a feasible trial."""
    if not feasible(facts.trials):
        return []
    return [finding_message(answer) for answer in checklist(_facts_of(facts, space))]


def _facts_of(facts: Facts, space: Space) -> ChecklistFacts:
    objective, trials = facts.known_spec.objective, facts.trials
    edges = boundary_test(trials, space, objective)
    curves = [
        trial.curves[objective.metric].values
        for trial in ranked(trials, objective)[:N_TOP]
        if objective.metric in trial.curves
    ]
    found = [judge_curve([objective.sign * value for value in values]) for values in curves]
    verdicts = [verdict for verdict in found if verdict is not None]
    return ChecklistFacts(
        at_edge=tuple(dict.fromkeys(e.parameter for e in edges if e.advice is EdgeAdvice.EXPAND)),
        near_edge=tuple(dict.fromkeys(e.parameter for e in edges if e.advice is EdgeAdvice.WARN)),
        n_good=_n_good(facts, verdicts),
        infeasible_share=judge_infeasibility(trials, space).share,
        is_unstable=True if any(e.advice is EdgeAdvice.STABILISE for e in edges) else None,
        has_overfitting=_any(verdicts, lambda v: v.overfitting is Overfitting.STRONG),
        is_noisy=_is_noisy(facts, verdicts),
        is_improving=_any(verdicts, lambda v: v.progress is Progress.IMPROVING),
    )


def _any(verdicts: list[CurveVerdict], holds: Callable[[CurveVerdict], bool]) -> bool | None:
    return any(map(holds, verdicts)) if verdicts else None


def _n_good(facts: Facts, verdicts: list[CurveVerdict]) -> int | None:
    """Return the trials in the good region, as wide as curves are noisy; None without curves.

    Seeds would tell the deviation of a trial better; a search has one of each configuration.
    """
    if not verdicts:
        return None
    noise = max(verdict.noise for verdict in verdicts)
    return n_in_good_region(facts.trials, facts.known_spec.objective, noise)


def _is_noisy(facts: Facts, verdicts: list[CurveVerdict]) -> bool | None:
    """Whether late noise exceeds half the distance from the best to the third best (S4.25)."""
    objective = facts.known_spec.objective
    best = ranked(facts.trials, objective)[:N_TOP]
    if len(best) < N_TOP or not verdicts:
        return None
    gap = error(best[-1], objective) - error(best[0], objective)
    return max(verdict.noise for verdict in verdicts) > 0.5 * gap
