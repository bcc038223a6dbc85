"""What is judged of a study: its findings, and the five answers before conclusions (S4.20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.analysis.boundary import EdgeAdvice, boundary_test
from tunebook.analysis.infeasibility import judge_infeasibility
from tunebook.analysis.ranking import feasible
from tunebook.analysis.trial_curves import gap_of_best, judge_best
from tunebook.engine import Facts
from tunebook.playbook.checklist import ChecklistFacts, checklist
from tunebook.reports.burn_down import spent_over_time
from tunebook.reports.findings import findings_of
from tunebook.reports.messages import FindingMessage, SpentMessage
from tunebook.reports.verdicts import finding_message
from tunebook.space import Space


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found after event ``seq``: it takes the whole study, so it is kept and reused.

    ``gap`` is the distance from the best to the third-best trial: curves are held against it.
    ``spent`` is how the budget was used over time.
    """

    seq: int
    findings: Sequence[FindingMessage] = ()
    lights: Sequence[FindingMessage] = ()
    gap: float | None = None
    spent: Sequence[SpentMessage] = ()


def judged(facts: Facts, seq: int) -> Judgement:
    """Return the findings of a study as it is after event ``seq``, and its lights."""
    space = Space.from_dict(facts.space)
    gap = gap_of_best(facts.trials, facts.known_spec.objective)
    return Judgement(
        seq, findings_of(facts, space), lights_of(facts, space), gap, spent_over_time(facts)
    )


def lights_of(facts: Facts, space: Space) -> list[FindingMessage]:
    """Return the five answers; nothing about a study without a feasible trial."""
    if not feasible(facts.trials):
        return []
    return [finding_message(answer) for answer in checklist(_facts_of(facts, space))]


def _facts_of(facts: Facts, space: Space) -> ChecklistFacts:
    objective, trials = facts.known_spec.objective, facts.trials
    edges = boundary_test(trials, space, objective)
    curves = judge_best(trials, objective)
    return ChecklistFacts(
        at_edge=tuple(dict.fromkeys(e.parameter for e in edges if e.advice is EdgeAdvice.EXPAND)),
        near_edge=tuple(dict.fromkeys(e.parameter for e in edges if e.advice is EdgeAdvice.WARN)),
        n_good=curves.n_good,
        infeasible_share=judge_infeasibility(trials, space).share,
        is_unstable=True if any(e.advice is EdgeAdvice.STABILISE for e in edges) else None,
        has_overfitting=curves.has_overfitting,
        is_noisy=curves.is_noisy,
        is_improving=curves.is_improving,
    )
