"""The fold: one event changes the facts. No clock, no randomness, no I/O; replay = state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, assert_never

from tunebook.engine.facts import Attempt, Facts
from tunebook.engine.incumbent import curve_value, rank, settle
from tunebook.engine.retention import superfluous
from tunebook.engine.transitions import check_transition
from tunebook.errors import StoreError, TunebookError
from tunebook.records import (
    BudgetChanged,
    CheckpointRef,
    CheckpointRejected,
    DriverStarted,
    DriverStopped,
    DryRunMeasured,
    Event,
    NotesChanged,
    RequestObeyed,
    Series,
    SpaceChanged,
    StudyCreated,
    StudyEvent,
    StudyRenamed,
    StudyStateChanged,
    Trial,
    TrialBegan,
    TrialCheckpointed,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialHaltAsked,
    TrialLaunched,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReleased,
    TrialReported,
    TrialSetAside,
    TrialState,
    TrialStopped,
)
from tunebook.records.measurement import last_step

EARLY_ENDS = frozenset({TrialState.STOPPED, TrialState.CANCELLED})

_UNTRAINED = frozenset({TrialState.QUEUED, TrialState.LOST})

_MAY_FREE_CHECKPOINTS = (TrialCheckpointed, TrialEnded, TrialFailed, TrialStopped, TrialLost)


def apply(facts: Facts, event: Event) -> Sequence[CheckpointRef]:
    """Fold one event in and return the checkpoints that nobody needs any more.

    ``InvalidTransitionError`` if a trial cannot go where the event says, ``StoreError`` if the
    event makes no sense after those before it: the log was damaged.
    """
    try:
        return _apply(facts, event)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise StoreError(
            "The log of the study contradicts itself",
            got=f"{type(event).__name__} after {facts.last_at:.0f}: {error!r}",
            do="Look with 'tunebook recover' for what can be read of a damaged store",
        ) from error


def _apply(facts: Facts, event: Event) -> Sequence[CheckpointRef]:
    facts.story.append(event)
    match event:
        case TrialReported():
            _reported(facts, event)
        case TrialCreated():
            _created(facts, event)
        case TrialLaunched():
            _give_worker(facts, event)
        case TrialBegan():
            _began(facts, event)
        case TrialReached():
            _reached(facts, event)
        case TrialReleased():
            facts.attempts.pop(event.trial, None)
        case TrialCheckpointed(trial=number, checkpoint=checkpoint):
            _set_checkpoints(facts, number, (*facts.trials[number].checkpoints, checkpoint))
        case CheckpointRejected(checkpoint=checkpoint):
            kept = facts.trials[checkpoint.trial].checkpoints
            _set_checkpoints(facts, checkpoint.trial, tuple(c for c in kept if c != checkpoint))
            for heir, refs in facts.heirs.items():
                facts.heirs[heir] = tuple(c for c in refs if c != checkpoint)
        case TrialHaltAsked():
            facts.attempts[event.trial].halting = event.outcome
            _update(facts, event.trial, why=event.why)
        case TrialSetAside():
            _set_aside(facts, event)
        case TrialEnded():
            _ended(facts, event)
        case TrialStopped():
            _close(facts, event.trial, event.outcome, at=event.at, why=event.why)
        case TrialFailed():
            _failed(facts, event)
        case TrialLost():
            _lost(facts, event)
        case _:
            _apply_to_study(facts, event)
    # The clocks of workers may be behind; the last moment is the latest that was heard of.
    facts.last_at = max(facts.last_at, event.at)
    return _discard(facts, event.trial) if isinstance(event, _MAY_FREE_CHECKPOINTS) else ()


def replay(events: Iterable[Event]) -> Facts:
    """Return what a log of events adds up to."""
    facts = Facts()
    for event in events:
        apply(facts, event)
    return facts


def _discard(facts: Facts, number: TrialNumber) -> Sequence[CheckpointRef]:
    unneeded = superfluous(facts, number)
    for ref in unneeded:
        kept = facts.trials[ref.trial].checkpoints
        _set_checkpoints(facts, ref.trial, tuple(c for c in kept if c != ref))
    return unneeded


def _set_checkpoints(facts: Facts, number: TrialNumber, kept: tuple[CheckpointRef, ...]) -> None:
    """Say which checkpoints of a trial exist; they are held in the order of their steps."""
    trial = _update(facts, number, checkpoints=tuple(sorted(kept, key=lambda ref: ref.step)))
    _keep_account(facts, trial)


def _keep_account(facts: Facts, trial: Trial) -> None:
    """List a trial under what its checkpoints and its state make of it."""
    number, has_own, is_final = trial.number, bool(trial.checkpoints), trial.state.is_final
    (facts.holders.add if has_own else facts.holders.discard)(number)
    (facts.final_holders.add if has_own and is_final else facts.final_holders.discard)(number)
    if has_own or is_final:
        facts.heirs.pop(number, None)
    elif trial.parent is not None:
        # What it inherits stays the same, however often it is launched and its parent goes on.
        facts.heirs.setdefault(number, facts.trials[trial.parent].checkpoints)


def _apply_to_study(facts: Facts, event: StudyEvent) -> None:
    match event:
        case StudyCreated(spec=spec):
            facts.spec, facts.budget, facts.space = spec, spec.budget, spec.space
            facts.notes, facts.created_at = spec.notes, event.at
        case DriverStarted():
            # A driver that was killed worked until the last event it wrote.
            _put_down(facts, facts.last_at)
            facts.driver_since = facts.last_at = event.at
            facts.n_slots, facts.holder = event.n_slots, event.holder
        case DriverStopped():
            _put_down(facts, event.at)
        case DryRunMeasured():
            facts.dry_run = event
        case StudyStateChanged():
            facts.state, facts.state_why, facts.limit = event.state, event.why, event.limit
        case BudgetChanged():
            facts.budget = event.budget
        case SpaceChanged():
            facts.space, facts.space_version = event.space, event.version
        case NotesChanged():
            facts.notes = event.notes
        case StudyRenamed():
            facts.spec = replace(facts.known_spec, name=event.name)
        case RequestObeyed():
            facts.last_request = max(facts.last_request, event.request)
        case _:
            assert_never(event)


def _put_down(facts: Facts, at: float) -> None:
    facts.worked_s = facts.active_seconds(at)
    facts.driver_since = None
    facts.holder = None


def _update(facts: Facts, number: TrialNumber, **changes: Any) -> Trial:
    trial = facts.trials[number].changed(**changes)
    facts.trials[number] = trial
    if facts.best is not None and facts.best.number == number:
        facts.best = trial.changed(value=facts.best.value)
    return trial


def _move(facts: Facts, number: TrialNumber, to: TrialState, **changes: Any) -> Trial:
    check_transition(facts.trials[number], to, facts.story)
    return _update(facts, number, state=to, **changes)


def _created(facts: Facts, event: TrialCreated) -> None:
    if event.trial != len(facts.trials):
        raise TunebookError(
            "A trial was created out of order", got=event.trial, expected=str(len(facts.trials))
        )
    trial = Trial(
        number=event.trial,
        state=TrialState.QUEUED,
        config=event.config,
        created_at=event.at,
        until_step=event.until_step,
        parent=event.parent,
        why=event.why,
        source=event.source,
        space_version=event.space_version,
    )
    facts.trials.append(trial)
    facts.alive[trial.number] = None
    _keep_account(facts, trial)
    if event.is_launched:
        _give_worker(facts, event)
    else:
        _let_wait(facts, trial)


def _give_worker(facts: Facts, event: TrialCreated | TrialLaunched) -> None:
    number = event.trial
    held = facts.attempts.pop(number, None)
    before = facts.trials[number]
    start = held.step if held else facts.resume_step(before)
    _move(
        facts,
        number,
        TrialState.RUNNING,
        until_step=event.until_step,
        failure=None,
        started_at=event.at if before.started_at is None else before.started_at,
        why=before.why if event.why is None else event.why,
    )
    facts.waiting.pop(number, None)
    facts.set_aside.discard(number)
    facts.attempts[number] = Attempt(start, facts.grant(start, event.until_step))


def _began(facts: Facts, event: TrialBegan) -> None:
    attempt = facts.attempts.get(event.trial)
    if attempt is None:
        return
    repeated = attempt.step - event.step
    if repeated > 0 and attempt.granted is not None and facts.budget.steps is not None:
        # No more steps were granted than were to be new, so what is trained again cuts the slice.
        attempt.granted -= repeated
    attempt.step = event.step


def _advance(facts: Facts, number: TrialNumber, step: int) -> int:
    """Count the steps trained since the attempt last told; return the trial's total."""
    attempt = facts.attempts.get(number)
    done = facts.trials[number].steps_done
    if attempt is None or step <= attempt.step:
        return done
    facts.steps_done += step - attempt.step
    done += step - attempt.step
    attempt.step = step
    return done


