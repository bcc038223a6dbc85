"""Turns each decision of a searcher into the event that records it, or refuses it.

A budget that is used up is no mistake of the searcher's: such a start or resume becomes nothing.
Anything else that cannot be done is one, and raises ``SearchError``.
"""

from __future__ import annotations

from typing import assert_never

from tunebook.engine.facts import Facts
from tunebook.engine.fold import EARLY_ENDS
from tunebook.errors import SearchError
from tunebook.records import (
    Event,
    Trial,
    TrialCreated,
    TrialHaltAsked,
    TrialLaunched,
    TrialNumber,
    TrialState,
    TrialStopped,
)
from tunebook.search.protocol import Clone, Decision, Resume, Start, Stop, Wait
from tunebook.space import Space


def event_of(decision: Decision, facts: Facts, *, space: Space, now: float) -> Event | None:
    """Return the event that records a decision, None when there is nothing to record."""
    match decision:
        case Start() | Clone():
            _require_slot(facts, decision)
            if decision.until_step is not None and decision.until_step < 1:
                raise _impossible("a slice without a step", decision)
            return None if _is_used_up(facts, now) else creation_of(decision, facts, space, now=now)
        case Resume():
            return _resumption(decision, facts, now)
        case Stop(trial=number, why=why):
            trial = _trial(facts, number, decision)
            if trial.state.is_final:
                raise _impossible(f"to stop a trial that is {trial.state}", decision)
            return stop_of(trial, facts, why=why, now=now)
        case Wait():
            return None
        case _:
            assert_never(decision)


def stop_of(trial: Trial, facts: Facts, *, why: str, now: float) -> Event | None:
    """Return the event that ends a trial which is not final early, None if it is being halted."""
    attempt = facts.attempts.get(trial.number)
    if attempt is None or attempt.is_held:
        is_untried = trial.state is TrialState.QUEUED
        outcome = TrialState.CANCELLED if is_untried else TrialState.STOPPED
        return TrialStopped(now, trial.number, outcome, why)
    if attempt.halting in EARLY_ENDS:
        return None
    return TrialHaltAsked(now, trial.number, TrialState.STOPPED, why)


def _is_used_up(facts: Facts, now: float) -> bool:
    progress = facts.progress(now)
    return progress.trials_left == 0 or progress.steps_left == 0


def creation_of(
    decision: Start | Clone, facts: Facts, space: Space, *, now: float, source: str = "searcher"
) -> TrialCreated:
    """Return the creation of the next trial; ``ConfigurationError`` if it is not in the space."""
    parent = None
    if isinstance(decision, Clone):
        parent = _trial(facts, decision.parent, decision).number
    return TrialCreated(
        at=now,
        trial=TrialNumber(len(facts.trials)),
        config=space.check(decision.config),
        until_step=decision.until_step,
        parent=parent,
        source=source,
        why=decision.why,
        space_version=facts.space_version,
    )


def _resumption(decision: Resume, facts: Facts, now: float) -> TrialLaunched | None:
    trial, until = _trial(facts, decision.trial, decision), decision.until_step
    if trial.state is not TrialState.PAUSED or trial.number in facts.set_aside:
        raise _impossible(f"to resume a trial that is {trial.state}", decision)
    if until is not None and until <= trial.step:
        raise _impossible(f"a slice that ends before step {trial.step + 1}", decision)
    _require_slot(facts, decision)
    if facts.progress(now).steps_left == 0:
        return None
    return TrialLaunched(now, trial.number, until, decision.why)


def _require_slot(facts: Facts, decision: Decision) -> None:
    if not facts.n_free_slots:
        raise _impossible("more trials than there are free workers", decision)


def _trial(facts: Facts, number: TrialNumber, decision: Decision) -> Trial:
    if not 0 <= number < len(facts.trials):
        raise _impossible("about a trial that does not exist", decision)
    return facts.trials[number]


def _impossible(what: str, decision: Decision) -> SearchError:
    return SearchError(
        f"The searcher decided on what cannot be done: {what}",
        got=decision,
        do="Check the searcher with tunebook.testing.searcher_suite.SearcherSuite",
    )
