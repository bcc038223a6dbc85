"""The one loop that joins engine, store and executor: take events, append, decide, carry out.

Events are appended before anything that follows from them is carried out, so whatever moment the
process is killed at, the log tells how to go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, final

from tunebook.engine import Command, Decided, Discard, Facts, Machine, recovery_events, replay
from tunebook.errors import StoreConflictError, StoreFullError, StudyBusyError, TunebookError
from tunebook.execution.interrupts import Interrupts, polite_interrupts
from tunebook.execution.protocol import Executor
from tunebook.records import (
    CheckpointRef,
    DriverStarted,
    DriverStopped,
    Event,
    FailureKind,
    StudyId,
    StudyState,
    StudyStateChanged,
    TrialLost,
)
from tunebook.storage import Lease, Store

POLL_S = 0.25
"""So often requests are looked for and a watcher is told, whatever happens."""

RENEW_S = 15.0
"""So often the lease is renewed: a quarter of what it is good for."""


@final
@dataclass(frozen=True, slots=True)
class Clock:
    """Two times in seconds: ``now`` since the epoch, which people correct, ``elapsed`` only rises.

    What drivers do is dated by what has elapsed since they began: a correction of the time of day
    neither uses a budget up nor stretches it. Leases have the time of day, for other machines.
    """

    now: Callable[[], float] = time.time
    elapsed: Callable[[], float] = time.monotonic


_REAL_TIME = Clock()


class Watcher(Protocol):
    """Somebody who looks on while a study is driven."""

    def update(self, facts: Facts, now: float) -> None:
        """Look at the study at time ``now``; called several times a second. Changes nothing."""


class Checkpoints(Protocol):
    """What a driver does with checkpoints; ``storage.checkpoints.CheckpointStore`` does it."""

    def delete(self, ref: CheckpointRef) -> None:
        """Delete a checkpoint; no error if it is gone."""

    def sweep(self, keep: Sequence[CheckpointRef]) -> int:
        """Delete every checkpoint not in ``keep``; no worker runs meanwhile."""


@final
class Driver:
    """Drives one study, whose ``machine`` has folded nothing yet, until it is over or put down."""

    def __init__(
        self,
        store: Store,
        study: StudyId,
        machine: Machine,
        executor: Executor,
        *,
        checkpoints: Checkpoints | None = None,
        watcher: Watcher | None = None,
        clock: Clock = _REAL_TIME,
    ) -> None:
        self._store = store
        self._study = study
        self._machine = machine
        self._executor = executor
        self._checkpoints = checkpoints
        self._watcher = watcher
        self._clock = clock
        self._offset = clock.now() - clock.elapsed()
        self._seq = 0
        self._lease: Lease | None = None
        self._interrupts = Interrupts()
        self._tended_at = self._renewed_at = clock.elapsed()

    def run(self, lease: Lease | None = None) -> Facts:
        """Drive the study and return its facts; ``StudyBusyError`` if somebody else does.

        ``lease`` is the study's if the caller holds it already; it is given back at the end.
        Ctrl-C puts it down politely: what trains is checkpointed at its next step, and the study
        is paused. A second one raises ``KeyboardInterrupt``; an error of ours or of the store
        comes out as it is. What was appended is kept in every case.
        """
        self._lease = lease or self._store.acquire_lease(self._study, self._clock.now())
        try:
            with polite_interrupts() as self._interrupts:
                self._take_up(self._lease)
                while not self._machine.is_settled or self._executor.is_saving:
                    self._executor.events(self._take, self._patience_s())
                    self._take(())
                self._stop()
        except BaseException as error:
            self._executor.close()
            self._put_down(error)
            raise
        finally:
            self._executor.close()
            self._store.release_lease(self._lease)
        return self._machine.facts

    def _take(self, events: Sequence[Event]) -> None:
        """Take events, decide, append both, carry out what follows."""
        now, log = self._now(), list(events)
        commands = [command for event in events for command in self._machine.handle(event)]
        try:
            for decided in self._decided(now):
                log += decided.events
                commands += decided.commands
        finally:
            self._append(log)
        _require_space(events)
        for command in commands:
            self._carry_out(command)
        if self._watcher is not None:
            self._watcher.update(self._machine.facts, now)

    def _decided(self, now: float) -> Iterator[Decided]:
        """Yield what follows from requests and interrupts, then what the engine decides."""
        machine = self._machine
        if self._interrupts.asked is not None:
            yield machine.interrupt(now, self._interrupts.asked)
        if self._clock.elapsed() - self._tended_at >= POLL_S:
            self._tended_at = self._clock.elapsed()
            self._renew_lease()
            yield from self._obeyed(now)
        yield machine.decide(now)

    def _now(self) -> float:
        return self._offset + self._clock.elapsed()

    def _append(self, events: Sequence[Event]) -> None:
        if events:
            self._seq = self._store.append(self._study, events, self._seq)

    def _carry_out(self, command: Command) -> None:
        if not isinstance(command, Discard):
            self._executor.carry_out(command)
        elif self._checkpoints is not None:
            self._checkpoints.delete(command.checkpoint)

    # -- beginning and end -----------------------------------------------------------------

    def _take_up(self, lease: Lease) -> None:
        """Replay the log, set right what a dead driver left behind, and begin."""
        machine, now = self._machine, self._now()
        for seq, event in self._store.events_after(self._study):
            machine.handle(event)
            self._seq = seq
        started = DriverStarted(now, lease.holder, self._executor.n_slots)
        machine.handle(started)
        self._append([started, *machine.recover(now).events])
        for decided in self._obeyed(now):
            self._append(decided.events)
        self._append(machine.reopen(now).events)
        if self._checkpoints is not None:
            kept = [ref for trial in machine.facts.trials for ref in trial.checkpoints]
            self._checkpoints.sweep(kept)
        self._take(())

    def _stop(self) -> None:
        stopped = DriverStopped(self._now(), self._machine.facts.state_why)
        self._machine.handle(stopped)
        self._append([stopped])

    def _put_down(self, error: BaseException) -> None:
        """Leave a log that says what happened, if the store still takes it."""
        # A log that somebody else has taken over is left alone.
        if isinstance(error, StoreConflictError | StudyBusyError):
            return
        # The machine may be ahead of the log, so the log is what counts.
        with suppress(TunebookError):
            now, log = self._now(), self._store.events_after(self._study)
            facts = replay(event for _, event in log)
            events = recovery_events(facts, now)
            why = str(error) or type(error).__name__
            if facts.state is StudyState.RUNNING:
                events.append(StudyStateChanged(now, StudyState.PAUSED, why))
            events.append(DriverStopped(now, why))
            self._store.append(self._study, events, len(log) and log[-1][0])

    # -- from time to time -----------------------------------------------------------------

    def _patience_s(self) -> float:
        """Return how long to wait for events: not past a deadline of the budget."""
        facts = self._machine.facts
        deadline = facts.budget.deadline_seconds
        if deadline is None:
            return POLL_S
        left_s = deadline - facts.active_seconds(self._now())
        return min(POLL_S, left_s) if left_s > 0 else POLL_S

    def _renew_lease(self) -> None:
        if self._lease is not None and self._tended_at - self._renewed_at >= RENEW_S:
            self._renewed_at = self._tended_at
            self._lease = self._store.renew_lease(self._lease, self._clock.now())

    def _obeyed(self, now: float) -> Iterator[Decided]:
        last = self._machine.facts.last_request
        for request in self._store.requests_after(self._study, last):
            yield self._machine.obey(request, now)


def _require_space(events: Sequence[Event]) -> None:
    """Raise ``StoreFullError`` if a trial was lost to a full disk: the next one would be, too."""
    for event in events:
        if isinstance(event, TrialLost) and event.failure.kind is FailureKind.NO_SPACE:
            raise StoreFullError(
                f"Trial {event.trial} could not go on for want of space; what was written is kept",
                got=event.failure.message,
                do="Make space on that disk, then resume the study",
            )
