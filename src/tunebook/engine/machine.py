"""The state machine: events in, decisions and commands out. No clock, no randomness, no I/O.

Decisions are events too. They are appended to the log before their commands are carried out, so
a replay rebuilds the state with ``handle`` alone and never asks the searcher again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import final

from tunebook.engine.commands import Command, Continue, Discard, Halt, Launch, Release
from tunebook.engine.decisions import creation_of, event_of
from tunebook.engine.facts import Facts
from tunebook.engine.fold import EARLY_ENDS, apply
from tunebook.engine.recovery import recovery_events
from tunebook.engine.requests import events_for
from tunebook.errors import BudgetError, SearchError
from tunebook.records import (
    Event,
    Failure,
    FailureKind,
    Request,
    StudyState,
    StudyStateChanged,
    Trial,
    TrialBegan,
    TrialCheckpointed,
    TrialCreated,
    TrialFailed,
    TrialHaltAsked,
    TrialLaunched,
    TrialNumber,
    TrialReleased,
    TrialReported,
    TrialState,
    TrialStopped,
)
from tunebook.search.past import PastStudy
from tunebook.search.protocol import Decision, History, Randomness, Searcher, Start
from tunebook.space import Space
from tunebook.stopping import STANDARD_RULES, Ending, Progress, RunningTrials, StoppingRule

MAX_LOSSES = 2
"""Retries of a trial whose worker vanished; then it is infeasible (S0.9)."""

_UNTRAINED_ENDS = {TrialState.QUEUED: TrialState.CANCELLED, TrialState.LOST: TrialState.STOPPED}


@dataclass(frozen=True, slots=True)
class Decided:
    """What the machine decided: events to append, then commands to carry out."""

    events: Sequence[Event]
    commands: Sequence[Command]


@final
class Machine:
    """One study's engine: ``handle`` takes what happened, ``decide`` says what to do about it."""

    def __init__(
        self,
        searcher: Searcher,
        *,
        can_pause: bool = True,
        rules: Sequence[StoppingRule] = STANDARD_RULES,
    ) -> None:
        self.facts = Facts()
        self._searcher = searcher
        self._can_pause = can_pause
        self._rules = rules
        self._space: tuple[int, Space] | None = None
        self._past: tuple[PastStudy, ...] | None = None
        self._has_news = True

    # -- what happened ---------------------------------------------------------------------

    def handle(self, event: Event) -> list[Command]:
        """Fold one event in and return the commands that follow from it."""
        held = set(self.facts.held) if isinstance(event, TrialLaunched | TrialStopped) else set()
        discards = [Discard(ref) for ref in apply(self.facts, event)]
        self._take_note(event)
        match event:
            case TrialCreated(is_launched=True) | TrialLaunched():
                return [self._launch(event.trial, is_held=event.trial in held)]
            case TrialReleased():
                return [Release(event.trial)]
            case TrialStopped() if event.trial in held:
                return [Release(event.trial), *discards]
            case TrialHaltAsked():
                return [Halt(event.trial, event.outcome)]
            case _:
                return list[Command](discards)

    def _take_note(self, event: Event) -> None:
        if isinstance(event, TrialReported):
            self._has_news |= self._searcher.watches_running
        elif not isinstance(event, TrialBegan | TrialCheckpointed):
            self._has_news = True

    def _launch(self, number: TrialNumber, *, is_held: bool) -> Command:
        facts = self.facts
        trial, attempt = facts.trials[number], facts.attempts[number]
        if is_held:
            return Continue(number, attempt.granted)
        checkpoints, is_clone = facts.usable_checkpoints(trial)
        return Launch(
            trial=number,
            config=trial.config,
            until_step=attempt.granted,
            max_steps=facts.known_spec.max_steps,
            checkpoints=checkpoints,
            seconds=trial.seconds,
            is_clone=is_clone,
            max_new_steps=None if facts.budget.steps is None else attempt.promised,
        )

    # -- what to do ------------------------------------------------------------------------

    @property
    def is_settled(self) -> bool:
        """Whether the study is not running and no worker holds a trial of it any more."""
        return self.facts.state is not StudyState.RUNNING and not self.facts.attempts

    def recover(self, now: float) -> Decided:
        """Set right what a dead driver left behind."""
        draft = _Draft(self.handle)
        for event in recovery_events(self.facts, now):
            draft.add(event)
        return Decided(draft.events, [c for c in draft.commands if isinstance(c, Discard)])

    def reopen(self, now: float) -> Decided:
        """Let a study that was put down, or that a larger budget opens again, go on."""
        draft = _Draft(self.handle)
        facts = self.facts
        if facts.state is StudyState.PAUSED:
            draft.add(StudyStateChanged(now, StudyState.RUNNING, "resumed"))
        elif facts.state.is_over and self._may_reopen(now):
            draft.add(StudyStateChanged(now, StudyState.RUNNING, "opened again"))
        return Decided(draft.events, draft.commands)

    def _may_reopen(self, now: float) -> bool:
        progress = self.facts.progress(now)
        is_open = self._ending(progress) is None and progress.trials_left != 0
        return is_open and self.facts.limit is not None

    def interrupt(self, now: float, why: str) -> Decided:
        """Put the study down politely: running trials are checkpointed and paused."""
        draft = _Draft(self.handle)
        if self.facts.state is StudyState.RUNNING:
            draft.add(StudyStateChanged(now, StudyState.PAUSED, why))
        self._halt_running(draft, now, TrialState.PAUSED, why)
        self._settle(draft, now)
        return Decided(draft.events, draft.commands)

    def obey(self, request: Request, now: float) -> Decided:
        """Turn somebody's request into events, the last of which says that it was dealt with."""
        draft = _Draft(self.handle)
        for event in events_for(request, self.facts, now):
            draft.add(event)
        return Decided(draft.events, draft.commands)

    def decide(self, now: float) -> Decided:
        """Ask the rules, then the waiting trials, then the searcher, for what free workers do."""
        draft = _Draft(self.handle)
        self._close_halted(draft, now)
        if self.facts.state is StudyState.RUNNING:
            ending = self._ending(self.facts.progress(now))
            if ending is not None:
                self._end(draft, ending, now)
            else:
                self._launch_waiting(draft, now)
                self._ask_searcher(draft, now)
        self._settle(draft, now)
        return Decided(draft.events, draft.commands)

    def ask(self, now: float) -> Decided:
        """Start the trial that waits, or that the searcher would start; somebody else trains it.

        ``SearchError`` when it has nothing to suggest, ``BudgetError`` when a limit is reached.
        """
        progress = self.facts.progress(now)
        ending = self._ending(progress)
        is_used_up = progress.trials_left == 0 and not self.facts.waiting
        if ending is not None or is_used_up or progress.steps_left == 0:
            why = "all trials of the budget are used" if ending is None else ending.why
            raise BudgetError("The budget allows no further trial", got=why)
        event: Event
        number = next(iter(self.facts.waiting), None)
        if number is not None:
            event = TrialLaunched(now, number, self.facts.trials[number].until_step)
            return Decided([event], self.handle(event))
        starts = (d for d in self._decisions(progress, 1) if isinstance(d, Start))
        decision = next(starts, None)
        if decision is None:
            raise SearchError(
                "The searcher has nothing to suggest now",
                got=f"{self.facts.n_running} trials whose values were not told",
                do="Tell the values of trials asked for before; a grid may be exhausted",
            )
        event = creation_of(decision, self.facts, self._known_space(), now=now, source="ask")
        return Decided([event], self.handle(event))

    def conclude(self, now: float) -> Decided:
        """End the study if a rule says so or its trials are used up; start nothing."""
        draft, progress = _Draft(self.handle), self.facts.progress(now)
        ending = self._ending(progress)
        is_trained = not self.facts.attempts and not self.facts.waiting
        if self.facts.state is not StudyState.RUNNING:
            pass
        elif ending is not None:
            self._end(draft, ending, now)
        elif progress.trials_left == 0 and is_trained:
            self._finish(draft, now)
        self._settle(draft, now)
        return Decided(draft.events, draft.commands)

    def _ending(self, progress: Progress) -> Ending | None:
        verdicts = (rule(progress) for rule in self._rules)
        return next((verdict for verdict in verdicts if verdict is not None), None)

    def _end(self, draft: _Draft, ending: Ending, now: float) -> None:
        draft.add(StudyStateChanged(now, ending.state, ending.why, ending.limit))
        if ending.running is RunningTrials.FINISH:
            return
        is_stop = ending.running is RunningTrials.STOP
        outcome = TrialState.STOPPED if is_stop else TrialState.CANCELLED
        self._halt_running(draft, now, outcome, ending.why)

    def _halt_running(self, draft: _Draft, now: float, outcome: TrialState, why: str) -> None:
        """Ask all that train to end. The incumbent is never called off: its value is the result."""
        best = self.facts.best
        for number in self.facts.to_halt():
            is_cut_short = outcome is TrialState.CANCELLED and best and best.number == number
            wanted = TrialState.STOPPED if is_cut_short else outcome
            draft.add(TrialHaltAsked(now, number, wanted, why))

    def _close_halted(self, draft: _Draft, now: float) -> None:
        """End the trials that came to the end of their slice while they were asked to end."""
        for number in list(self.facts.held):
            halting = self.facts.attempts[number].halting
            if halting is not None and halting in EARLY_ENDS:
                why = self.facts.trials[number].why or ""
                draft.add(TrialStopped(now, number, halting, why))

    def _settle(self, draft: _Draft, now: float) -> None:
        """Let go of what is held and not continued, and close what nobody will train again."""
        facts = self.facts
        self._close_halted(draft, now)
        for number in list(facts.held):
            draft.add(TrialReleased(now, number))
        if facts.state.is_over:
            for number in [*facts.waiting, *sorted(facts.set_aside)]:
                outcome = _UNTRAINED_ENDS.get(facts.trials[number].state)
                if outcome is not None:
                    draft.add(TrialStopped(now, number, outcome, facts.state_why))

    # -- waiting trials --------------------------------------------------------------------

    def _launch_waiting(self, draft: _Draft, now: float) -> None:
        facts = self.facts
        while facts.waiting:
            number = next(iter(facts.waiting))
            trial = facts.trials[number]
            if trial.state is TrialState.LOST and trial.n_losses > MAX_LOSSES:
                draft.add(TrialFailed(now, number, _lost_too_often(trial.failure)))
            elif facts.n_free_slots and self.facts.progress(now).steps_left != 0:
                draft.add(TrialLaunched(now, number, trial.until_step))
            else:
                return

    # -- the searcher ----------------------------------------------------------------------

    def _ask_searcher(self, draft: _Draft, now: float) -> None:
        progress, slots = self.facts.progress(now), self.facts.n_free_slots
        can_start = progress.trials_left != 0 or self._has_resumable()
        is_wanted = bool(slots) and can_start and progress.steps_left != 0
        if self._has_news and (is_wanted or self._searcher.watches_running):
            for decision in self._decisions(progress, slots):
                event = event_of(decision, self.facts, space=self._known_space(), now=now)
                if event is not None:
                    draft.add(event)
            self._has_news = False
        if not self.facts.n_running and not self.facts.waiting:
            self._finish(draft, now)

    def _decisions(self, progress: Progress, slots: int) -> Sequence[Decision]:
        rng = Randomness(self.facts.known_spec.seed)
        return self._searcher.decide(self._history(progress), slots, rng)

    def _finish(self, draft: _Draft, now: float) -> None:
        facts = self.facts
        if facts.progress(now).trials_left == 0:
            limit, why = "trials", _trials_done(facts.budget.trials)
        else:
            limit, why = None, "the searcher has nothing left to try"
        draft.add(StudyStateChanged(now, StudyState.DONE, why, limit))

    def _has_resumable(self) -> bool:
        facts = self.facts
        return any(
            facts.trials[number].state is TrialState.PAUSED and number not in facts.set_aside
            for number in facts.alive
        )

    def _known_space(self) -> Space:
        facts = self.facts
        if self._space is None or self._space[0] != facts.space_version:
            self._space = (facts.space_version, Space.from_dict(facts.space))
        return self._space[1]

    def _known_past(self) -> Sequence[PastStudy]:
        """Return the older studies that this one starts from, read once."""
        if self._past is None:
            self._past = tuple(PastStudy.from_dict(past) for past in self.facts.known_spec.past)
        return self._past

    def _comparable_trials(self) -> Sequence[Trial]:
        """Return the trials as a searcher may see them.

        Those that the present space does not hold are as if called off: a study whose space was
        changed keeps its old trials under the version they had. Those that a person has set
        aside are as if stopped: nobody else may resume them.
        """
        facts = self.facts
        if facts.space_version == 1 and not facts.set_aside:
            return facts.trials
        return [self._as_seen(trial) for trial in facts.trials]

    def _as_seen(self, trial: Trial) -> Trial:
        version = self.facts.space_version
        if trial.space_version != version and not self._known_space().contains(trial.config):
            return replace(trial, state=TrialState.CANCELLED, value=None, best_step=None)
        if trial.number in self.facts.set_aside and trial.state is TrialState.PAUSED:
            return replace(trial, state=TrialState.STOPPED, ended_at=trial.created_at)
        return trial

    def _history(self, progress: Progress) -> History:
        facts = self.facts
        return History(
            space=self._known_space(),
            objective=progress.objective,
            trials=self._comparable_trials(),
            max_steps=facts.known_spec.max_steps,
            can_pause=self._can_pause,
            workers=max(1, facts.n_slots),
            trials_left=progress.trials_left,
            steps_left=progress.steps_left,
            budget_used=progress.budget_used,
            past=self._known_past(),
        )


@final
@dataclass(slots=True)
class _Draft:
    """Events decided so far, each applied at once, and the commands that follow from them."""

    handle: Callable[[Event], list[Command]]
    events: list[Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Decide on an event."""
        self.events.append(event)
        self.commands += self.handle(event)


def _trials_done(n: int | None) -> str:
    told = "the only trial" if n == 1 else f"all {n} trials"
    return f"{told} of the budget {'is' if n == 1 else 'are'} done"


def _lost_too_often(failure: Failure | None) -> Failure:
    """Return the failure of a trial that is not retried any more; what killed it stays visible."""
    last = failure or Failure(FailureKind.LOST, "its worker vanished")
    message = f"lost {MAX_LOSSES + 1} times; the last time: {last.message}"
    is_starved = last.kind is FailureKind.OUT_OF_MEMORY
    return replace(last, kind=last.kind if is_starved else FailureKind.KILLED, message=message)
