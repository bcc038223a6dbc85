"""A store's database: its connections, its transactions, its version.

SQLite runs in write-ahead mode: one process writes while any number read, and a killed process
loses nothing of a finished transaction. The locks that make this safe belong to the process, and
closing any descriptor of the file drops all of them. Therefore nothing here opens the file but
SQLite, a process has one ``Database`` for one file however often it is opened, and every
connection is closed before a fork.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from tunebook.errors import NotAStoreError, StoreError, StoreVersionError
from tunebook.storage.refusals import damaged, decoded, translated
from tunebook.storage.schema import SCHEMA_VERSION, meta, metadata

SYNCHRONOUS = {False: "NORMAL", True: "FULL"}
"""SQLite's setting for transactions that a power cut may take, and for durable ones."""

_FORK_PATIENCE_S = 20.0


@final
class Database:
    """A store's database: one connection that writes, others that read.

    Threads may share it, and it may be used after a fork, on both sides. ``note`` says which state
    is shown when the database can only be read; it is empty otherwise. ``when_closed`` runs after
    the last user has closed it.
    """

    def __init__(
        self,
        engine: sa.Engine,
        address: str,
        *,
        note: str = "",
        when_closed: Callable[[], None] = lambda: None,
    ) -> None:
        self.address = address
        self.note = note
        self.n_users = 1
        self._engine = engine
        self._when_closed = when_closed
        self._lock = threading.RLock()
        self._no_fork = threading.Condition()
        self._n_readings = 0
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._is_durable: bool | None = None
        # All statements of one reading must see one state; SQLite gives that to any transaction.
        self._readers = (
            engine
            if self._is_sqlite
            else engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._writer: sa.Connection | None = None
        _IN_THIS_PROCESS.add(self)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection on which all statements see one state of the store."""
        with (
            self._counted_reading(),
            translated(self.address),
            decoded(self.address),
            self._readers.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _counted_reading(self) -> Iterator[None]:
        """Count a reading: a fork waits until none is going on, and none begins during one."""
        with self._no_fork:
            self._n_readings += 1
        try:
            yield
        finally:
            with self._no_fork:
                self._n_readings -= 1
                self._no_fork.notify_all()

    @contextmanager
    def writing(self, *, is_durable: bool = True) -> Iterator[sa.Connection]:
        """Give the writing connection for one transaction: all of it happens, or nothing.

        A durable transaction survives a power cut, and so does everything written before it; one
        that is not may be lost by a power cut, never by a killed process. PostgreSQL makes every
        transaction durable.
        """
        with self._lock, translated(self.address):
            if self._writer is None:
                self._writer = self._engine.connect().execution_options(tunebook_writes=True)
                self._is_durable = None
            if self._is_sqlite and self._is_durable is not is_durable:
                # Not by SQLAlchemy, which would begin the transaction first: then it is too late.
                raw: Any = self._writer.connection.dbapi_connection
                raw.execute(f"PRAGMA synchronous = {SYNCHRONOUS[is_durable]}")
                self._is_durable = is_durable
            with self._writer.begin():
                yield self._writer

    def close(self) -> None:
        """Close the database for one of its users, and all connections with the last one."""
        with self._lock:
            self.n_users -= 1
            if self.n_users > 0:
                return
            self._disconnect()
        self._when_closed()

    def _disconnect(self) -> None:
        """Close all connections; the next use opens new ones."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._engine.dispose()

    def _before_fork(self) -> None:
        self._lock.acquire()
        self._no_fork.acquire()
        if self._is_sqlite:
            self._no_fork.wait_for(lambda: self._n_readings == 0, _FORK_PATIENCE_S)
            self._disconnect()

    def _after_fork(self, *, is_child: bool) -> None:
        if is_child:
            self._n_readings = 0
        if is_child and not self._is_sqlite:
            # The parent goes on using its connections: the child only forgets them.
            self._writer = None
            self._engine.dispose(close=False)
        self._no_fork.release()
        self._lock.release()


OPENING = threading.RLock()
"""Held while a database is opened, so that no fork falls into it."""

_IN_THIS_PROCESS: weakref.WeakSet[Database] = weakref.WeakSet()
_AT_FORK: list[Database] = []


def _before_fork() -> None:
    OPENING.acquire()
    _AT_FORK[:] = list(_IN_THIS_PROCESS)
    for database in _AT_FORK:
        database._before_fork()  # noqa: SLF001 - of this module


def _after_fork(*, is_child: bool) -> None:
    while _AT_FORK:
        database = _AT_FORK.pop()
        database._after_fork(is_child=is_child)  # noqa: SLF001 - of this module
    OPENING.release()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=partial(_after_fork, is_child=False),
    after_in_child=partial(_after_fork, is_child=True),
)


def open_postgres(address: str) -> Database:
    """Open the store in the PostgreSQL database of that address."""
    try:
        url = sa.make_url(address).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, pool_pre_ping=True)
    except (ArgumentError, ValueError) as error:
        raise NotAStoreError(
            "This is not the address of a database",
            got=address,
            expected="postgresql://user@host/database",
        ) from error
    except ImportError as error:
        raise StoreError(
            "The driver for PostgreSQL is missing",
            got=str(error),
            do="Install it with: pip install 'tunebook[postgres]'",
        ) from error
    database = Database(engine, url.render_as_string(hide_password=True))
    try:
        prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def prepare(database: Database) -> None:
    """Make the tables of a new store; ``StoreVersionError`` for one of a newer tunebook."""
    version = version_of(database)
    if version is None:
        try:
            with database.writing() as connection:
                metadata.create_all(connection)
                if connection.execute(sa.select(meta)).first() is None:
                    connection.execute(sa.insert(meta), {"schema_version": SCHEMA_VERSION})
        except StoreError:
            # Another process may have created the tables at the same moment.
            if (version := version_of(database)) is None:
                raise
    check_version(version, database.address)


def version_of(database: Database) -> int | None:
    """Return the version of the store's tables, None if it has none yet."""
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(meta.name):
            return None
        found: int | None = connection.execute(sa.select(meta)).scalar()
        return found


def check_version(version: int | None, address: str) -> None:
    """Raise ``StoreVersionError`` for the tables of a newer tunebook."""
    if version is not None and version < 1:
        raise damaged(address, f"version {version} of the store")
    if version is not None and version > SCHEMA_VERSION:
        raise StoreVersionError(
            f"The store {address} was written by a newer tunebook",
            got=f"version {version} of the store",
            expected=f"version {SCHEMA_VERSION} or older",
            do="Upgrade tunebook, or use another store",
        )
