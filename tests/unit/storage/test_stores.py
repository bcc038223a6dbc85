"""The stores we ship keep the contract, and find their addresses."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from tunebook.errors import NotAStoreError, StoreError
from tunebook.storage import Store, open_store
from tunebook.storage.sql import SqlStore
from tunebook.storage.sqlite_file import open_sqlite
from tunebook.testing.samples import sample_spec, sample_start, sample_trial
from tunebook.testing.store_suite import StoreSuite


class TestMemoryStore(StoreSuite):
    def make_store(self, tmp_path: Path) -> Store:
        return open_store("memory")


class TestSqliteStore(StoreSuite):
    def make_store(self, tmp_path: Path) -> Store:
        return open_store(tmp_path / "home" / "tunebook.db")


def test_reopened_store_has_everything(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    first = open_store(path)
    study = first.create_study(sample_spec(), at=1.0)
    first.append(study, sample_trial(0), after_seq=1)
    first.add_request(study, "stop study", {}, at=2.0)
    logged, asked = first.events_after(study), first.requests_after(study)
    first.close()
    second = open_store(path)
    assert second.events_after(study) == logged
    assert second.requests_after(study) == asked
    second.close()


def test_second_store_sees_what_the_first_appends(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    writer, reader = open_store(path), open_store(path)
    study = writer.create_study(sample_spec(), at=1.0)
    writer.append(study, sample_start(0), after_seq=1)
    assert reader.last_seq(study) == 3
    assert reader.events_after(study) == writer.events_after(study)
    writer.close()
    reader.close()


def test_all_of_one_reading_sees_one_state(tmp_path: Path) -> None:
    # Else a reader could get event 12 without 11, and never ask for 11 again.
    database = open_sqlite(tmp_path / "tunebook.db", busy_timeout_s=1.0)
    store = SqlStore(database)
    study = store.create_study(sample_spec(), at=1.0)
    count = "SELECT count(*) FROM tunebook_events"
    with database.reading() as connection:
        before = connection.exec_driver_sql(count).scalar()
        store.append(study, sample_start(0), after_seq=1)
        assert connection.exec_driver_sql(count).scalar() == before
    assert store.last_seq(study) == 3
    store.close()


def test_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    path.touch()
    store = open_store(path)
    store.create_study(sample_spec(), at=1.0)
    store.close()
    assert path.stat().st_size > 0


def test_address_is_the_path(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a b#%.db")
    assert store.address == str(tmp_path / "a b#%.db")
    store.close()
    again = open_store(tmp_path / "a b#%.db")
    again.close()
    assert [file.name for file in tmp_path.iterdir()] == ["a b#%.db"]


@pytest.mark.parametrize("address", ["mysql://host/db", "redis://host", "http://host/x.db"])
def test_other_kinds_of_address_are_refused(address: str) -> None:
    with pytest.raises(NotAStoreError, match="postgresql://"):
        open_store(address)


def test_address_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(NotAStoreError, match="postgresql://user@host/database"):
        open_store("postgresql://host:port:port/x")


def test_store_that_is_opened_twice_stays_open_until_both_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    first, second, third = (
        open_store(path),
        open_store(path),
        open_store(tmp_path / "." / path.name),
    )
    study = first.create_study(sample_spec(), at=1.0)
    first.close()
    first.close()
    assert second.append(study, sample_start(0), after_seq=1) == 3
    second.close()
    assert third.last_seq(study) == 3
    assert path.with_name("tunebook.db-wal").exists()
    third.close()
    assert not path.with_name("tunebook.db-wal").exists()


def test_store_is_closed_when_nobody_has_it_any_more(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    store = open_store(path)
    store.create_study(sample_spec(), at=1.0)
    assert path.with_name("tunebook.db-wal").exists()
    del store
    gc.collect()
    assert not path.with_name("tunebook.db-wal").exists()


def test_file_that_was_put_in_the_place_of_an_open_one_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "tunebook.db"
    old = open_store(path)
    old.create_study(sample_spec("old"), at=1.0)
    for name in ("tunebook.db", "tunebook.db-wal", "tunebook.db-shm"):
        (tmp_path / name).unlink()
    new = open_store(path)
    assert not new.list_studies()
    new.create_study(sample_spec("new"), at=1.0)
    assert [entry.name for entry in old.list_studies()] == ["old"]
    assert [entry.name for entry in new.list_studies()] == ["new"]
    old.close()
    new.close()


def test_store_that_was_deleted_is_not_made_again_behind_its_users_back(tmp_path: Path) -> None:
    store = open_store(tmp_path / "tunebook.db")
    for path in tmp_path.iterdir():
        path.unlink()
    pid = os.fork()  # closes the connections: the next use opens them again
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    with pytest.raises(StoreError, match="cannot be opened"):
        store.list_studies()
    assert not list(tmp_path.iterdir())
    store.close()
