"""HTTP with limits that uvicorn lacks: on the time of a request, and on connections that wait.

A connection waits until its request is complete, body included. Without limits some hundred
connections that never send theirs use up every file that the process may open.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 10.0
"""Seconds in which a request must be complete, counted from the end of the one before."""

MAX_WAITING = 64
"""Connections that wait for a request. One more closes the one that has waited longest."""

MAX_CONNECTIONS = 400
"""Connections in all. What comes on further ones is answered by 503."""

BACKLOG = 64
"""Connections that are queued, and accepted at once, before the first of them can be closed."""


class LimitedProtocol(H11Protocol):
    """One connection; ``deadline`` is set while it waits for a request, or for the rest of one."""

    deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # so does uvicorn
        """Wait for the first request."""
        super().connection_made(transport)
        others = [one for one in self.connections if isinstance(one, LimitedProtocol)]
        waiting = {one.deadline.when(): one for one in others if one.deadline is not None}
        if len(waiting) >= MAX_WAITING:
            waiting[min(waiting)].give_up()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; it may complete the request."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._stop_waiting()

    def give_up(self) -> None:
        """Close the connection: its request takes too long."""
        self._stop_waiting()
        self.transport.abort()

    def _watch(self) -> None:
        if self.transport.is_closing() or self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._stop_waiting()
        elif self.deadline is None:
            self.deadline = self.loop.call_later(REQUEST_S, self.give_up)

    def _stop_waiting(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None
