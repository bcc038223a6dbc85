"""The verdicts on a trial's curve as cards: a word or two, the evidence, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from tunebook.analysis.curve_verdicts import CurveVerdict
from tunebook.analysis.trial_curves import CurveTag, tags_of, verdict_of
from tunebook.playbook.observers import observe
from tunebook.records import Objective, Trial, TrialState
from tunebook.reports.messages import FindingMessage, Level

_Told: TypeAlias = tuple[Level, str, str]
_REGULARISE = "Add or retune regularisation before comparing"

_TOLD: Mapping[CurveTag, _Told] = {
    CurveTag.OVERFITS_STRONGLY: ("problem", "S4.24", _REGULARISE),
    CurveTag.OVERFITS: ("notice", "S4.24", _REGULARISE),
    CurveTag.NOISY: (
        "notice",
        "S4.25",
        "Lower the learning rate late, average weights, or validate on more data",
    ),
    CurveTag.IMPROVING: (
        "notice",
        "S4.26",
        "Raise max_steps: the search may prefer what learns fast to what learns well",
    ),
    CurveTag.SATURATED: ("notice", "S4.26", "Fewer steps would do for this configuration"),
}


def curve_tags(trial: Trial, objective: Objective, gap: float | None) -> list[str]:
    """Return the verdicts on a trial's curve in a word or two each (S4.24 to S4.26)."""
    verdict = verdict_of(trial, objective)
    return [] if verdict is None else [*map(str, tags_of(trial, verdict, gap=gap))]


def verdict_messages(trial: Trial, objective: Objective, gap: float | None) -> list[FindingMessage]:
    """Return the verdicts on a trial's curve with their evidence; none for a short curve."""
    verdict = verdict_of(trial, objective)
    if verdict is None:
        return []
    found = []
    for tag in tags_of(trial, verdict, gap=gap):
        level, source, advice = _TOLD[tag]
        evidence = _evidence(tag, verdict, gap)
        found.append(FindingMessage(tag.name.lower(), level, str(tag), evidence, advice, source))
    return found


def observer_sentences(trial: Trial, objective: Objective) -> list[str]:
    """Return what stopping early would have done; no trial is stopped by it (S0.32, C4)."""
    curve = trial.curves.get(objective.metric)
    if curve is None or trial.state is not TrialState.DONE:
        return []
    errors = [objective.sign * value for value in curve.values]
    told = []
    for one in observe(curve.steps, errors):
        if one.stopped_at is not None:
            missed = one.would_have_missed
            end = (
                f"and miss {missed:.3g} of {objective.metric}" if missed > 0 else "and miss nothing"
            )
            told.append(
                f"Stopping early with {one.rule} would end it at step {one.stopped_at}, "
                f"save {one.steps_saved} steps {end}."
            )
    return told


def _evidence(tag: CurveTag, verdict: CurveVerdict, gap: float | None) -> str:
    match tag:
        case CurveTag.OVERFITS | CurveTag.OVERFITS_STRONGLY:
            if verdict.noise == 0.0:
                return "Its end is worse than its best stretch, and the curve has no noise"
            return f"Its end is {verdict.rise:.1f} times its noise worse than its best stretch"
        case CurveTag.NOISY:
            distance = "" if gap is None else f"; best and third-best trial differ by {gap:.2g}"
            return f"Late in the curve a value differs by {verdict.noise:.2g} by chance{distance}"
        case CurveTag.IMPROVING:
            return "Over its last fifth it gained more than chance explains"
        case CurveTag.SATURATED:
            return f"It was as good as this after {verdict.first_good_share:.0%} of its curve"
