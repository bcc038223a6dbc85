"""The errors that every store raises in the same words, and what a database's errors mean.

A driver's error is known by its code, never by its text.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tunebook.errors import (
    NotAStoreError,
    StoreConflictError,
    StoreError,
    StoreFullError,
    StudyExistsError,
    StudyNotFoundError,
    nearest,
)
from tunebook.records import REQUEST_KINDS

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# The shared-memory index of the write-ahead log could not grow: the disk is full, too.
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNWRITABLE = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def not_found(study: object, known: Iterable[str]) -> StudyNotFoundError:
    """Return the error for a study, given by name or number, that is not there."""
    do = nearest(str(study), known)
    return StudyNotFoundError("There is no such study", got=study, do=do)


def exists(name: str) -> StudyExistsError:
    """Return the error for a name that is taken."""
    return StudyExistsError(
        "There is a study of that name already",
        got=name,
        do="Resume it, or give the new study another name",
    )


def conflict(name: str, after_seq: int, last_seq: int) -> StoreConflictError:
    """Return the error for an append to a log that has moved on."""
    return StoreConflictError(
        f"Somebody else has written to the log of the study {name!r}; nothing was added",
        got=f"an append after event {after_seq}",
        expected=f"after event {last_seq}, the last one",
        do="Make sure that only one process drives the study, then resume it",
    )


def check_request(kind: str) -> None:
    """Raise ``StoreError`` for a kind of request that no driver would obey."""
    if kind not in REQUEST_KINDS:
        raise StoreError("No driver knows this request", got=kind, do=nearest(kind, REQUEST_KINDS))


def full(where: str) -> StoreFullError:
    """Return the error for a disk without space."""
    return StoreFullError(
        f"No space is left for {where}; what was written before is kept",
        do="Make space on that disk, then resume the study",
    )


def is_full(error: OSError) -> bool:
    """Whether a file could not be written for lack of space."""
    return error.errno in _NO_SPACE


def damaged(address: str, got: object) -> NotAStoreError:
    """Return the error for a store whose content makes no sense."""
    return NotAStoreError(
        f"The file {address} is not a store, or is damaged",
        got=str(got),
        do="Give another file; for a damaged store, 'tunebook recover' reads what can be read",
    )


@contextmanager
def decoded(address: str) -> Iterator[None]:
    """Turn what damaged content raises when it is decoded in the block into ``NotAStoreError``."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise damaged(address, f"{type(error).__name__}: {error}") from error


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Turn what the database raises in the block into ``StoreError``."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        raise _meaning(error.orig, address) from error
    except UnicodeDecodeError as error:
        raise damaged(address, error) from error


def _meaning(error: BaseException | None, address: str) -> StoreError:
    if isinstance(error, sqlite3.Error):
        return sqlite_meaning(error, address)
    state = str(getattr(error, "sqlstate", None) or "")
    if state == "53100":
        return full(f"the store {address}")
    what = "The database could not be reached" if state in {"", "08006"} else "The database refused"
    return StoreError(
        f"{what}: {address}", got=str(error).strip(), do="Check that it runs and takes connections"
    )


def sqlite_meaning(error: sqlite3.Error | UnicodeDecodeError, address: str) -> StoreError:
    """Return the store's error for one of SQLite's, or for text that is not text."""
    code = getattr(error, "sqlite_errorcode", 0)
    primary = code & 0xFF
    if {code, primary} & _FULL:
        return full(f"the store {address}")
    if primary in _LOCKED:
        return StoreError(
            f"Another program keeps the store {address} locked",
            got=str(error),
            do="End what has the file open for writing (a database browser, a backup), then retry",
        )
    if primary in _UNWRITABLE:
        return StoreError(
            f"The store {address} cannot be opened for writing",
            got=str(error),
            do="Check the rights of the file and its folder, or give another place with --home",
        )
    if primary in _DAMAGED or isinstance(error, UnicodeDecodeError):
        return damaged(address, error)
    return StoreError(
        f"The store {address} could not be used",
        got=f"{error} ({getattr(error, 'sqlite_errorname', 'no code')})",
        do="Check the disk that holds it",
    )
