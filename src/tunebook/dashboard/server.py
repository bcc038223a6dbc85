"""Serves the dashboard: binds the port first, so that the address can be told before it runs."""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import final

import uvicorn

from tunebook.dashboard.app import create_app
from tunebook.dashboard.protocol import BACKLOG, MAX_CONNECTIONS, LimitedProtocol
from tunebook.dashboard.queries import Queries
from tunebook.dashboard.security import Access, kept_token
from tunebook.errors import InputError
from tunebook.settings import Settings
from tunebook.storage import Store

LOOPBACK = "127.0.0.1"
TOKEN_FILE = "dashboard-token"
SHUTDOWN_S = 1
"""So long an open stream of events is waited for when the server ends."""


def serve(
    store: Store,
    settings: Settings,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    ready: Callable[[str], None],
) -> None:
    """Serve a store; ``ready`` gets the address. Port 0: any. ``InputError`` for a taken one."""
    queries = Queries(store, settings.home)
    access = Access(kept_token(settings.home / TOKEN_FILE), _hosts(host))
    listener = _listening(host, port)
    config = uvicorn.Config(
        create_app(queries, access),
        log_level="warning",
        access_log=False,
        http=LimitedProtocol,
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        backlog=BACKLOG,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    out_of_files = OutOfFiles()
    for logger in ("asyncio", "uvicorn.error"):
        logging.getLogger(logger).addFilter(out_of_files)
    name = f"[{host}]" if ":" in host else host
    ready(f"http://{name}:{listener.getsockname()[1]}/?token={access.token}")
    # Large studies take seconds to fold: that is done before somebody asks.
    threading.Thread(target=queries.prepare, daemon=True).start()
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


@final
class OutOfFiles(logging.Filter):
    """Says once, not for each connection, that no more files or connections can be opened."""

    has_said = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, OSError) or error.errno not in {errno.EMFILE, errno.ENFILE}:
            return True
        limit, has_said = os.sysconf("SC_OPEN_MAX"), self.has_said
        record.msg = (
            f"Too many open files: the dashboard may have {limit}, and connections wait. Close "
            f"pages, or start it after 'ulimit -n {4 * limit}'"
        )
        record.args = record.exc_info = None
        self.has_said = True
        return not has_said


def _hosts(host: str) -> tuple[str, ...]:
    """Return the names under which the server answers; any other may be a rebound one."""
    own = (LOOPBACK, "localhost", "::1")
    if host in own:
        return own
    return (*own, host, socket.gethostname(), socket.getfqdn())


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise InputError(
            "The dashboard cannot listen there",
            got=f"{host}:{port}",
            do=f"{error.strerror}; choose another --port, or 0 for any that is free",
        ) from error
    return listener
