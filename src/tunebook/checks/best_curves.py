"""What the curves of the best trials say: their end, overfitting, noise, the good region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tunebook.analysis.curve_verdicts import MIN_POINTS, CurveVerdict
from tunebook.analysis.infeasibility import MIN_IN_GOOD_REGION
from tunebook.analysis.trial_curves import CurveTag
from tunebook.checks.trial_figures import TrialFigures, trial_check
from tunebook.records.finding import Finding, Verdict

_REGULARISE = "Add or retune regularisation before comparing"
_TOLD: Mapping[CurveTag, tuple[Verdict, str, str]] = {
    CurveTag.OVERFITS_STRONGLY: (Verdict.PROBLEM, "S4.24", _REGULARISE),
    CurveTag.OVERFITS: (Verdict.NOTICE, "S4.24", _REGULARISE),
    CurveTag.NOISY: (
        Verdict.NOTICE,
        "S4.25",
        "Lower the learning rate late, average weights, or validate on more data",
    ),
    CurveTag.IMPROVING: (
        Verdict.NOTICE,
        "S4.26",
        "Raise max_steps: the search may prefer what learns fast to what learns well",
    ),
    CurveTag.SATURATED: (
        Verdict.NOTICE,
        "S4.26",
        "Fewer steps would do for this configuration",
    ),
}


def curve_findings(
    tags: Sequence[CurveTag], verdict: CurveVerdict, gap: float | None
) -> list[Finding]:
    """Return the verdicts on one curve with their evidence (S4.24 to S4.26)."""
    found = []
    for tag in tags:
        level, source, advice = _TOLD[tag]
        value = _evidence(tag, verdict, gap)
        check = tag.name.lower()
        found.append(Finding(check, level, str(tag), value, advice=advice, source=source))
    return found


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


def judge_best_curve(figures: TrialFigures) -> Iterator[Finding]:
    """Yield the verdicts on the best trial's curve, and on the good region."""
    best, curves = figures.best, figures.curves
    if best is not None and best.verdict is not None:
        for finding in curve_findings(best.tags, best.verdict, figures.gap):
            yield replace(finding, title=f"The best trial, {best.number}: {finding.title}")
    if curves.n_good is not None and curves.noise is not None:
        is_thin = curves.n_good < MIN_IN_GOOD_REGION
        yield Finding(
            "good-region",
            Verdict.NOTICE if is_thin else Verdict.PASS,
            f"Trials in the good region: {curves.n_good}" + (", which is thin" if is_thin else ""),
            value=f"Within {2 * curves.noise:.2g} of the best: twice the noise of the best curves",
            advice="Sample the space around the best more densely" if is_thin else "",
            source="S4.27",
        )


def judge(figures: TrialFigures) -> Iterator[Finding]:
    """Yield the findings on the best curve, that it is sound, or that it is too short to tell."""
    best = figures.best
    if best is None:
        return
    yield from judge_best_curve(figures)
    if best.verdict is None:
        yield Finding(
            "curves",
            Verdict.UNKNOWN,
            "The best trial's curve is too short, or not finite, for a verdict",
            expected=f"{figures.objective.metric} at {MIN_POINTS} or more steps of a trial",
            advice=f"Report {figures.objective.metric} more often",
            source="S4.24",
        )
    elif not best.tags:
        title = f"The curve of the best trial, {best.number}, has settled and does not overfit"
        noise = f"noise late in the curve {best.verdict.noise:.2g}"
        yield Finding("curves", Verdict.PASS, title, noise, source="S4.24")
    yield _repeats(figures)


def _repeats(figures: TrialFigures) -> Finding:
    gap, deviation = figures.gap, figures.deviation
    if deviation is None:
        return Finding(
            "repeats",
            Verdict.UNKNOWN,
            "How far equal trainings differ is not known: no configuration was trained twice",
            advice="Train the best configuration again with other seeds",
            source="S4.45",
        )
    is_luck = gap is not None and gap < 2 * deviation
    return Finding(
        "repeats",
        Verdict.NOTICE if is_luck else Verdict.PASS,
        "Which of the best three trials is best may be luck"
        if is_luck
        else "Equal trainings differ little",
        value=f"deviation of repeated trainings {deviation:.2g}"
        + ("" if gap is None else f"; best and third-best trial differ by {gap:.2g}"),
        expected="a difference of 2 deviations or more between the best three",
        advice="Train the best ones again with other seeds" if is_luck else "",
        source="S4.45",
    )


CHECK = trial_check(
    "best-curves",
    judge,
    question="Had the best trials settled, without overfitting, and beyond chance?",
    rules=("S4.24", "S4.25", "S4.26", "S4.27", "S4.45"),
)
