"""Trials in processes of this machine: one long-lived worker for each slot.

All workers are forked from one server that has imported the user's code, see ``server``; they are
started when they are first needed. Everything happens in the thread that calls ``events``: there
are no threads and no locks here.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never, final

from tunebook.engine.commands import Command, Continue, Discard, Halt, Launch, Release
from tunebook.errors import WorkerStartError
from tunebook.execution.devices import device_of_each, find_gpus, physical_name
from tunebook.execution.failures import KILLS, Death
from tunebook.execution.launch_queue import LaunchQueue
from tunebook.execution.memory_watch import MemoryWatch
from tunebook.execution.process_tree import end_marked, mark_of
from tunebook.execution.protocol import Deliver
from tunebook.execution.script_link import sweep_links
from tunebook.execution.server_link import ServerLink, start_server, starting
from tunebook.execution.trial_setup import DRY_RUN, TrialSetup
from tunebook.execution.wire import wire_pair
from tunebook.execution.worker import WorkerOptions
from tunebook.execution.worker_link import Phase, WorkerLink
from tunebook.records import (
    Event,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialNumber,
    TrialReached,
)
from tunebook.training import TrainingFunction

_DEFAULTS = WorkerOptions()
_MAX_SETBACKS = 8
"""Deaths of the server, and failed starts of workers, in a row: then the study cannot go on."""
_PAUSE_S = 0.05
"""Seconds without a new worker after a setback, times two after each further one."""


@dataclass(slots=True)
class _Slot:
    """Room for one worker on one device."""

    gpu: str | None
    link: WorkerLink | None = None

    @property
    def is_idle(self) -> bool:
        """Whether its worker has nothing to do."""
        return self.link is not None and self.link.phase is Phase.IDLE and not self.link.is_dying


@final
class ProcessExecutor:
    """``n_workers`` slots, each with a process of its own.

    ``function`` is a training function or its name as ``module:function``. ``per_device`` workers
    share one GPU; ``gpus`` are named as CUDA_VISIBLE_DEVICES takes them (None: those there are,
    empty: the CPU). The constructor returns when the user's code is imported: ``TaskError`` if it
    cannot be, ``InputError`` for more workers than the devices take.
    """

    can_pause = True

    def __init__(
        self,
        function: TrainingFunction | str,
        setup: TrialSetup,
        *,
        n_workers: int,
        per_device: int = 1,
        options: WorkerOptions = _DEFAULTS,
        gpus: Sequence[str] | None = None,
        memory_watch: MemoryWatch | None = None,
    ) -> None:
        found = find_gpus(os.environ) if gpus is None else gpus
        self._function = function
        self._setup = setup
        self._options = options
        self._slots = [_Slot(gpu) for gpu in device_of_each(n_workers, found, per_device)]
        self.n_slots = n_workers
        self._memory_watch = memory_watch or MemoryWatch()
        self._queue = LaunchQueue()
        self._outbox: list[Event] = []
        self._poll = select.poll()
        self._link_by_fd: dict[int, WorkerLink] = {}
        self._waiting: dict[TrialNumber, WorkerLink] = {}
        self._dismissed: list[WorkerLink] = []
        self._n_workers_so_far = 0
        self._n_setbacks = 0
        self._start_at = 0.0
        self._server: ServerLink | None = None
        self._start_server()

    @property
    def is_saving(self) -> bool:
        """Whether a worker is still saving the trial that was taken from it."""
        return any(link.phase is Phase.LEAVING for link in self._links())

    def carry_out(self, command: Command) -> None:
        """Do what the command says; what needs a new worker is done by ``events``."""
        match command:
            case Halt():
                self._halt(command)
            case Launch():
                self._queue.add(command)
                self._assign(may_start_workers=False)
            case Continue(trial=trial, until_step=until):
                for link in self._links_with(trial):
                    link.proceed(until)
            case Release(trial=trial):
                self._release(trial)
            case Discard():
                pass
            case _:
                assert_never(command)

    def events(self, deliver: Deliver, timeout_s: float) -> None:
        """Wait for the workers, look after them, and deliver what they say."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._assign(may_start_workers=time.monotonic() >= self._start_at)
            self._listen(deadline)
            if self._outbox:
                batch, self._outbox = self._outbox, []
                deliver(batch)
                return
            if time.monotonic() >= deadline:
                return

    def close(self) -> None:
        """Kill every worker, their server, and whatever they started."""
        self._stop_server()
        for link in list(self._links()):
            self._let_go(link)
            link.wire.close()
        self._queue = LaunchQueue()
        self._outbox.clear()

    def _links(self) -> Iterator[WorkerLink]:
        yield from (slot.link for slot in self._slots if slot.link is not None)
        yield from self._waiting.values()
        yield from self._dismissed

    def _links_with(self, trial: TrialNumber) -> Iterator[WorkerLink]:
        return (link for link in self._links() if link.has(trial))

    def _release(self, trial: TrialNumber) -> None:
        """Free the slot of a trial; what cannot be saved waits in its process, as far as it may.

        Not on a GPU: there the next trial needs the memory. A timing run is never wanted again.
        """
        may_wait = trial != DRY_RUN and self._options.max_waiting > 0
        for slot in self._slots:
            link = slot.link
            if link is None or not link.has(trial):
                continue
            is_held = link.phase is Phase.HELD
            if not (may_wait and is_held) or link.is_tracked or slot.gpu is not None:
                link.release()
                continue
            link.park()
            slot.link, self._waiting[trial] = None, link
            if len(self._waiting) > self._options.max_waiting:
                self._dismiss(self._waiting.pop(next(iter(self._waiting))))

    def _dismiss(self, link: WorkerLink) -> None:
        link.dismiss()
        self._dismissed.append(link)

    def _halt(self, halt: Halt) -> None:
        event = self._queue.halt(halt.trial, halt.outcome, time.time())
        if event is not None:
            self._outbox.append(event)
            return
        for link in self._links_with(halt.trial):
            link.halt(halt.outcome)

    def _assign(self, *, may_start_workers: bool) -> None:
        """Give waiting launches to idle workers, then to new ones."""
        for with_new in (False, True) if may_start_workers else (False,):
            for slot in self._slots:
                while slot.link is None if with_new else slot.is_idle:
                    # Its last worker may still be saving the checkpoint that it is to go on from.
                    launch = self._queue.take(lambda one: not any(self._links_with(one.trial)))
                    if launch is None:
                        return
                    if not self._give(slot, launch):
                        self._queue.put_first(launch)

    def _give(self, slot: _Slot, launch: Launch) -> bool:
        waiting = self._waiting.pop(launch.trial, None)
        if waiting is not None and waiting.can_resume(launch):
            if slot.link is not None:
                self._dismiss(slot.link)
            slot.link = waiting
            self._outbox.append(waiting.resume(launch, physical_name(slot.gpu)))
            return True
        if waiting is not None:
            self._dismiss(waiting)
        link = slot.link or self._new_worker(slot)
        return link.begin(launch)

    def _start_server(self) -> ServerLink:
        server = self._server = start_server(self._function, self._setup, self._options)
        self._poll.register(server.wire, select.POLLIN)
        return server

    def _stop_server(self) -> None:
        if self._server is not None:
            self._poll.unregister(self._server.wire)
            self._server.stop()
            self._server = None
            # A server that was killed itself could not see to what workers leave behind.
            end_marked(mark_of(self._setup.home, self._setup.study))
            sweep_links()

    def _new_worker(self, slot: _Slot) -> WorkerLink:
        server = self._server or self._start_server()
        with starting():
            wire, end = wire_pair()
        self._n_workers_so_far += 1
        number, grace_s = self._n_workers_so_far, self._options.grace_s
        link = slot.link = WorkerLink(number, wire, self._setup, grace_s=grace_s)
        # If the server is gone, so is the other end of the wire, and both are noticed soon.
        with end, contextlib.suppress(OSError):
            server.spawn(number, slot.gpu, end)
        self._link_by_fd[wire.fileno()] = link
        self._poll.register(wire, select.POLLIN)
        return link

    def _wait_s(self, deadline: float) -> float:
        if self._outbox:
            return 0.0
        due = (link.due_at for link in self._links())
        until = min((at for at in due if at is not None), default=deadline)
        return max(0.0, min(until, deadline) - time.monotonic())

    def _listen(self, deadline: float) -> None:
        """Wait until something happens or is due, and see to it."""
        server = self._server
        for fd, _ in self._poll.poll(1000 * self._wait_s(deadline)):
            link = self._link_by_fd.get(fd)
            if link is not None:
                self._take(link.read())
                if link.has_ended:
                    self._forget(link)
            elif server is not None and fd == server.wire.fileno():
                self._hear(server)
        for link in self._links():
            if link.is_overdue() and self._server is not None:
                self._server.kill(link.number)
        self._assign(may_start_workers=False)

    def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, TrialCheckpointed):
                self._queue.add_checkpoint(event.checkpoint)
            if isinstance(event, TrialCheckpointed | TrialReached | TrialEnded | TrialFailed):
                self._n_setbacks = 0
        self._outbox += events

    def _hear(self, server: ServerLink) -> None:
        """Bury the workers that went; all of them, if their server went."""
        try:
            exits = server.exits()
        except EOFError:
            self._stop_server()
            self._bury({link.number: Death(None) for link in self._links()})
            self._take_setback(f"the process that starts workers ended with {server.status}")
            return
        deaths = {m["exited"]: Death(m.get("status"), m.get("peak_bytes")) for m in exits}
        is_kill = any(death.status in KILLS for death in deaths.values())
        if is_kill and self._memory_watch.has_risen():
            deaths = {n: replace(death, was_out_of_memory=True) for n, death in deaths.items()}
        self._bury(deaths)
        for why in (message["why"] for message in exits if "why" in message):
            self._take_setback(why)

    def _take_setback(self, why: str) -> None:
        """Try again after a pause: no trial is to blame; ``WorkerStartError`` if it goes on."""
        self._n_setbacks += 1
        if self._n_setbacks > _MAX_SETBACKS:
            raise WorkerStartError(
                f"No worker lives long enough to train: {self._n_setbacks} setbacks in a row",
                got=why,
                do="See what the module of the training function does when it is imported, and "
                "whether something kills its processes",
            )
        self._start_at = time.monotonic() + _PAUSE_S * 2 ** (self._n_setbacks - 1)

    def _bury(self, deaths: Mapping[int, Death]) -> None:
        for link in [link for link in self._links() if link.number in deaths]:
            self._let_go(link)
            self._take(link.buried(deaths[link.number]))

    def _let_go(self, link: WorkerLink) -> None:
        """Think no more of a worker that is gone."""
        self._forget(link)
        for slot in self._slots:
            if slot.link is link:
                slot.link = None
        self._waiting = {trial: w for trial, w in self._waiting.items() if w is not link}
        self._dismissed = [dismissed for dismissed in self._dismissed if dismissed is not link]

    def _forget(self, link: WorkerLink) -> None:
        """Listen to a worker no more."""
        if self._link_by_fd.pop(link.wire.fileno(), None) is not None:
            self._poll.unregister(link.wire)
