"""The tables of a store, the same for SQLite and PostgreSQL.

``reports`` holds the measurements of slices that still run, ``measurements`` those of finished
slices, one row per metric. Numbers in ``seq`` come from one counter per study, kept in
``studies.last_seq``; a log that was compacted has gaps. A change here needs a new SCHEMA_VERSION.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA_VERSION = 2
"""2: studies can be renamed, and a SQLite file says by its application id that it is ours."""

metadata = MetaData()


def _study_key(*, is_key: bool = True) -> Column[int]:
    owner = ForeignKey("tunebook_studies.id", ondelete="CASCADE")
    return Column("study", Integer, owner, primary_key=is_key, nullable=False, index=not is_key)


def _packed_columns() -> list[Column[bytes]]:
    names = ("steps", "values", "seconds")
    return [Column(name, LargeBinary, nullable=False) for name in names]


meta = Table("tunebook_meta", metadata, Column("schema_version", Integer, primary_key=True))

studies = Table(
    "tunebook_studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", Double, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    # The number of a deleted study must not come again: a late writer would hit the new one.
    sqlite_autoincrement=True,
)

events = Table(
    "tunebook_events",
    metadata,
    _study_key(),
    Column("seq", BigInteger, primary_key=True),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("trial", Integer),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

reports = Table(
    "tunebook_reports",
    metadata,
    _study_key(),
    Column("trial", Integer, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("metric", Text, nullable=False),
    *_packed_columns(),
    sqlite_with_rowid=False,
)

measurements = Table(
    "tunebook_measurements",
    metadata,
    _study_key(),
    Column("seq", BigInteger, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("trial", Integer, nullable=False),
    Column("metric", Text, nullable=False),
    *_packed_columns(),
)

requests = Table(
    "tunebook_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    _study_key(is_key=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,
)

leases = Table(
    "tunebook_leases",
    metadata,
    _study_key(),
    Column("holder", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started_at", Double, nullable=False),
    Column("renewed_at", Double, nullable=False),
)
