"""Stores: where studies and their logs are kept. See ``protocol`` for what every store promises.

Importing this package must stay light: SQLAlchemy is loaded when a database is opened.
"""

from __future__ import annotations

import os
from pathlib import Path

from tunebook.errors import NotAStoreError
from tunebook.storage.protocol import LEASE_SECONDS, Lease, Store, StudyEntry

__all__ = ["LEASE_SECONDS", "Lease", "Store", "StudyEntry", "open_store"]

_POSTGRES = ("postgresql", "postgres")
BUSY_TIMEOUT_S = 20.0
"""Seconds that a write waits for another program that has the file locked."""


def open_store(address: str | os.PathLike[str], *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Store:
    """Open the store at ``address``, which is made when it does not exist.

    ``address`` is the path of a SQLite file, ``memory`` for one that keeps nothing, or
    ``postgresql://user@host/database``. A file that cannot be written is opened to be read; the
    store's ``note`` says so. Raises ``NotAStoreError`` for a file or address that is something
    else, ``StoreVersionError`` for a store of a newer tunebook.
    """
    text = os.fspath(address)
    if text == "memory":
        from tunebook.storage.memory import MemoryStore

        return MemoryStore()
    from tunebook.storage.database import open_postgres
    from tunebook.storage.sql import SqlStore
    from tunebook.storage.sqlite_file import open_sqlite

    scheme, separator, _ = text.partition("://")
    if not separator:
        return SqlStore(open_sqlite(Path(text), busy_timeout_s=busy_timeout_s))
    if scheme.partition("+")[0] in _POSTGRES:
        return SqlStore(open_postgres(text))
    raise NotAStoreError(
        "A store cannot be opened at this kind of address",
        got=text,
        expected="the path of a file, 'memory', or postgresql://user@host/database",
    )
