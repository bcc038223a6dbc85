"""The file of a SQLite store: finding out what it is, making it, opening it to write or to read.

A file is recognised through SQLite alone (see ``database`` for why); one that is not a store is
left as it is. Where it cannot be written it is read: with whoever writes it if SQLite can join
them, else as it lies on the disk.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tunebook.errors import NotAStoreError, StoreError, StoreVersionError
from tunebook.files import WorkingFolder
from tunebook.storage.database import OPENING, Database, check_version, prepare, version_of
from tunebook.storage.refusals import sqlite_meaning
from tunebook.storage.schema import SCHEMA_VERSION, meta

APPLICATION_ID = 0x74756E65
"""What the header of a store's file says it belongs to: "tune" in ASCII."""

PRIVATE = 0o600
_PAGES_PER_CHECKPOINT, _SWITCH_TIMEOUT_S = 4000, 10.0
_OPENED: dict[str, tuple[tuple[int, int], Database]] = {}


def open_sqlite(path: Path, *, busy_timeout_s: float) -> Database:
    """Open the SQLite store at ``path``, which is created with its folder when missing.

    One that this process has open already is shared. ``NotAStoreError`` for anything that is not
    a store.
    """
    place = os.path.realpath(path)
    with OPENING:
        try:
            is_new = _make(path)
            status = path.stat()
        except OSError as error:
            raise StoreError(
                "The store cannot be opened",
                got=f"{path}: {error.strerror or error}",
                do="Check the path and its rights, or give another place with --home",
            ) from error
        identity = (status.st_dev, status.st_ino)
        known = _OPENED.get(place)
        if known is not None and known[0] == identity and known[1].n_users > 0:
            # A newer tunebook may have changed it since.
            check_version(version_of(known[1]), str(path))
            known[1].n_users += 1
            return known[1]
        database = _opened(path, is_new=is_new, busy_timeout_s=busy_timeout_s)
        _OPENED[place] = (identity, database)
        return database


def is_open_here(path: Path) -> bool:
    """Whether this process has the file open as a store."""
    known = _OPENED.get(os.path.realpath(path))
    return known is not None and known[1].n_users > 0


def _make(path: Path) -> bool:
    """Make the file, for its owner alone, unless it is there; return whether it is empty."""
    if path.is_dir():
        raise NotAStoreError(
            "A store is a file, and this is a folder",
            got=str(path),
            do=f"Give a file in it, such as {path / 'tunebook.db'}",
        )
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Nobody has a file open that is made here, so closing it drops no lock of ours.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    return path.stat().st_size == 0


