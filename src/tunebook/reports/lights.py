"""What is judged of a study: its findings, and the five answers before conclusions (S4.20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter

from tunebook.analysis.boundary import EdgeAdvice, boundary_test
from tunebook.analysis.infeasibility import judge_infeasibility
from tunebook.analysis.ranking import feasible
from tunebook.analysis.trial_curves import gap_of_best, judge_best
from tunebook.engine import Facts
from tunebook.playbook.checklist import ChecklistFacts, checklist
from tunebook.records import TrialState
from tunebook.records.measurement import thinned
from tunebook.reports.findings import findings_of
from tunebook.reports.messages import FindingMessage, SpentMessage
from tunebook.reports.verdicts import finding_message
from tunebook.space import Space

N_POINTS = 60
"""Points of a burn-down at most: a chart as wide as a column shows no more."""


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


def spent_over_time(facts: Facts) -> list[SpentMessage]:
    """Return the trials and steps that were used, from the first trial to the last that ended.

    A trial counts from its creation, its steps from its end. Cancelled ones do not count, nor do
    time and cost: a pause does not use them up, and only the log could tell of it.
    """
    told = [trial for trial in facts.trials if trial.state is not TrialState.CANCELLED]
    begun = [(trial.created_at, 1, 0) for trial in told]
    ended = [(t.ended_at, 0, t.steps_done) for t in told if t.ended_at is not None]
    in_order = sorted([*begun, *ended], key=itemgetter(0))
    sums = accumulate(in_order, lambda a, b: (b[0], a[1] + b[1], a[2] + b[2]))
    return [
        SpentMessage(at - facts.created_at, trials, steps)
        for at, trials, steps in thinned(list(sums), N_POINTS)
    ]
