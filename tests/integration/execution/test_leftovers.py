"""Whatever a trial starts is ended with it, in whatever session it is and whoever its parent."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import tunebook as tb
from tunebook.execution.inline import InlineExecutor
from tunebook.execution.process_tree import MARK, end_left_behind, end_marked, mark_of, marked
from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.trial_setup import TrialSetup
from tunebook.records import TrialEnded
from tunebook.testing.executor_suite import Watch, launch_of
from tunebook.testing.trainings import untracked
from tunebook.training import TrialHandle

Start = Callable[..., ProcessExecutor]

SLEEPER = [sys.executable, "-c", "import time; time.sleep(1000)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)",
]
GONE_S = 20.0


def started(command: list[str], environment: dict[str, str] | None = None) -> int:
    """Start a program in a session of its own, and think no more of it."""
    env = dict(os.environ) if environment is None else environment
    return os.posix_spawn(command[0], command, env, setsid=True)


def in_a_session(book: Path) -> None:
    note(book, started(SLEEPER))


def that_will_not_end(book: Path) -> None:
    note(book, started(STUBBORN))


def without_environment(book: Path) -> None:
    note(book, started(SLEEPER, {}))


def of_a_dead_parent(book: Path) -> None:
    """Fork twice: the one that is left has no parent but who adopts it, and no mark of its own."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            note(book, os.getpid())
            time.sleep(1000)
        os._exit(0)
    wait_for(lambda: noted(book))


KINDS = [in_a_session, that_will_not_end, without_environment, of_a_dead_parent]


def note(book: Path, pid: int) -> None:
    new = book.with_suffix(".new")
    new.write_text(str(pid))
    new.replace(book)


def noted(book: Path) -> int:
    return int(book.read_text()) if book.exists() else 0


def wait_for(holds: Callable[[], object], seconds: float = GONE_S) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "what was waited for never came"
        time.sleep(0.02)


def is_at_work(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Path]:
    """Give the file in which a pid is noted; nothing is left of that process after the test."""
    file = tmp_path / "pid"
    yield file
    if noted(file) and is_at_work(noted(file)):
        os.kill(noted(file), 9)


# -- the end of a trial ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_function_leaves_behind_is_gone_when_its_trial_has_ended(
    kind: Callable[[Path], None], start: Start, book: Path
) -> None:
    def leaving(trial: TrialHandle) -> None:
        kind(book)
        untracked(trial)

    executor = start(leaving)
    watch = Watch(executor)
    executor.carry_out(launch_of(0))
    watch.until_came(TrialEnded)
    assert noted(book)
    assert not is_at_work(noted(book))


@pytest.mark.parametrize("kind", KINDS)
def test_what_functions_leave_behind_in_this_process_is_gone_with_the_driver(
    kind: Callable[[Path], None], setup: TrialSetup, book: Path
) -> None:
    ours = subprocess.Popen(SLEEPER)

    def leaving(trial: TrialHandle) -> None:
        kind(book)
        untracked(trial)

    executor = InlineExecutor(leaving, setup)
    executor.carry_out(launch_of(0))
    executor.events(lambda batch: None, 1.0)
    assert is_at_work(noted(book)), "the next trial may use it"
    executor.close()
    assert not is_at_work(noted(book))
    assert ours.poll() is None, "it was there before the trial"
    assert MARK not in os.environ
    ours.kill()
    ours.wait()


def test_worker_whose_trial_left_processes_behind_is_replaced(start: Start, tmp_path: Path) -> None:
    def telling(trial: TrialHandle) -> None:
        (tmp_path / str(trial.number)).write_text(str(os.getpid()))
        if trial.number == 1:
            started(SLEEPER)
        untracked(trial)

    executor = start(telling)
    watch = Watch(executor)
    for number in range(3):
        executor.carry_out(launch_of(number))
    watch.until_came(TrialEnded, 3)
    first, second, third = ((tmp_path / str(number)).read_text() for number in range(3))
    assert first == second != third


@pytest.mark.parametrize("kind", [in_a_session, of_a_dead_parent])
def test_what_a_worker_leaves_behind_that_is_killed_is_gone(
    kind: Callable[[Path], None], start: Start, book: Path
) -> None:
    def dying(trial: TrialHandle) -> None:
        kind(book)
        os.kill(os.getpid(), 9)

    executor = start(dying)
    watch = Watch(executor)
    executor.carry_out(launch_of(0))
    watch.until_ends()
    wait_for(lambda: not is_at_work(noted(book)))


# -- the end of a driver ---------------------------------------------------------------------


DRIVER = """
import os, subprocess, sys, time
from pathlib import Path
import tunebook as tb

def train(trial):
    child = subprocess.Popen({sleeper}, start_new_session=True)
    trial.report(v=1.0)
    Path(sys.argv[2]).write_text(f"{{child.pid}} {{os.getpid()}} {{os.getppid()}}")
    time.sleep(1000)

tb.tune(train, tb.Space(lr=tb.Float(0.0, 1.0)), maximize="v", trials=1, workers={workers},
        home=sys.argv[1], name="s", progress=False)
"""


@pytest.mark.parametrize("workers", [0, 1])
def test_resumed_study_ends_what_its_killed_driver_and_server_left(
    workers: int, tmp_path: Path, book: Path
) -> None:
    program = textwrap.dedent(DRIVER).format(sleeper=SLEEPER, workers=workers)
    told = tmp_path / "told"
    command = [sys.executable, "-c", program, str(tmp_path / "home"), str(told)]
    driver = subprocess.Popen(command)
    wait_for(lambda: told.exists() and len(told.read_text().split()) == 3, 60.0)
    child, worker, server = (int(word) for word in told.read_text().split())
    note(book, child)
    # Nobody is left who could end it.
    for pid in {driver.pid, *([server, worker] if workers else [])}:
        os.kill(pid, 9)
    driver.wait()
    assert is_at_work(child)
    options = {"maximize": "v", "trials": 1, "workers": 0, "home": tmp_path / "home"}
    space = tb.Space(lr=tb.Float(0.0, 1.0))
    tb.tune(lambda trial: 1.0, space, **options, name="other", progress=False)
    assert is_at_work(child), "it is of another study"
    tb.tune(lambda trial: 1.0, space, **options, name="s", progress=False)
    assert not is_at_work(child)


def test_processes_of_a_driver_that_lives_are_left_alone(tmp_path: Path, book: Path) -> None:
    mark = mark_of(tmp_path, "s")
    child = subprocess.Popen(SLEEPER, env=os.environ | marked(mark), start_new_session=True)
    note(book, child.pid)
    end_left_behind(tmp_path, "s")
    assert child.poll() is None
    end_marked(mark_of(tmp_path, "other"))
    assert child.poll() is None
    end_marked(mark)
    assert child.wait(GONE_S) == -15


def test_mark_of_a_study_in_a_trial_of_another_comes_after_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer, inner = mark_of(tmp_path, "outer"), mark_of(tmp_path, "inner")
    monkeypatch.setenv(MARK, outer)
    assert marked(inner) == {MARK: f"{outer} {inner}"}
    child = subprocess.Popen(SLEEPER, env=os.environ | marked(inner), start_new_session=True)
    end_marked(outer)
    assert child.wait(GONE_S) == -15
