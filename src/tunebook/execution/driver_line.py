"""How a process that trains talks to the one that gives it orders: events out, orders in."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NoReturn, final

from tunebook.engine.commands import Launch
from tunebook.execution.messages import answer_in, halt_in, launch_in, write_events
from tunebook.execution.wire import Message, Wire
from tunebook.records import Event, TrialState
from tunebook.training import Answer


@final
class DriverLine:
    """The way to the driver and back; ``when_gone`` is called when there is no driver any more."""

    def __init__(self, wire: Wire, *, when_gone: Callable[[], NoReturn]) -> None:
        self._wire = wire
        self._when_gone = when_gone
        self._orders: deque[Message] = deque()
        self._halting: TrialState | None = None
        self._lock = threading.Lock()

    def next_launch(self) -> Launch:
        """Wait for an order to train."""
        self._halting = None
        while (launch := launch_in(self._next_order())) is None:
            pass
        return launch

    def send(self, events: Sequence[Event]) -> None:
        """Send events; also called by the thread that sends measurements."""
        self._say({"events": write_events(events)})

    def ask(self, events: Sequence[Event], *, is_tracked: bool) -> Answer:
        """Send the end of a slice and wait for the answer; earlier halts have crossed it."""
        self._say({"events": write_events(events), "is_tracked": is_tracked})
        while (answer := answer_in(self._next_order())) is None:
            pass
        self._halting = None
        return answer

    def halt(self) -> TrialState | None:
        """Return the last order to halt, without waiting."""
        try:
            self._orders.extend(self._wire.read(0.0))
        except EOFError:
            self._when_gone()
        while self._orders and halt_in(self._orders[0]) is not None:
            self._halting = halt_in(self._orders.popleft())
        return self._halting

    def finish(self, events: Sequence[Event], *, is_tired: bool) -> None:
        """Send the end of an attempt, and that this worker is free."""
        self._say({"events": write_events(events), "is_idle": True, "is_tired": is_tired})

    def _next_order(self) -> Message:
        while not self._orders:
            try:
                self._orders.extend(self._wire.read(None))
            except EOFError:
                self._when_gone()
        return self._orders.popleft()

    def _say(self, message: Message) -> None:
        try:
            with self._lock:
                self._wire.send(message)
        except OSError:
            self._when_gone()
