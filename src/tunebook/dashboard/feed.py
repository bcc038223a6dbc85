"""Server-sent events keyed by log numbers: a page says the last it saw and misses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio

from tunebook.dashboard.queries import Queries
from tunebook.errors import StudyNotFoundError
from tunebook.records.text import to_json
from tunebook.reports.messages import UpdateMessage

POLL_S = 0.1
"""So often the log is looked at: a new point is on the page within a quarter of a second."""

HEARTBEAT_S = 15.0


async def study_feed(queries: Queries, name: str, after: int) -> AsyncIterator[str]:
    """Yield server-sent events from event ``after`` on, for as long as somebody listens."""
    silent_s, findings_seq = 0.0, -1

    def news() -> tuple[UpdateMessage, str] | None:
        update = queries.update(name, after, findings_seq)
        return None if update is None else (update, to_json(update))

    yield "retry: 1000\n\n"
    while True:
        try:
            found = await anyio.to_thread.run_sync(news)
        except StudyNotFoundError:
            yield "event: gone\ndata: {}\n\n"
            return
        if found is not None:
            update, text = found
            after, findings_seq, silent_s = update.seq, update.study.findings_seq, 0.0
            yield f"id: {update.seq}\ndata: {text}\n\n"
        elif silent_s >= HEARTBEAT_S:
            silent_s = 0.0
            yield ": still here\n\n"
        await anyio.sleep(POLL_S)
        silent_s += POLL_S
