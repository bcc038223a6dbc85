"""The tables of a store, the same for SQLite and PostgreSQL.

``reports`` holds the measurements of slices that still run, ``measurements`` those of finished
slices, one row per metric. Numbers in ``seq`` come from one counter per study, kept in
``studies.last_seq``; a log that was compacted has gaps. A change here needs a new SCHEMA_VERSION.
"""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA_VERSION = 2
"""2: studies can be renamed, and a SQLite file says by its application id that it is ours."""

metadata = sa.MetaData()


def _study_key(*, is_key: bool = True) -> sa.Column[int]:
    owner = sa.ForeignKey("tunebook_studies.id", ondelete="CASCADE")
    return sa.Column(
        "study", sa.Integer, owner, primary_key=is_key, nullable=False, index=not is_key
    )


def _packed_columns() -> list[sa.Column[bytes]]:
    names = ("steps", "values", "seconds")
    return [sa.Column(name, sa.LargeBinary, nullable=False) for name in names]


meta = sa.Table(
    "tunebook_meta", metadata, sa.Column("schema_version", sa.Integer, primary_key=True)
)

studies = sa.Table(
    "tunebook_studies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    # The number of a deleted study must not come again: a late writer would hit the new one.
    sqlite_autoincrement=True,
)

events = sa.Table(
    "tunebook_events",
    metadata,
    _study_key(),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("trial", sa.Integer),
    sa.Column("body", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

reports = sa.Table(
    "tunebook_reports",
    metadata,
    _study_key(),
    sa.Column("trial", sa.Integer, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    *_packed_columns(),
    sqlite_with_rowid=False,
)

measurements = sa.Table(
    "tunebook_measurements",
    metadata,
    _study_key(),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("trial", sa.Integer, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    *_packed_columns(),
)

requests = sa.Table(
    "tunebook_requests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _study_key(is_key=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

leases = sa.Table(
    "tunebook_leases",
    metadata,
    _study_key(),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("process_started_at", sa.Double, nullable=False),
    sa.Column("renewed_at", sa.Double, nullable=False),
)
