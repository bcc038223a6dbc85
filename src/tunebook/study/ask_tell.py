"""Ask and tell: for people with a loop of their own. An engine that holds the study's lease."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from typing import final

from tunebook.driver import RENEW_S
from tunebook.engine import Attempt, Decided, Facts, Machine, recovery_events
from tunebook.errors import BudgetError, InputError, ReportError
from tunebook.records import (
    Configuration,
    DriverStarted,
    DriverStopped,
    Event,
    Failure,
    FailureKind,
    Series,
    StudyId,
    StudyState,
    Trial,
    TrialBegan,
    TrialEnded,
    TrialFailed,
    TrialLaunched,
    TrialNumber,
    TrialReported,
    TrialState,
)
from tunebook.records.text import clean
from tunebook.storage import Store
from tunebook.training.reporter import as_number

_MEMORY = re.compile(r"out of memory|\boom\b", re.IGNORECASE)


@final
class AskTell:
    """The driver of a study whose trials somebody else trains."""

    def __init__(self, store: Store, study: StudyId, machine: Machine) -> None:
        self._store = store
        self._study = study
        self._machine = machine
        self._seq = 0
        self._lease = store.acquire_lease(study, time.time())
        for seq, event in store.events_after(study):
            machine.handle(event)
            self._seq = seq
        now = time.time()
        self._add(DriverStarted(now, self._lease.holder, 1))
        self._append(machine.recover(now))
        self._append(machine.reopen(now))

    def ask(self) -> Trial:
        """Return a trial that the searcher wants; one never told comes again first."""
        self._tend()
        if self.facts.state is not StudyState.RUNNING:
            raise BudgetError("The study takes no further trial", got=self.facts.state_why)
        known = set(self._machine.facts.attempts)
        self._append(self._machine.ask(time.time()))
        (number,) = set(self._machine.facts.attempts) - known
        self._add(TrialBegan(time.time(), number, 0))
        return self._machine.facts.trials[number]

    def tell(self, number: int, metrics: Mapping[str, object], step: int | None) -> None:
        """Take measurements of a trial; without a step they are its last ones, and it ends."""
        self._tend()
        trial, attempt = self._running(number)
        if not metrics:
            raise ReportError("tell was given no metric", do="Tell name=number")
        objective = self._machine.facts.known_spec.objective
        metrics = {clean(name): value for name, value in metrics.items()}
        if step is None and objective.metric not in metrics and trial.value is None:
            raise ReportError(
                "The objective's metric is not among what was told",
                got=sorted(metrics),
                expected=objective.metric,
            )
        at = self._step_of(trial, attempt, step)
        numbers = {name: as_number(name, value) for name, value in metrics.items()}
        self._retake(trial)
        now = time.time()
        seconds = max(0.0, now - (trial.started_at or now))
        series = {name: Series.of([at], [value], [seconds]) for name, value in numbers.items()}
        events: list[Event] = [TrialReported(now, trial.number, series)]
        value = numbers.get(objective.metric, 0.0)
        if not math.isfinite(value):
            message = f"{objective.metric} was {value} at step {at}"
            failure = Failure(FailureKind.DIVERGED, message)
            events.append(TrialFailed(now, trial.number, failure, seconds))
        elif step is None:
            events.append(TrialEnded(now, trial.number, at, seconds))
        self._add(*events)
        self._append(self._machine.conclude(now))

    def fail(self, number: int, why: str) -> None:
        """End a trial without a value: infeasible if it ran out of memory, else failed."""
        self._tend()
        trial, _ = self._running(number)
        self._retake(trial)
        kind = FailureKind.OUT_OF_MEMORY if _MEMORY.search(why) else FailureKind.USER_ERROR
        now = time.time()
        seconds = max(0.0, now - (trial.started_at or now))
        self._add(TrialFailed(now, trial.number, Failure(kind, why), seconds))
        self._append(self._machine.conclude(now))

    def close(self) -> None:
        """Give the study back; trials whose value was not told are tried again by the next ask."""
        now = time.time()
        lost = recovery_events(self._machine.facts, now)
        self._add(*lost, DriverStopped(now, "closed"))
        self._store.release_lease(self._lease)

    @property
    def facts(self) -> Facts:
        """The study as it is now."""
        return self._machine.facts

    def _tend(self) -> None:
        """Say that this process is alive, and obey whoever has a wish."""
        now, facts = time.time(), self._machine.facts
        if now - self._lease.renewed_at >= RENEW_S:
            self._lease = self._store.renew_lease(self._lease, now)
        for request in self._store.requests_after(self._study, facts.last_request):
            self._append(self._machine.obey(request, now))

    def _running(self, number: int) -> tuple[Trial, Attempt]:
        """Return a trial that waits for its value; that of one that was lost may be told still."""
        facts = self._machine.facts
        attempt = facts.attempts.get(TrialNumber(number))
        is_known = 0 <= number < len(facts.trials)
        if attempt is None and is_known and facts.trials[number].state is TrialState.LOST:
            attempt = Attempt(facts.trials[number].step, facts.known_spec.max_steps)
        if attempt is None:
            raise InputError(
                "This trial waits for no value",
                got=f"trial {number}, which is {facts.trials[number].state}"
                if is_known
                else f"trial {number} of {len(facts.trials)}",
                do="Tell each trial that was asked for once, then ask for another",
            )
        return facts.trials[number], attempt

    def _retake(self, trial: Trial) -> None:
        if trial.state is TrialState.LOST:
            now = time.time()
            launched = TrialLaunched(now, trial.number, trial.until_step)
            self._add(launched, TrialBegan(now, trial.number, trial.step))

    def _step_of(self, trial: Trial, attempt: Attempt, step: int | None) -> int:
        max_steps = self._machine.facts.known_spec.max_steps
        if step is None:
            return attempt.step + 1 if max_steps is None else min(attempt.step + 1, max_steps)
        if isinstance(step, bool) or not isinstance(step, int) or step < 1:
            raise ReportError("A step is not a number from 1", got=step)
        if step < attempt.step:
            raise ReportError(
                f"The step of trial {trial.number} goes backwards",
                got=step,
                expected=f"{attempt.step} or more",
            )
        if max_steps is not None and step > max_steps:
            raise ReportError(
                f"Step {step} is beyond the end of the training",
                got=step,
                expected=f"at most max_steps={max_steps}",
            )
        return step

    def _append(self, decided: Decided) -> None:
        if decided.events:
            self._seq = self._store.append(self._study, decided.events, self._seq)

    def _add(self, *events: Event) -> None:
        for event in events:
            self._machine.handle(event)
        self._seq = self._store.append(self._study, events, self._seq)


def number_of(trial: Trial | Configuration | int) -> int:
    """Return the number of what ``ask`` returned, or the number itself."""
    if isinstance(trial, Trial):
        return trial.number
    if isinstance(trial, int) and not isinstance(trial, bool):
        return trial
    raise InputError("This is no trial", got=trial, expected="what study.ask() returned")