def _opened(path: Path, *, is_new: bool, busy_timeout_s: float) -> Database:
    can_write = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    if not can_write and not is_new:
        return _opened_to_read(path, busy_timeout_s)
    connect = _connecting(path, "rw", busy_timeout_s)
    _check_identity(path, connect)
    database = Database(_engine(connect), str(path))
    try:
        prepare(database)
        _migrate(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _opened_to_read(path: Path, busy_timeout_s: float) -> Database:
    connect = _connecting(path, "ro", busy_timeout_s)
    try:
        _check_identity(path, connect)
        return _reading(connect, path, f"{path} cannot be written: it is only read")
    except (NotAStoreError, StoreVersionError):
        raise
    except StoreError:
        pass  # Nobody else has it open, or SQLite could have joined them.
    files = [file for file in (path, _log_of(path)) if file.exists()]
    written_at = time.localtime(max(file.stat().st_mtime for file in files))
    written = time.strftime("%Y-%m-%d %H:%M:%S", written_at)
    note = f"{path} cannot be written: shown as it was left at {written}"
    if not sum(file.stat().st_size for file in files if file != path):
        connect = _connecting(path, "ro&immutable=1", busy_timeout_s)
        _check_identity(path, connect)
        return _reading(connect, path, note)
    # What was written last lies in a log beside the file, which SQLite must be able to write.
    folder = WorkingFolder("tunebook-store-")
    try:
        copy = copied_to(path, folder.path)
        # Opened to be written once, which folds its log in; nothing else is written to a copy.
        _check_identity(path, _connecting(copy, "rw", busy_timeout_s))
        connect = _connecting(copy, "ro&immutable=1", busy_timeout_s)
        return _reading(connect, path, f"{note} (a copy of it)", folder.remove)
    except BaseException:
        folder.remove()
        raise


def _reading(
    connect: Callable[[], sqlite3.Connection],
    path: Path,
    note: str,
    when_closed: Callable[[], None] = lambda: None,
) -> Database:
    database = Database(_engine(connect), str(path), note=note, when_closed=when_closed)
    check_version(version_of(database), str(path))
    return database


def copied_to(path: Path, folder: Path) -> Path:
    """Copy a store and its log into a folder. Never of a store that this process has open."""
    if is_open_here(path):
        raise StoreError("This process uses the store, so its file cannot be copied", got=str(path))
    for source in (path, _log_of(path)):
        if source.exists():
            shutil.copyfile(source, folder / source.name)
            (folder / source.name).chmod(PRIVATE)
    return folder / path.name


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _connecting(path: Path, mode: str, busy_timeout_s: float) -> Callable[[], sqlite3.Connection]:
    """Return what opens a connection; a file that is not there any more is not made again."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return partial(sqlite3.connect, uri, uri=True, timeout=busy_timeout_s, check_same_thread=False)


def _engine(connect: Callable[[], sqlite3.Connection]) -> sa.Engine:
    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool)
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _: object) -> None:
    # None: the driver begins no transaction by itself, see _begin.
    connection.isolation_level = None
    for setting in (
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"wal_autocheckpoint = {_PAGES_PER_CHECKPOINT}",
    ):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: sa.Connection) -> None:
    # A writer takes the lock at once: one that began as a reader could not wait for it later.
    writes = connection.get_execution_options().get("tunebook_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_identity(path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
    """Raise ``NotAStoreError`` unless the file is a store or empty; make an empty one ours."""
    try:
        # A connection of sqlite3 is closed by hand: its context manager only ends transactions.
        with closing(connect()) as file:
            (owner,) = file.execute("PRAGMA application_id").fetchone()
            names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            tables = {str(name) for (name,) in names}
            if not tables and owner == 0:
                _keep_log(file)
                file.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                file.commit()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise sqlite_meaning(error, str(path)) from error
    # Stores of version 1 say so by their tables alone.
    if (owner or tables) and owner != APPLICATION_ID and meta.name not in tables:
        raise NotAStoreError(
            "This is the database of another program; it was left as it is",
            got=f"{path} with the tables {', '.join(sorted(tables)[:5]) or '(none)'}",
            do="Give the store a file of its own",
        )


def _keep_log(file: sqlite3.Connection) -> None:
    """Set the write-ahead log. SQLite waits for others, but not for those who do just this."""
    until = time.monotonic() + _SWITCH_TIMEOUT_S
    while True:
        try:
            file.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


MIGRATIONS: Mapping[int, Callable[[sa.Connection], object]] = {
    1: lambda connection: connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
}
"""What makes a store of each older version one of the next."""


def _migrate(database: Database, path: Path) -> None:
    """Bring an older store up to date, after a copy of it was laid aside."""
    version = version_of(database)
    if version is None or version >= SCHEMA_VERSION:
        return
    back_up(path, path.with_name(f"{path.name}.version-{version}"))
    with database.writing() as connection:
        # Another process may have done it meanwhile.
        version = connection.execute(sa.select(meta)).scalar_one()
        for step in range(version, SCHEMA_VERSION):
            MIGRATIONS[step](connection)
        connection.execute(sa.update(meta).values(schema_version=max(version, SCHEMA_VERSION)))


def back_up(path: Path, into: Path) -> None:
    """Copy a store whole, by SQLite, though others write to it; never half a file."""
    unfinished = into.with_name(f"{into.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
        source = _connecting(path, "rw", 60.0)
        with closing(source()) as store, closing(sqlite3.connect(unfinished)) as copy:
            store.backup(copy)
        unfinished.replace(into)
    except (OSError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(
            f"The store {path} cannot be copied before it is changed",
            got=str(error),
            do=f"Make space for {into}, or allow that it is written",
        ) from error