def _effort(facts: Facts, number: TrialNumber, *, step: int, seconds: float) -> dict[str, Any]:
    """Return what was spent on a trial that came to ``step``; 0 if it did not say to which."""
    trial = facts.trials[number]
    spent = max(seconds, trial.seconds)
    return {
        "step": step or trial.step,
        "steps_done": _advance(facts, number, step),
        "seconds": spent,
        "cost": facts.cost_of(spent),
    }


def _reported(facts: Facts, event: TrialReported) -> None:
    number = event.trial
    trial = facts.trials[number]
    objective = facts.known_spec.objective
    # The curves of a trial only ever grow at their end, so all its facts may share them.
    curves: dict[str, Series] = dict(trial.curves)
    for metric, series in event.series.items():
        known = curves.get(metric)
        if known is None:
            curves[metric] = series.copy()
        else:
            known.extend(series)
    changes = _effort(
        facts,
        number,
        step=last_step(event.series),
        seconds=max((s.seconds[-1] for s in event.series.values() if s.seconds), default=0.0),
    )
    if objective.metric in event.series and trial.state.has_value:
        found = curve_value(objective, curves[objective.metric])
        changes["value"], changes["best_step"] = found or (None, None)
    rank(facts, _update(facts, number, curves=curves, **changes))


def _reached(facts: Facts, event: TrialReached) -> None:
    number = event.trial
    attempt = facts.attempts[number]
    changes = _effort(facts, number, step=event.step, seconds=event.seconds)
    trial = _move(facts, number, TrialState.PAUSED, **changes)
    settle(facts, trial, counts=False)
    attempt.is_held = True
    if attempt.halting is TrialState.PAUSED:
        attempt.halting = None
    _let_wait(facts, trial)


