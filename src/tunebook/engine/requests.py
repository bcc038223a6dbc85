"""Turns requests of people into events. What cannot be done is refused with a reason, never raised.

The events of one request end with ``RequestObeyed``; each is applied before the next is made.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import fields, replace
from typing import Any, TypeAlias

from tunebook.engine.decisions import stop_of
from tunebook.engine.facts import Facts
from tunebook.errors import InputError
from tunebook.records import (
    Budget,
    BudgetChanged,
    Configuration,
    Event,
    NotesChanged,
    Request,
    RequestObeyed,
    StudyState,
    StudyStateChanged,
    Trial,
    TrialCreated,
    TrialHaltAsked,
    TrialNumber,
    TrialSetAside,
    TrialState,
)
from tunebook.space import Space

BY_REQUEST = "request"
"""The limit named by a study that a person has ended; a person may open it again."""

_Obeying: TypeAlias = Generator[Event, None, str]

_ASKED = "asked for by a person"
_SUMMED = frozenset({"trials", "steps", "hours", "cost"})


def events_for(request: Request, facts: Facts, now: float) -> Iterator[Event]:
    """Yield the events that obey a request, then the answer to it."""
    try:
        answer = yield from _obey(request, facts, now)
    except InputError as error:
        answer = f"refused: {error}"
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        answer = (
            f"refused: {request.kind!r} with {dict(request.body)!r} is not understood ({error})"
        )
    yield RequestObeyed(now, request.id, answer)


def _obey(request: Request, facts: Facts, now: float) -> _Obeying:
    body = request.body
    match request.kind:
        case "stop trial":
            return (yield from _stop_trial(_trial(body, facts), facts, now))
        case "pause trial":
            return (yield from _pause_trial(_trial(body, facts), facts, now))
        case "resume trial":
            return (yield from _resume_trial(_trial(body, facts), facts, now))
        case "stop study":
            return (yield from _end_study(StudyState.STOPPED, facts, now))
        case "pause study":
            return (yield from _end_study(StudyState.PAUSED, facts, now))
        case "add budget":
            return (yield from _add_budget(body, facts, now))
        case "enqueue":
            return (yield from _enqueue(body, facts, now))
        case "edit notes":
            yield NotesChanged(now, str(body["notes"]))
            return "done"
        case _:
            return "refused: this version does not know such a request"


def _trial(body: Any, facts: Facts) -> Trial:
    number = int(body["trial"])
    if not 0 <= number < len(facts.trials):
        raise InputError(
            "There is no such trial", got=number, expected=f"0 to {len(facts.trials) - 1}"
        )
    return facts.trials[number]


def _stop_trial(trial: Trial, facts: Facts, now: float) -> _Obeying:
    if trial.state.is_final:
        return f"nothing to do: trial {trial.number} is {trial.state} already"
    event = stop_of(trial, facts, why=_ASKED, now=now)
    if event is None:
        return f"nothing to do: trial {trial.number} is being ended already"
    yield event
    return "done"


def _pause_trial(trial: Trial, facts: Facts, now: float) -> _Obeying:
    if trial.state.is_final:
        return f"nothing to do: trial {trial.number} is {trial.state} already"
    yield TrialSetAside(now, trial.number, is_set_aside=True)
    attempt = facts.attempts.get(trial.number)
    if attempt is not None and not attempt.is_held and attempt.halting is None:
        yield TrialHaltAsked(now, trial.number, TrialState.PAUSED, _ASKED)
    return "done"


def _resume_trial(trial: Trial, facts: Facts, now: float) -> _Obeying:
    if trial.number not in facts.set_aside:
        return f"nothing to do: trial {trial.number} was not paused by a person"
    yield TrialSetAside(now, trial.number, is_set_aside=False)
    return "done"


def _end_study(state: StudyState, facts: Facts, now: float) -> _Obeying:
    is_end = state is StudyState.STOPPED
    if facts.state is not StudyState.RUNNING and not (is_end and facts.state is StudyState.PAUSED):
        return f"nothing to do: the study is {facts.state} already"
    yield StudyStateChanged(now, state, _ASKED, BY_REQUEST if is_end else None)
    outcome = TrialState.STOPPED if is_end else TrialState.PAUSED
    for number in facts.to_halt():
        yield TrialHaltAsked(now, number, outcome, _ASKED)
    return "done"


def _add_budget(body: Any, facts: Facts, now: float) -> _Obeying:
    unknown = set(body) - {field.name for field in fields(Budget)}
    if unknown or not body:
        raise InputError("This is no budget", got=dict(body), expected="trials, steps, hours, ...")
    if any(value <= 0 for name, value in body.items() if name in _SUMMED):
        raise InputError("Limits can be raised only", got=dict(body), expected="more than 0")
    before = facts.budget
    changes = {
        name: value + (getattr(before, name) or 0) if name in _SUMMED else value
        for name, value in body.items()
        if not (name in _SUMMED and getattr(before, name) is None)
    }
    if not changes:
        return "nothing to do: the study has no such limit"
    yield BudgetChanged(now, replace(before, **changes))
    return "done"


def _enqueue(body: Any, facts: Facts, now: float) -> _Obeying:
    if facts.progress(now).trials_left == 0:
        return "refused: the budget allows no more trials"
    checked = Configuration(body["config"])
    if not body.get("is_outside"):
        checked = Space.from_dict(facts.space).check(checked)
    number = TrialNumber(len(facts.trials))
    yield TrialCreated(
        now,
        number,
        checked,
        is_launched=False,
        source="enqueued",
        why=_ASKED,
        space_version=facts.space_version,
    )
    return f"done: it is trial {number}"
