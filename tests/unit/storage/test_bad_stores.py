"""What cannot be a store is refused and left as it is; what goes wrong is named."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tunebook.errors import NotAStoreError, StoreError, StoreFullError, StoreVersionError
from tunebook.storage import open_store
from tunebook.storage.refusals import sqlite_meaning
from tunebook.storage.schema import SCHEMA_VERSION
from tunebook.storage.sql import SqlStore
from tunebook.storage.sqlite_file import open_sqlite
from tunebook.testing.samples import sample_spec, sample_start, sample_trial


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def foreign_database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def test_text_file_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("lr = 0.1\n" * 100)
    before = digest(path)
    with pytest.raises(NotAStoreError, match="not a store") as refusal:
        open_store(path)
    assert digest(path) == before
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
    assert refusal.value.code == "E206"


def test_database_of_another_program_is_refused_and_untouched(tmp_path: Path) -> None:
    path = foreign_database(tmp_path / "other.db", "CREATE TABLE studies (study_id INTEGER)")
    before = digest(path)
    with pytest.raises(NotAStoreError, match=r"another program.*studies"):
        open_store(path)
    assert digest(path) == before


def test_database_with_a_broken_body_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    before = digest(path)
    with pytest.raises(NotAStoreError, match="damaged"):
        open_store(path)
    assert digest(path) == before


def test_store_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    open_store(path).close()
    foreign_database(path, f"UPDATE tunebook_meta SET schema_version = {SCHEMA_VERSION + 1}")
    before = digest(path)
    with pytest.raises(StoreVersionError, match=rf"version {SCHEMA_VERSION + 1}.*Upgrade"):
        open_store(path)
    assert digest(path) == before


def test_folder_is_refused_with_a_file_to_use(tmp_path: Path) -> None:
    with pytest.raises(NotAStoreError, match=r"folder.*tunebook\.db"):
        open_store(tmp_path)


def test_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be opened") as refusal:
        open_store(tmp_path / "file" / "tunebook.db")
    assert refusal.value.do is not None


def test_place_that_cannot_be_written_is_named() -> None:
    with pytest.raises(StoreError, match="/proc/tunebook"):
        open_store("/proc/tunebook/tunebook.db")


def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = foreign_database(tmp_path / "a.db", "CREATE TABLE t (x)")
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database,
        pytest.raises(sqlite3.OperationalError) as error,
    ):
        database.execute("INSERT INTO t VALUES (1)")
    meaning = sqlite_meaning(error.value, str(path))
    assert "cannot be opened for writing" in str(meaning)
    assert "rights" in str(meaning)


def test_full_store_keeps_what_it_has_and_works_again_with_space(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "tunebook.db", busy_timeout_s=1.0)
    store = SqlStore(database)
    study = store.create_study(sample_spec(), at=1.0)
    with database.writing() as connection:
        n_pages: int = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {n_pages + 2}")
    seq = 1

    def fill() -> None:
        nonlocal seq
        for number in range(1000):
            seq = store.append(study, sample_trial(number), after_seq=seq)

    with pytest.raises(StoreFullError, match="No space is left") as refusal:
        fill()
    assert refusal.value.code == "E204"
    assert store.last_seq(study) == seq
    kept = store.events_after(study)
    number = (seq - 1) // 5
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    assert store.append(study, sample_trial(number), after_seq=seq) == seq + 5
    assert list(store.events_after(study))[: len(kept)] == list(kept)
    store.close()


def test_store_that_is_locked_for_long_says_so_and_goes_on_later(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    store = open_store(path, busy_timeout_s=0.05)
    study = store.create_study(sample_spec(), at=1.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.append(study, sample_start(0), after_seq=1)
        assert store.last_seq(study) == 1
        browser.execute("ROLLBACK")
    assert store.append(study, sample_start(0), after_seq=1) == 3
    store.close()


def test_event_that_cannot_be_written_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    store = open_store(tmp_path / "tunebook.db")
    study = store.create_study(sample_spec(), at=1.0)
    with pytest.raises(StoreError):
        store.append(study, sample_start(0, lr=object()), after_seq=1)  # type: ignore[arg-type]
    assert store.last_seq(study) == 1
    assert store.append(study, sample_trial(0), after_seq=1) == 6
    store.close()


def test_event_of_a_newer_version_is_named_when_read(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    store = open_store(path)
    study = store.create_study(sample_spec(), at=1.0)
    foreign_database(path, "UPDATE tunebook_events SET kind = 'study cloned'")
    with pytest.raises(StoreVersionError, match="study cloned"):
        store.events_after(study)
    store.close()
