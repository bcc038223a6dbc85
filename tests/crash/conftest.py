"""A study of thirty trials whose drivers are real processes, to be killed.

A driver is a fork of the test's own process, so that a life of it costs milliseconds. What it
tunes is repeatable: a value follows from the configuration, the step and the tracked state.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

import tunebook as tb
from invariants import check_invariants
from tunebook.cli.main import main
from tunebook.engine import Facts, replay
from tunebook.errors import StoreError
from tunebook.records import (
    Event,
    StudyState,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialState,
    TrialStopped,
)
from tunebook.search.protocol import Decision, History, Randomness, Resume, Start
from tunebook.storage import open_store
from tunebook.storage.sql import SqlStore

N_TRIALS = 30
LIFE_S = 60.0
RAISED = 3
"""The exit code of a driver that an error has ended."""

SPACE = tb.Space(lr=tb.Float(1e-5, 1.0, log=True), layers=tb.Int(1, 4))

Hook = Callable[[], None]
Table = Sequence[tuple[Any, ...]]


class Net:
    """Stands for a network: its state is one number, and ballast."""

    def __init__(self, ballast: int) -> None:
        self.value = 0.0
        self.ballast = "x" * ballast

    def state_dict(self) -> Mapping[str, Any]:
        """Return the number."""
        return {"value": self.value, "ballast": self.ballast}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the number over."""
        self.value = state["value"]


class Halves:
    """Trains every trial for two steps, sets it aside, and trains it to its end.

    What it decides depends on no order, so a study ends the same however it is disturbed.
    """

    name = "halves"
    watches_running = False

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Go on with what was set aside, then start something new."""
        paused = [t.number for t in history.in_state(TrialState.PAUSED)][:slots]
        resumed = [Resume(number) for number in paused]
        n_new = min(slots - len(resumed), history.trials_left or 0)
        numbers = range(history.next_number, history.next_number + n_new)
        configs = [history.space.sample(rng.of_trial(n), history.max_steps) for n in numbers]
        return [*resumed, *(Start(config, until_step=2) for config in configs)]


def training(step_s: float, ballast: int) -> Callable[[Any], None]:
    """Return a training whose steps take so long. Some configurations diverge, some raise.

    A checkpoint has ``ballast`` bytes more than it needs.
    """

    def train(trial: Any) -> None:
        net = Net(ballast)
        trial.track(net=net)
        for step in trial.steps():
            if step_s:
                time.sleep(step_s)
            net.value += trial.config.lr * random.random()
            if trial.config.lr > 0.3 and step == 3:
                net.value = float("nan")
            if trial.config.lr < 3e-5 and step == 4:
                raise ValueError("too small")
            trial.report(acc=net.value)

    return train


@dataclass
class Crashing:
    """One study on disk, and the lives of its drivers."""

    home: Path
    workers: int = 0
    step_s: float = 0.0
    ballast: int = 0
    options: Mapping[str, Any] | None = None

    def start(self, before: Hook | None = None) -> int:
        """Start a driver in a process of its own and return its number."""
        pid = os.fork()
        if pid == 0:
            self._live(before)
        return pid

    def live(self, before: Hook | None = None) -> int:
        """Let a driver live until it ends; return its exit code, or minus the signal."""
        return self.end_of(self.start(before))

    def end_of(self, pid: int) -> int:
        """Wait for a driver and return its exit code, or minus the signal."""
        deadline = time.monotonic() + LIFE_S
        while time.monotonic() < deadline:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        pytest.fail(f"a driver did not end; it said: {self.said}")

    def _live(self, before: Hook | None) -> NoReturn:
        exit_code = RAISED
        try:
            log = os.open(self._said_in, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.chdir(self.home)  # git has nothing to tell here, which takes it less time
            if before is not None:
                before()
            self.tune()
            exit_code = 0
        except BaseException:  # noqa: BLE001 - whatever it is, this process has to end here
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(exit_code)

    def tune(self) -> tb.Study:
        """Tune in this process."""
        options: dict[str, Any] = {
            "maximize": "acc",
            "max_steps": 4,
            "trials": N_TRIALS,
            "search": Halves(),
            "workers": self.workers,
            "checkpoint_every_steps": 1,
            "name": "crashing",
            "home": self.home,
            "progress": False,
        }
        return tb.tune(
            training(self.step_s, self.ballast), SPACE, **(options | dict(self.options or {}))
        )

    @property
    def said(self) -> str:
        """What the drivers printed, errors included."""
        return self._said_in.read_text() if self._said_in.exists() else ""

    @property
    def _said_in(self) -> Path:
        # Not in the home: that may be full.
        return self.home.with_suffix(".said")

    @property
    def events(self) -> list[Event]:
        """The log as it is now. No connection stays open, for the next driver is a fork."""
        store = open_store(self.home / "tunebook.db")
        try:
            study = store.find_study("crashing")
            return [event for _, event in store.events_after(study)]
        finally:
            store.close()

    @property
    def has_begun(self) -> bool:
        """Whether there is a study yet."""
        try:
            return bool(self.events)
        except StoreError:
            return False

    @property
    def facts(self) -> Facts:
        """What the log adds up to, which is sound at every moment."""
        facts = replay(self.events)
        check_invariants(facts)
        return facts

    def check_finished(self, table: Table) -> None:
        """Require the table of an undisturbed study, of which nothing is lost or doubled."""
        events, facts = self.events, self.facts
        assert facts.state is StudyState.DONE, facts.state_why
        assert facts.limit == "trials"
        assert table_of(facts) == table
        assert len(facts.trials) == N_TRIALS
        assert not facts.attempts
        ends = (TrialEnded, TrialFailed, TrialStopped)
        n_ends = Counter(event.trial for event in events if isinstance(event, ends))
        assert n_ends == dict.fromkeys(range(N_TRIALS), 1)
        n_created = Counter(event.trial for event in events if isinstance(event, TrialCreated))
        assert n_created == dict.fromkeys(range(N_TRIALS), 1)

    def check_so_far(self, table: Table) -> None:
        """Require of a study on its way that what is finished is as in the undisturbed one."""
        wanted = {row[0]: row for row in table}
        for row, trial in zip(table_of(self.facts), self.facts.trials, strict=True):
            if trial.state.is_final:
                assert row == wanted[row[0]]


def table_of(facts: Facts) -> Table:
    """Return what must be equal however a study was disturbed."""
    return [
        (t.number, str(t.state), t.config, t.value, t.best_step, _measured(t.curves))
        for t in facts.trials
    ]


def _measured(curves: Mapping[str, Any]) -> list[tuple[int, str]]:
    series = curves.get("acc")
    return [] if series is None else list(zip(series.steps, map(repr, series.values), strict=True))


def preload(folder: Path) -> None:
    """Import here what a driver imports when it is needed, once for all drivers."""
    crashing = Crashing(folder, options={"trials": 3})
    crashing.tune()
    assert crashing.facts.trials


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Return the table of a study that nobody disturbs."""
    preload(tmp_path_factory.mktemp("preloaded"))
    crashing = Crashing(tmp_path_factory.mktemp("undisturbed"))
    assert crashing.live() == 0, crashing.said
    table = table_of(crashing.facts)
    crashing.check_finished(table)
    states = Counter(state for _, state, *_ in table)
    assert states["done"] > 15
    assert states["failed"] > 0 < states["infeasible"]
    return table


