"""Findings as cards, and the verdicts on a trial's curve: a word or two, the evidence, advice."""

from __future__ import annotations

from tunebook.analysis.trial_curves import tags_of, verdict_of
from tunebook.checks.best_curves import curve_findings
from tunebook.playbook.observers import observe
from tunebook.records import Objective, Trial, TrialState
from tunebook.records.finding import Finding
from tunebook.reports.messages import FindingMessage


def finding_message(finding: Finding) -> FindingMessage:
    """Return a finding of a probe or a checklist as a card: evidence is value against expected."""
    expected = f"expected {finding.expected}" if finding.expected else ""
    return FindingMessage(
        id=finding.check,
        level=finding.verdict.value,
        title=finding.title,
        evidence="; ".join(filter(None, (finding.value, expected))),
        advice=finding.advice,
        source=finding.source,
        causes=finding.causes,
        next_test=finding.next_test,
        items=finding.items,
    )


def curve_tags(trial: Trial, objective: Objective, gap: float | None) -> list[str]:
    """Return the verdicts on a trial's curve in a word or two each (S4.24 to S4.26)."""
    verdict = verdict_of(trial, objective)
    return [] if verdict is None else [*map(str, tags_of(trial, verdict, gap=gap))]


def verdict_messages(trial: Trial, objective: Objective, gap: float | None) -> list[FindingMessage]:
    """Return the verdicts on a trial's curve with their evidence; none for a short curve."""
    verdict = verdict_of(trial, objective)
    if verdict is None:
        return []
    found = curve_findings(tags_of(trial, verdict, gap=gap), verdict, gap)
    return [finding_message(one) for one in found]


def observer_sentences(trial: Trial, objective: Objective) -> list[str]:
    """Return what stopping early would have done; no trial is stopped by it (S0.32, C4)."""
    curve = trial.curves.get(objective.metric)
    if curve is None or trial.state is not TrialState.DONE:
        return []
    errors = [objective.sign * value for value in curve.values]
    told = []
    for one in observe(curve.steps, errors):
        missed = one.would_have_missed
        told_missed = f"{missed:.3g} of {objective.metric}" if missed > 0 else "nothing"
        told.append(
            f"Stopping early with {one.rule} would end it at step {one.stopped_at}, "
            f"save {one.steps_saved} steps and miss {told_missed}."
        )
    return told
