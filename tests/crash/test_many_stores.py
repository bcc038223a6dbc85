"""One process with several stores of one file, beside others that list, show, run and resume.

POSIX drops all locks of a process on a file when any descriptor of it is closed. A process that
has lost its locks so loses its log to the next one that closes the database.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from pathlib import Path

import pytest

import tunebook as tb
from tunebook.storage import open_store

SPACE = tb.Space(lr=tb.Float(0.001, 1.0, log=True))
N_OTHER_TRIALS = 3


def train(trial):
    for step in trial.steps():
        trial.report(acc=trial.config.lr * step)


def other_study(home: Path, name: str):
    """Return what runs a study to its end, or goes on with it."""
    options = {"maximize": "acc", "max_steps": 3, "trials": N_OTHER_TRIALS, "search": "random"}
    return lambda: tb.tune(
        train, SPACE, name=name, home=home, workers=0, progress=False, dry_run=False, **options
    )


def with_stores(home: Path, n_stores: int):
    """Return what opens stores in a driver's process before it opens its own."""

    def prepare() -> None:
        for number in range(n_stores - 1):
            study = tb.Study.create(
                SPACE, name=f"kept-{os.getpid()}-{number}", maximize="acc", home=home
            )
            study.tell(study.ask(), acc=0.5)
            with told_in(home).open("a") as file:
                file.write(f"{study.name}\n")
            if number:
                study.close()
            KEPT.append(study)

    return prepare


KEPT: list[tb.Study] = []


def told_in(home: Path) -> Path:
    """Return the file with the names of the studies that were told a value."""
    return home.with_suffix(".told")


def locks_of(pid: int, path: Path) -> int:
    """Return how many locks a process has on a file."""
    inode = f":{path.stat().st_ino} "
    rows = Path("/proc/locks").read_text().splitlines()
    return sum(inode in row and f" {pid} " in row for row in rows)


def has_deleted_files(pid: int, home: Path) -> bool:
    """Whether a process writes to a file of the home that is not there any more."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue
        if target.startswith(str(home)) and target.endswith("(deleted)") and "db" in target:
            return True
    return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("n_stores", [2, 3])
@pytest.mark.parametrize("seed", range(2))
def test_stores_of_one_process_lose_nothing_beside_other_processes(
    crash, undisturbed, kill, apart, command, seed, n_stores
):
    chance = random.Random(seed)
    study = crash(workers=0, step_s=0.02)
    database = study.home / "tunebook.db"
    said = study.home.with_suffix(".others")
    others, n_kills, n_looks, n_locked = [], 0, 0, 0
    driver = study.start(with_stores(study.home, n_stores))
    finished = {}
    deadline = time.monotonic() + 120
    while n_kills < 3 or n_looks < 25:
        assert time.monotonic() < deadline, study.said
        kind = chance.choice(["list", "show", "run", "resume", "kill", "wait"])
        if kind == "list":
            others.append(apart(command(study.home, "list"), said))
        elif kind == "show" and study.has_begun:
            others.append(apart(command(study.home, "show", "crashing", "--json"), said))
        elif kind in {"run", "resume"}:
            name = f"other-{chance.randrange(3)}"
            others.append(apart(other_study(study.home, name), said))
        time.sleep(chance.uniform(0.0, 0.1))
        n_looks += 1
        if study.has_begun:
            assert not has_deleted_files(driver, study.home)
            n_locked += locks_of(driver, database) > 0
            known = {t.number: t.value for t in study.facts.trials if t.state.is_final}
            assert finished.items() <= known.items(), "a finished trial is gone"
            finished = known
        if kind == "kill" and n_kills < 4 and study.has_begun:
            kill.driver(driver)
            n_kills += 1
            driver = study.start(with_stores(study.home, n_stores))
        others = [pid for pid in others if not os.waitpid(pid, os.WNOHANG)[0]]
    for pid in others:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) in {0, 1}
    assert n_locked > 0
    assert study.end_of(driver) == 0, study.said
    study.check_finished(undisturbed)
    store = open_store(database)
    names = {entry.name for entry in store.list_studies()}
    store.close()
    told = told_in(study.home).read_text().split()
    assert told
    assert names >= set(told)
    for name in sorted(names):
        facts = tb.load(name, home=study.home).facts
        if name.startswith("other-"):
            assert len(facts.trials) <= N_OTHER_TRIALS
        elif name in told:
            assert [t.value for t in facts.trials] == [0.5]
    # Two may want to drive one study at once: then one of them is refused.
    assert set(re.findall(r"\[E(\d+)\]", said.read_text())) <= {"203"}
    assert "sqlite3." not in said.read_text()


def test_store_can_be_used_on_both_sides_of_a_fork(tmp_path, apart):
    store = open_store(tmp_path / "tunebook.db")
    first = tb.Study.create(SPACE, name="first", maximize="acc", home=tmp_path)
    first.tell(first.ask(), acc=0.25)
    inherited = []

    def use() -> None:
        inherited.extend(
            str(entry.readlink())
            for entry in Path("/proc/self/fd").iterdir()
            if entry.is_symlink() and "tunebook.db" in str(entry.readlink())
        )
        assert not inherited, inherited
        second = tb.Study.create(SPACE, name="second", maximize="acc", home=tmp_path)
        second.tell(second.ask(), acc=0.75)
        assert [entry.name for entry in store.list_studies()] == ["first", "second"]
        second.close()

    said = tmp_path / "said"
    pid = apart(use, said)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, said.read_text()
    first.tell(first.ask(), acc=0.5)
    assert [entry.name for entry in store.list_studies()] == ["first", "second"]
    assert first.best.value == 0.5
    assert tb.load("second", home=tmp_path).best.value == 0.75
    first.close()
    store.close()


def test_second_driver_in_one_process_is_refused(tmp_path):
    first = tb.Study.create(SPACE, name="first", maximize="acc", home=tmp_path)
    trial = first.ask()
    with pytest.raises(tb.TunebookError, match=r"E203.*this process already.*close"):
        tb.load("first", home=tmp_path).ask()
    first.tell(trial, acc=0.5)
    first.close()
    again = tb.load("first", home=tmp_path)
    again.tell(again.ask(), acc=0.25)
    assert [trial.value for trial in again.trials] == [0.5, 0.25]
    # A notebook whose cell is run again drops the study that holds the lease.
    del again
    third = tb.load("first", home=tmp_path)
    third.tell(third.ask(), acc=0.125)
    third.close()
    assert len(third.trials) == 3
