"""Stage 6: quasi-random rounds, and what each says about the next space (S4.12, S4.20)."""

from __future__ import annotations

from statistics import stdev

from tunebook.analysis.boundary import EdgeAdvice, boundary_test
from tunebook.analysis.infeasibility import judge_infeasibility, n_in_good_region
from tunebook.analysis.ranking import ranked
from tunebook.guide.search_space import space_to_explore
from tunebook.guide.session import Measured, Session
from tunebook.guide.stages.evaluate import errors_of
from tunebook.guide.stages.exploit import MIN_TRAININGS, N_TO_COME
from tunebook.guide.studies import run_study, trials_from
from tunebook.playbook.checklist import ChecklistFacts, checklist
from tunebook.playbook.exploration import ChangeKind, SpaceChange, changed_space, propose_changes
from tunebook.records import Trial
from tunebook.records.finding import Verdict
from tunebook.space import Space

N_ROUNDS, MIN_TRIALS = 2, 6
"""Rounds, and the fewest trials that one is worth."""


def carry_out(session: Session) -> None:
    """Explore in rounds; the space of each follows from all trials before it."""
    n = session.n_updates
    session.require(6, "round 1", N_ROUNDS * MIN_TRIALS * n)
    most = min(session.shares[6], session.left - (MIN_TRAININGS + N_TO_COME) * n)
    reason = f"the stage's share, with {MIN_TRAININGS + N_TO_COME} trainings left for what follows"
    wanted = max(MIN_TRIALS, most // (N_ROUNDS * n))
    n_each = int(session.decide(6, "trials in a round", wanted, reason))
    space, trials = space_to_explore(session), list[Trial]()
    for number in range(1, N_ROUNDS + 1):
        goal = _goal(number, space)
        told = session.measure(6, f"round {number}", lambda: _round(session, number, n_each, space))  # noqa: B023  # run at once
        trials += trials_from(told["trials"], len(trials))
        changes = propose_changes(trials, space, session.task.objective, round_number=number)
        kept = _agreed(session, number, changes)
        if len(session.state.rounds) < number:
            values = {"goal": goal, "mode": "explore", "study": told["study"]}
            changed = [f"{c.kind} {c.parameter}: {c.reason}" for c in kept]
            session.log.write("round", stage=6, **values, space=space.to_dict(), changes=changed)
        space = changed_space(space, kept)
    found = checklist(_facts(session, trials, space))
    session.find(6, *found)
    for problem in found:
        # The rounds that the stage can pay for are over: the problem goes into the report (5.1).
        if problem.verdict is Verdict.PROBLEM and problem.check not in session.state.waivers:
            reason = f"the stage's share of the budget is used: {problem.title}"
            session.log.write("waiver", gate=problem.check, reason=reason)
    session.decide(6, "space", space.to_dict(), f"after {len(trials)} trials in {N_ROUNDS} rounds")
    best = ranked(trials, session.task.objective)[:1]
    if best:
        reason = f"the best of {len(trials)} trials, in one run"
        session.decide(6, "candidate", dict(best[0].config), reason)


def _goal(number: int, space: Space) -> str:
    names = ", ".join(space.dimensions)
    if number == 1:
        return f"which of {names} matter, and where their good values lie"
    return f"where the best values lie in the narrowed space of {names}"


def _round(session: Session, number: int, n_trials: int, space: Space) -> Measured:
    session.tell(f"  round {number}: {n_trials} quasi-random trials of {session.n_updates} updates")
    return run_study(session, f"round-{number}", space, "halton", trials=n_trials)


def _agreed(session: Session, number: int, changes: list[SpaceChange]) -> list[SpaceChange]:
    """Return the changes that a person lets stand; the task's own ranges are never widened."""
    own = set() if session.task.space is None else set(session.task.space.parameters)
    barred = {c.parameter for c in changes if c.kind is ChangeKind.WIDEN} & own
    names = [change.parameter for change in changes if change.parameter not in barred]
    reasons = "; ".join(f"{c.kind} {c.parameter}: {c.reason}" for c in changes) or "no change"
    kept = session.decide(6, f"changes after round {number}", names, reasons)
    return [change for change in changes if change.parameter in kept]


def _facts(session: Session, trials: list[Trial], space: Space) -> ChecklistFacts:
    objective = session.task.objective
    inside = [t for t in trials if space.contains(t.config)]
    edges = boundary_test(inside, space, objective)
    baseline = session.state.facts.get((5, "baseline"), {}).get("values", [])
    deviation = stdev(errors_of(session, baseline)) if len(baseline) > 1 else 0.0
    stability = [f for f in session.state.findings.get(4, []) if f.check == "stability"]
    return ChecklistFacts(
        at_edge=tuple(e.parameter for e in edges if e.advice is EdgeAdvice.EXPAND),
        near_edge=tuple(e.parameter for e in edges if e.advice is EdgeAdvice.WARN),
        n_good=n_in_good_region(trials, objective, deviation),
        infeasible_share=judge_infeasibility(trials, space).share,
        is_unstable=any(f.verdict.value == "problem" for f in stability) if stability else None,
        **session.state.facts[6, f"round {N_ROUNDS}"]["curves"],
    )
