"""What the curves of the best trials say: their end, overfitting, noise, the good region."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tunebook.analysis.curve_verdicts import MIN_POINTS, CurveTag, CurveVerdict
from tunebook.analysis.infeasibility import MIN_IN_GOOD_REGION
from tunebook.checks.check import Ability
from tunebook.checks.one_look import check_of
from tunebook.checks.trial_figures import TrialFigures
from tunebook.records.finding import Finding, Verdict

_OVERFITS = (
    "S4.24",
    "Its end is {rise:.1f} times its noise worse than its best stretch",
    "Add or retune regularisation before comparing",
)
_TAGS = {
    CurveTag.OVERFITS_STRONGLY: _OVERFITS,
    CurveTag.OVERFITS: _OVERFITS,
    CurveTag.NOISY: (
        "S4.25",
        "Late in the curve a value differs by {noise:.2g} by chance{gap}",
        "Lower the learning rate late, average weights, or validate on more data",
    ),
    CurveTag.IMPROVING: (
        "S4.26",
        "Over its last fifth it gained more than chance explains",
        "Raise max_steps: the search may prefer what learns fast to what learns well",
    ),
    CurveTag.SATURATED: (
        "S4.26",
        "It was as good as this after {share:.0%} of its curve",
        "Fewer steps would do for this configuration",
    ),
}
_NO_NOISE = "Its end is worse than its best stretch, and the curve has no noise"


def curve_findings(
    tags: Sequence[CurveTag], verdict: CurveVerdict, gap: float | None
) -> list[Finding]:
    """Return the verdicts on one curve with their evidence (S4.24 to S4.26)."""
    found = []
    for tag in tags:
        source, value, advice = _TAGS[tag]
        if source == "S4.24" and verdict.noise == 0.0:
            value = _NO_NOISE
        value = value.format(
            rise=verdict.rise,
            noise=verdict.noise,
            share=verdict.first_good_share,
            gap=_distance(gap),
        )
        level = Verdict.PROBLEM if tag is CurveTag.OVERFITS_STRONGLY else Verdict.NOTICE
        check = tag.name.lower()
        found.append(Finding(check, level, str(tag), value, advice=advice, source=source))
    return found


def _distance(gap: float | None) -> str:
    return "" if gap is None else f"; best and third-best trial differ by {gap:.2g}"


def judge_best_curve(figures: TrialFigures) -> Iterator[Finding]:
    """Yield the verdicts on the best trial's curve, and on the good region."""
    best, n, noise = figures.best, figures.curves.n_good, figures.curves.noise
    if best is not None and best.verdict is not None:
        for finding in curve_findings(best.tags, best.verdict, figures.gap):
            yield replace(finding, title=f"The best trial, {best.number}: {finding.title}")
    if n is not None and noise is not None:
        verdict, thin, advice = Verdict.PASS, "", ""
        if n < MIN_IN_GOOD_REGION:
            verdict, thin = Verdict.NOTICE, ", which is thin"
            advice = "Sample the space around the best more densely"
        title = f"Trials in the good region: {n}{thin}"
        value = f"Within {2 * noise:.2g} of the best: twice the noise of the best curves"
        yield Finding("good-region", verdict, title, value, advice=advice, source="S4.27")


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield the findings on the best curve, that it is sound, or that it is too short to tell."""
    best, metric = figures.best, figures.objective.metric
    if best is None:
        return
    yield from judge_best_curve(figures)
    if best.verdict is None:
        title = "The best trial's curve is too short, or not finite, for a verdict"
        wanted = f"{metric} at {MIN_POINTS} or more steps of a trial"
        advice = f"Report {metric} more often"
        yield Finding("curves", Verdict.UNKNOWN, title, "", wanted, advice=advice, source="S4.24")
    elif not best.tags:
        title = f"The curve of the best trial, {best.number}, has settled and does not overfit"
        noise = f"noise late in the curve {best.verdict.noise:.2g}"
        yield Finding("curves", Verdict.PASS, title, noise, source="S4.24")
    yield _repeats(figures.gap, figures.deviation)


def _repeats(gap: float | None, deviation: float | None) -> Finding:
    if deviation is None:
        title = "How far equal trainings differ is not known: no configuration was trained twice"
        advice = "Train the best configuration again with other seeds"
        return Finding("repeats", Verdict.UNKNOWN, title, advice=advice, source="S4.45")
    verdict, title, advice = Verdict.PASS, "Equal trainings differ little", ""
    if gap is not None and gap < 2 * deviation:
        verdict, title = Verdict.NOTICE, "Which of the best three trials is best may be luck"
        advice = "Train the best ones again with other seeds"
    value = f"deviation of repeated trainings {deviation:.2g}{_distance(gap)}"
    wanted = "a difference of 2 deviations or more between the best three"
    return Finding("repeats", verdict, title, value, wanted, advice=advice, source="S4.45")


CHECK = check_of(
    "best-curves",
    "Had the best trials settled, without overfitting, and beyond chance?",
    TrialFigures,
    judge,
    ability=Ability.HAS_TRIALS,
    rules=("S4.24", "S4.25", "S4.26", "S4.27", "S4.45"),
)