def _let_wait(facts: Facts, trial: Trial) -> None:
    """Put a trial in the queue if the engine itself must launch it."""
    is_within_slice = trial.until_step is None or trial.step < trial.until_step
    is_interrupted = trial.state is TrialState.PAUSED and is_within_slice
    if trial.number not in facts.set_aside and (is_interrupted or trial.state in _UNTRAINED):
        facts.waiting[trial.number] = None


def _set_aside(facts: Facts, event: TrialSetAside) -> None:
    if event.is_set_aside:
        facts.set_aside.add(event.trial)
        facts.waiting.pop(event.trial, None)
        return
    facts.set_aside.discard(event.trial)
    _let_wait(facts, facts.trials[event.trial])


def _ended(facts: Facts, event: TrialEnded) -> None:
    number = event.trial
    attempt = facts.attempts.get(number)
    halting = attempt.halting if attempt else None
    outcome = halting if halting in EARLY_ENDS else TrialState.DONE
    max_steps = facts.known_spec.max_steps
    if outcome is TrialState.STOPPED and max_steps is not None and event.step >= max_steps:
        # It was asked to stop during its last step, and trained to its end all the same.
        outcome = TrialState.DONE
    changes = _effort(facts, number, step=event.step, seconds=event.seconds)
    _close(facts, number, outcome or TrialState.DONE, at=event.at, **changes)


def _failed(facts: Facts, event: TrialFailed) -> None:
    attempt = facts.attempts.get(event.trial)
    outcome = event.failure.kind.end_state
    if attempt is not None and attempt.halting is TrialState.CANCELLED:
        outcome = TrialState.CANCELLED
    if outcome is TrialState.FAILED:
        facts.last_error = event.failure.message
    changes = _effort(facts, event.trial, step=0, seconds=event.seconds)
    _close(facts, event.trial, outcome, at=event.at, failure=event.failure, **changes)


def _close(
    facts: Facts, number: TrialNumber, outcome: TrialState, *, at: float, **changes: Any
) -> None:
    if not outcome.has_value:
        changes |= {"value": None, "best_step": None}
    trial = _move(facts, number, outcome, ended_at=at, **changes)
    facts.alive.pop(number, None)
    _keep_account(facts, trial)
    facts.attempts.pop(number, None)
    facts.waiting.pop(number, None)
    facts.set_aside.discard(number)
    facts.n_final[outcome] += 1
    if trial.value is not None:
        facts.n_succeeded += 1
    rank(facts, trial)
    settle(facts, trial, counts=outcome is not TrialState.CANCELLED)


def _lost(facts: Facts, event: TrialLost) -> None:
    number = event.trial
    attempt = facts.attempts.pop(number, None)
    trial = facts.trials[number]
    if attempt is not None and attempt.halting in EARLY_ENDS:
        _close(facts, number, attempt.halting, at=event.at)
        return
    if trial.state is TrialState.PAUSED:
        return
    n_losses = trial.n_losses + (0 if event.is_driver_loss else 1)
    trial = _move(facts, number, TrialState.LOST, failure=event.failure, n_losses=n_losses)
    settle(facts, trial, counts=False)
    _let_wait(facts, trial)
