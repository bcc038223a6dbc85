"""A home that cannot be written can be read, and what is shown says which state it is."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest

import tunebook as tb

READING = [
    ("list",),
    ("list", "--json"),
    ("show", "crashing"),
    ("show", "crashing", "--yaml"),
    ("best", "crashing"),
    ("trials", "crashing"),
    ("compare", "crashing", "other"),
    ("export", "crashing"),
    ("report", "crashing", "-o", "report.html"),
    ("data", "list"),
]


def answer_of(apart, work, folder: Path, name: str) -> tuple[int, str]:
    said = folder / f"{name}.said"
    pid = apart(lambda: (os.chdir(folder), work()), said)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.read_text()


@pytest.fixture
def killed(crash, kill, undisturbed, disk):
    """Give a study whose driver was killed, on a disk of its own, with its log beside the file."""
    study = crash()
    if not disk(study.home, "size=50m"):
        pytest.skip("no disk can be mounted here")
    space = tb.Space(lr=tb.Float(0.0, 1.0))
    tb.Study.create(space, name="other", maximize="acc", home=study.home)
    gc.collect()  # closes its store, which must not be inherited by the others
    assert study.live(kill.at_append(60, "driver", is_after=True)) < 0
    assert (study.home / "tunebook.db-wal").stat().st_size > 0
    return study


SHOWN = {
    "clean": "shown as it was left at",
    "log": "it is only read",
    "log without its index": "(a copy of it)",
}
"""What is said of each state: with the index of the log SQLite itself reads it."""


@pytest.mark.parametrize("state", SHOWN)
def test_home_on_a_read_only_disk_is_read_with_everything_in_its_log(
    killed, apart, command, disk, tmp_path, state
):
    home, outside = killed.home, tmp_path / "outside"
    outside.mkdir()
    if state == "clean":
        n_trials = len(killed.facts.trials)  # closing the store folds its log in
        assert not (home / "tunebook.db-wal").exists()
    else:
        shutil.copytree(home, outside / "copy")
        killed_copy = type(killed)(outside / "copy")
        n_trials = len(killed_copy.facts.trials)
    if state == "log without its index":
        (home / "tunebook.db-shm").unlink()
    assert n_trials > 5
    assert disk(home, "remount", "ro")
    before = {path.name: path.stat() for path in home.iterdir()}
    for number, words in enumerate(READING):
        code, said = answer_of(apart, command(home, *words), outside, str(number))
        assert code == 0, said
        if words[0] != "data":
            assert "cannot be written" in said
            assert SHOWN[state] in said
    code, said = answer_of(apart, command(home, "trials", "crashing", "--json"), outside, "trials")
    assert said.count('"number"') == n_trials
    code, said = answer_of(
        apart, command(home, "stop", "crashing", "--trial", "0"), outside, "stop"
    )
    assert code != 0
    assert "cannot be opened for writing" in said
    assert {path.name: path.stat() for path in home.iterdir()} == before
    assert (outside / "report.html").stat().st_size > 10_000


def test_store_of_an_old_version_on_a_read_only_disk_is_read_as_it_is(
    apart, command, disk, tmp_path
):
    home = tmp_path / "home"
    home.mkdir()
    if not disk(home, "size=5m"):
        pytest.skip("no disk can be mounted here")
    stored = Path(__file__).parents[1] / "unit" / "storage" / "store-0.1.0.db"
    shutil.copyfile(stored, home / "tunebook.db")
    assert disk(home, "remount", "ro")
    code, said = answer_of(apart, command(home, "best", "digits"), tmp_path, "best")
    assert code == 0, said
    assert "2.85235" in said
    assert [path.name for path in home.iterdir()] == ["tunebook.db"]


def test_home_database_and_logs_are_readable_by_their_owner_alone(tmp_path, apart):
    home = tmp_path / "new" / "home"

    def work() -> None:
        os.umask(0o022)

        def train(trial):
            print("a secret")  # noqa: T201 - it is to be in the log
            trial.report(acc=1.0)

        tb.tune(
            train,
            tb.Space(lr=tb.Float(0.0, 1.0)),
            maximize="acc",
            trials=1,
            name="private",
            workers=1,
            home=home,
            progress=False,
        )

    pid = apart(work, tmp_path / "said")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, (tmp_path / "said").read_text()
    (log,) = (home / "logs").rglob("*.log")
    assert "a secret" in log.read_text()
    for path in (home, home / "tunebook.db", log):
        assert path.stat().st_mode & 0o077 == 0, path
