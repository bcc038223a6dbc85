"""Reading the pages of a SQLite file ourselves gives the rows that SQLite gives."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tunebook.storage.pages import Row, rows_of, with_log

NUMBERS = [0, 1, -1, 127, -128, 300, -70_000, 2**23, -(2**31), 2**40, -(2**47), 2**62, -(2**63)]
TEXTS = ["", "é" * 10, "x" * 300, "y" * 1500, "z" * 20_000]


def made(path: Path, size: int) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA page_size = {size}")
    database.execute("CREATE TABLE plain (number, real REAL, text TEXT, data BLOB)")
    database.execute(
        "CREATE TABLE keyed (a INTEGER, b INTEGER, t TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID"
    )
    for n, number in enumerate(NUMBERS * 20):
        text = TEXTS[n % len(TEXTS)]
        database.execute(
            "INSERT INTO plain VALUES (?, ?, ?, ?)", (number, n / 7, text, b"\0\xff" * n)
        )
        database.execute("INSERT INTO keyed VALUES (?, ?, ?)", (number, n, text))
    database.commit()
    return database


def wanted(database: sqlite3.Connection) -> set[Row]:
    plain = database.execute("SELECT rowid, * FROM plain").fetchall()
    keyed = database.execute("SELECT * FROM keyed").fetchall()
    return {Row(rowid, tuple(row)) for rowid, *row in plain} | {Row(None, row) for row in keyed}


@pytest.mark.parametrize("size", [512, 1024, 4096, 32768])
def test_rows_are_those_that_sqlite_reads(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.db"
    with closing(made(path, size)) as database:
        rows = wanted(database)
    found = list(rows_of(path.read_bytes()))
    assert len(found) == len(set(found)) == len(rows)
    assert set(found) == rows


def test_deleted_rows_on_free_pages_do_not_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(made(path, 512)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        rows = {row for row in wanted(database) if row.rowid is None}
        database.execute("DROP TABLE plain")
        database.commit()
        (n_free,) = database.execute("PRAGMA freelist_count").fetchone()
    # So many that one page does not list them all.
    assert n_free > 512 // 4
    assert set(rows_of(path.read_bytes())) == rows


def test_file_of_another_page_size_without_its_header_is_read_as_ours_would_be(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.db"
    with closing(made(path, 4096)) as database:
        rows = wanted(database)
    content = bytes(100) + path.read_bytes()[100:]
    assert set(rows_of(content)) == rows


def test_finished_transactions_of_the_log_are_taken_and_no_others(tmp_path: Path) -> None:
    path, log = tmp_path / "a.db", tmp_path / "a.db-wal"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE t (n INTEGER)")
        for n in range(3):
            database.execute("INSERT INTO t VALUES (?)", (n,))
            database.commit()
        content, whole = path.read_bytes(), log.read_bytes()
        numbers = [row.values for row in rows_of(with_log(content, whole))]
        assert numbers == [(0,), (1,), (2,)]
        torn = with_log(content, whole[:-10])
        assert [row.values for row in rows_of(torn)] == [(0,), (1,)]
        assert with_log(content, b"") == content
        # Frames of an earlier round of the log have another salt.
        stale = whole[:16] + bytes(8) + whole[24:]
        assert with_log(content, stale) == content
