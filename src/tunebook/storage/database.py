"""Opening a database for a store: its address, its settings, its version, its transactions.

SQLite files are looked at read-only first, so that a file that is not ours stays untouched. They
are used in write-ahead mode: one process writes while any number read, and a killed process loses
nothing of a finished transaction.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from tunebook.errors import NotAStoreError, StoreError, StoreVersionError
from tunebook.storage.refusals import sqlite_meaning, translated
from tunebook.storage.schema import SCHEMA_VERSION, meta, metadata

_MAGIC = b"SQLite format 3\x00"
_PAGES_PER_CHECKPOINT = 4000


@final
class Database:
    """A store's database: one open connection that writes, others that read.

    A connection must not cross a fork: open another ``Database`` in the child.
    """

    def __init__(self, engine: sa.Engine, address: str) -> None:
        self.address = address
        self._engine = engine
        self._lock = threading.RLock()
        is_postgres = engine.dialect.name == "postgresql"
        # All statements of one reading must see one state; SQLite gives that to any transaction.
        self._readers = (
            engine.execution_options(isolation_level="REPEATABLE READ") if is_postgres else engine
        )
        with translated(address):
            self._writer = engine.connect().execution_options(tunebook_writes=True)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection on which all statements see one state of the store."""
        with translated(self.address), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give the writing connection for one transaction: all of it happens, or nothing."""
        with self._lock, translated(self.address), self._writer.begin():
            yield self._writer

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._writer.close()
            self._engine.dispose()


def open_sqlite(path: Path, *, busy_timeout_s: float) -> Database:
    """Open the SQLite store at ``path``, which is created with its folder when missing."""
    is_new = _look_at(path)
    if is_new:
        _make_folder(path)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": busy_timeout_s}
    )
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return _opened(engine, str(path))


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
    return _opened(engine, url.render_as_string(hide_password=True))


def _opened(engine: sa.Engine, address: str) -> Database:
    try:
        database = Database(engine, address)
    except BaseException:
        engine.dispose()
        raise
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: Database) -> None:
    version = _version(database)
    if version is None:
        try:
            with database.writing() as connection:
                metadata.create_all(connection)
                if connection.execute(sa.select(meta)).first() is None:
                    connection.execute(sa.insert(meta), {"schema_version": SCHEMA_VERSION})
        except StoreError:
            # Another process may have created the tables at the same moment.
            if (version := _version(database)) is None:
                raise
    if version is not None and version != SCHEMA_VERSION:
        raise _other_version(version, database.address)


def _version(database: Database) -> int | None:
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(meta.name):
            return None
        found: int | None = connection.execute(sa.select(meta)).scalar()
        return found


def _other_version(version: object, address: str) -> StoreVersionError:
    return StoreVersionError(
        f"The store {address} was written by a newer tunebook",
        got=f"version {version} of the store",
        expected=f"version {SCHEMA_VERSION} or older",
        do="Upgrade tunebook, or use another store",
    )


def _look_at(path: Path) -> bool:
    """Return whether the file is still to be made; raise unless it is that or a store."""
    try:
        if path.is_dir():
            raise NotAStoreError(
                "A store is a file, and this is a folder",
                got=str(path),
                do=f"Give a file in it, such as {path / 'tunebook.db'}",
            )
        if not path.exists() or path.stat().st_size == 0:
            return True
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise _unusable(path, error) from error
    if magic != _MAGIC:
        raise NotAStoreError(
            "This file is not a store; it was left as it is",
            got=str(path),
            expected="a file that tunebook made, or one that does not exist yet",
        )
    tables = _tables_of(path)
    if tables and meta.name not in tables:
        raise NotAStoreError(
            "This is the database of another program; it was left as it is",
            got=f"{path} with the tables {', '.join(sorted(tables)[:5])}",
            do="Give the store a file of its own",
        )
    return not tables


def _tables_of(path: Path) -> set[str]:
    try:
        # A connection of sqlite3 is closed by hand: its context manager only ends transactions.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            rows = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    except sqlite3.Error as error:
        raise sqlite_meaning(error, str(path)) from error
    return {str(name) for (name,) in rows}


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        "The store cannot be opened",
        got=f"{path}: {error.strerror or error}",
        do="Check the path and its rights, or give another place with --home",
    )


def _configure_sqlite(connection: Any, _: object) -> None:
    # None: the driver begins no transaction by itself, see _begin_sqlite.
    connection.isolation_level = None
    for setting in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"wal_autocheckpoint = {_PAGES_PER_CHECKPOINT}",
    ):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes the lock at once: one that began as a reader could not wait for it later.
    writes = connection.get_execution_options().get("tunebook_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
