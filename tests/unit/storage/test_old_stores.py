"""A store of an older version opens with all that it holds, and a copy of it is laid aside."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tunebook.engine import replay
from tunebook.errors import StoreError
from tunebook.records import StudyState
from tunebook.storage import open_store
from tunebook.storage.schema import SCHEMA_VERSION
from tunebook.storage.sqlite_file import APPLICATION_ID
from tunebook.testing.samples import sample_spec

STORED = Path(__file__).with_name("store-0.1.0.db")
"""Made by version 0.1.0: a study of four random trials with three steps each."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copyfile(STORED, tmp_path / "tunebook.db"))


def asked(path: Path, question: str) -> object:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(question).fetchone()[0]


def test_store_of_version_0_1_0_opens_with_all_its_values(old: Path) -> None:
    store = open_store(old)
    study = store.find_study("digits")
    facts = replay(event for _, event in store.events_after(study))
    assert facts.state is StudyState.DONE
    assert [trial.value for trial in facts.trials] == [
        1.8258557670159512,
        2.8523546283386,
        1.0163165853351437,
        1.0180485288235712,
    ]
    assert list(facts.trials[1].curves["acc"].steps) == [1, 2, 3]
    store.create_study(sample_spec("new"), at=1.0)
    store.close()
    assert asked(old, "SELECT schema_version FROM tunebook_meta") == SCHEMA_VERSION
    assert asked(old, "PRAGMA application_id") == APPLICATION_ID


def test_copy_of_the_old_store_is_laid_aside_once(old: Path) -> None:
    open_store(old).close()
    copy = old.with_name("tunebook.db.version-1")
    assert asked(copy, "SELECT schema_version FROM tunebook_meta") == 1
    assert asked(copy, "SELECT count(*) FROM tunebook_events") == 16
    assert copy.stat().st_mode & 0o077 == 0
    copy.unlink()
    open_store(old).close()
    assert not copy.exists()


def test_old_store_is_not_changed_when_no_copy_can_be_made(old: Path) -> None:
    old.with_name("tunebook.db.version-1").mkdir()
    with pytest.raises(StoreError, match="cannot be copied before it is changed"):
        open_store(old)
    assert asked(old, "SELECT schema_version FROM tunebook_meta") == 1
    assert not list(old.parent.glob("*.tmp"))