@pytest.fixture
def crash(tmp_path: Path) -> Iterator[Callable[..., Crashing]]:
    """Make studies; whatever of them still lives at the end is killed."""
    made = 0

    def make(**options: Any) -> Crashing:
        nonlocal made
        made += 1
        home = tmp_path / str(made)
        home.mkdir()
        return Crashing(home, **options)

    yield make
    for process in psutil.Process().children(recursive=True):
        process.kill()


# -- other processes -------------------------------------------------------------------------


@pytest.fixture
def apart() -> Callable[[Hook, Path], int]:
    """Return what does some work in a process of its own, as another program would."""

    def start(work: Hook, said: Path) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            log = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            # What pytest has put there prints into its own buffers.
            sys.stdout, sys.stderr = (
                os.fdopen(1, "w", closefd=False),
                os.fdopen(2, "w", closefd=False),
            )
            work()
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        except BaseException:  # noqa: BLE001 - whatever it is, this process has to end here
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)

    return start


@pytest.fixture
def command() -> Callable[..., Hook]:
    """Return what makes a command line for a home folder, to be carried out later."""
    return lambda home, *words: lambda: main(["--home", str(home), *words])


# -- disks -----------------------------------------------------------------------------------


def _mounted(folder: Path, *options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def disk() -> Iterator[Callable[..., bool]]:
    """Put a disk of memory on a folder, or mount it anew; returns whether that was possible."""
    made: list[Path] = []

    def make(folder: Path, *options: str) -> bool:
        if not _mounted(folder, *options):
            return False
        made.append(folder)
        return True

    yield make
    for folder in set(made):
        subprocess.run(["umount", "-l", str(folder)], check=True)


# -- killing ---------------------------------------------------------------------------------


class Kill:
    """How processes are killed."""

    def driver(self, pid: int) -> None:
        """Kill a driver and wait until it is gone."""
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def worker_of(self, pid: int, chance: random.Random | None = None) -> None:
        """Kill one of the workers that a driver has just now, if any."""
        with suppress(psutil.NoSuchProcess):
            servers = psutil.Process(pid).children()
            workers = [worker for server in servers for worker in server.children()]
            if workers:
                (chance or random.Random(0)).choice(workers).send_signal(signal.SIGKILL)

    def at_append(self, n: int, victim: str, *, is_after: bool) -> Hook:
        """Return what makes a driver kill right before or after its n-th append, from 1."""

        def die() -> None:
            if victim != "driver":
                self.worker_of(os.getpid())
            if victim != "worker":
                os.kill(os.getpid(), signal.SIGKILL)

        def prepare() -> None:
            append, numbers = SqlStore.append, itertools.count(1)

            def dying_append(
                self: SqlStore, study: Any, events: Sequence[Event], after_seq: int
            ) -> int:
                is_now = next(numbers) == n
                if is_now and not is_after:
                    die()
                last = append(self, study, events, after_seq)
                if is_now and is_after:
                    die()
                return last

            SqlStore.append = dying_append  # type: ignore[method-assign]  # in the child alone

        return prepare


@pytest.fixture
def kill() -> Kill:
    """Return how to kill."""
    return Kill()
