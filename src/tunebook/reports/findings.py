"""The checklist before conclusions (S4.20): what a study's facts say is wrong or worth knowing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tunebook.analysis.axis import MIN_PER_BUCKET
from tunebook.analysis.boundary import EdgeAdvice, EdgeFinding, boundary_test
from tunebook.analysis.expected_best import MIN_TRIALS
from tunebook.analysis.infeasibility import (
    MIN_IN_GOOD_REGION,
    Level,
    common_to,
    judge_infeasibility,
)
from tunebook.analysis.ranking import N_TOP, feasible, ranked
from tunebook.analysis.trial_curves import gap_of_best, judge_best
from tunebook.engine import Facts
from tunebook.playbook.plans import rate_caveat
from tunebook.records import TrialState
from tunebook.records.finding import Finding
from tunebook.reports.messages import FindingMessage
from tunebook.reports.recipe_findings import findings_of_recipe
from tunebook.reports.verdicts import verdict_messages
from tunebook.space import Space


def findings_of(facts: Facts, space: Space) -> list[FindingMessage]:
    """Return the findings, problems first; nothing is said about a study without trials."""
    if not facts.trials:
        return []
    found = [
        *_failures(facts, space),
        *_infeasible(facts, space),
        *_edges(facts, space),
        *_curves(facts),
        *_good_region(facts),
        *_size(facts),
        *_rate(space),
        *findings_of_recipe(facts),
    ]
    order = {"problem": 0, "notice": 1, "pass": 2}
    return sorted(found, key=lambda finding: order[finding.level])


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


def _failures(facts: Facts, space: Space) -> Iterator[FindingMessage]:
    failed = [trial for trial in facts.trials if trial.state is TrialState.FAILED]
    if failed:
        last = f"Last one, trial {failed[-1].number}: {failed[-1].error}"
        n = f"{len(failed)} trials" if len(failed) > 1 else "1 trial"
        yield FindingMessage(
            id="failures",
            level="problem",
            title=f"{n} failed because their code raised",
            evidence=". ".join([*common_to(failed, feasible(facts.trials), space), last]),
            advice="Fix the code: such trials teach the search nothing",
            source="S0.9",
        )


def _infeasible(facts: Facts, space: Space) -> Iterator[FindingMessage]:
    judged = judge_infeasibility(facts.trials, space)
    share = f"{judged.share:.0%} of the trials that ended are infeasible"
    if judged.level is Level.GREEN:
        yield FindingMessage("infeasible", "pass", "Few trials are infeasible", share, "", "S4.27")
        return
    advice = "Look at why they are infeasible: it may be a mistake in the code"
    if judged.cut is not None:
        cut = judged.cut
        side = "above" if cut.is_upper else "below"
        advice = (
            f"Leave out {cut.parameter} {side} {_short(cut.limit)}: that removes "
            f"{cut.n_infeasible} infeasible and {cut.n_feasible} feasible trials"
        )
    level = "problem" if judged.level is Level.RED else "notice"
    title = "Most trials are infeasible" if level == "problem" else "Many trials are infeasible"
    yield FindingMessage("infeasible", level, title, share, advice, "S4.27")  # type: ignore[arg-type]  # a Level, by the line above


def _edges(facts: Facts, space: Space) -> Iterator[FindingMessage]:
    if len(feasible(facts.trials)) < N_TOP:
        return
    found = boundary_test(facts.trials, space, facts.known_spec.objective)
    for edge in found:
        yield _edge(edge)
    if not found:
        yield FindingMessage(
            id="edges",
            level="pass",
            title="The best trials lie inside the space",
            evidence="None of the best three is in the outer tenth of a range",
            advice="",
            source="S4.21",
        )


def _edge(edge: EdgeFinding) -> FindingMessage:
    side = "upper" if edge.is_high else "lower"
    name = edge.parameter
    where = f"{edge.n_top} of the best three trials are in its {side} tenth"
    match edge.advice:
        case EdgeAdvice.EXPAND:
            wider = "" if edge.proposed is None else f", to {_short(edge.proposed)}"
            advice = f"Widen {name} at its {side} end{wider}, and search again"
        case EdgeAdvice.STABILISE:
            advice = "Beyond it trials diverge: warm-up or clipping may help more than widening"
        case EdgeAdvice.WARN:
            advice = "This may be chance; see whether it persists with more trials"
    return FindingMessage(
        id=f"edge:{name}:{side}",
        level="notice" if edge.advice is EdgeAdvice.WARN else "problem",
        title=f"The best {name} lies at the edge of its range",
        evidence=where,
        advice=advice,
        source="S4.21",
    )


def _curves(facts: Facts) -> Iterator[FindingMessage]:
    objective = facts.known_spec.objective
    best = ranked(facts.trials, objective)[:1]
    if not best:
        return
    number, gap = best[0].number, gap_of_best(facts.trials, objective)
    for verdict in verdict_messages(best[0], objective, gap):
        yield replace(verdict, title=f"The best trial, {number}: {verdict.title}")


def _good_region(facts: Facts) -> Iterator[FindingMessage]:
    curves = judge_best(facts.trials, facts.known_spec.objective)
    if curves.n_good is None or curves.noise is None:
        return
    is_thin = curves.n_good < MIN_IN_GOOD_REGION
    yield FindingMessage(
        id="good-region",
        level="notice" if is_thin else "pass",
        title=f"Trials in the good region: {curves.n_good}"
        + (", which is thin" if is_thin else ""),
        evidence=f"Within {2 * curves.noise:.2g} of the best: twice the noise of the best curves",
        advice="Sample the space around the best more densely" if is_thin else "",
        source="S4.27",
    )


def _rate(space: Space) -> Iterator[FindingMessage]:
    caveat = rate_caveat(space.dimensions)
    if caveat is not None:
        yield FindingMessage(
            id="fixed-rate",
            level="notice",
            title=caveat[:1].upper() + caveat[1:],
            evidence="Each value of the decay has a best rate of its own",
            advice="Vary both over some decades, and read the isolation plot of weight_decay",
            source="S3.7",
        )


def _size(facts: Facts) -> Iterator[FindingMessage]:
    n = len(feasible(facts.trials))
    if n < MIN_TRIALS:
        yield FindingMessage(
            id="size",
            level="notice",
            title="Too few trials to say what matters",
            evidence=f"{n} feasible trials; importance and expected best need {MIN_TRIALS}",
            advice=f"Add trials; a bucket of fewer than {MIN_PER_BUCKET} says nothing either",
            source="S4.45",
        )


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
