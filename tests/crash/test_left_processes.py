"""However `tunebook run` ends: what its script has started in sessions of its own ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tunebook.execution.script_link import sweep_links

SCRIPT = """
import os, subprocess, sys, time

sleeper = [sys.executable, "-c", "import time; time.sleep(1000)"]
child = subprocess.Popen(sleeper, start_new_session=True)
orphan = subprocess.run(
    ["sh", "-c", "setsid \\"$@\\" >/dev/null 2>&1 & echo $!", "sh", *sleeper],
    capture_output=True, text=True,
)
with open(sys.argv[2] + "-folders", "a") as folders:
    folders.write(os.path.dirname(os.environ["TUNEBOOK_ATTACH"]) + "\\n")
with open(sys.argv[2], "a") as book:
    book.write(f"{child.pid}\\n{orphan.stdout}")
for epoch in range(1, 1000):
    print(f"epoch {epoch} val_acc={sys.argv[1]}", flush=True)
    time.sleep(0.2)
"""


def wait_for(holds, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "what was waited for never came"
        time.sleep(0.02)


class Run:
    """A study of the script on the command line."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder, self.workers = folder, workers
        self.book = folder / "pids"
        (folder / "leave.py").write_text(SCRIPT)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tunebook", "--home", str(self.folder / "home"), *words]
        with (self.folder / "said").open("ab") as said:
            self.driver = subprocess.Popen(
                [*command, "--workers", str(self.workers)],
                stdout=subprocess.DEVNULL,
                stderr=said,
                # Whatever the tests were started with.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )
        return self.driver

    def run(self) -> subprocess.Popen[bytes]:
        options = "-p lr=uniform(0.1,0.9) --maximize val_acc --max-steps 900 --trials 2 --name s"
        script = [sys.executable, str(self.folder / "leave.py"), "{lr}", str(self.book)]
        return self.start("run", *options.split(), "--search", "random", "--", *script)

    def pids(self) -> list[int]:
        return [int(word) for word in self.book.read_text().split()] if self.book.exists() else []

    def at_work(self) -> list[int]:
        found = []
        for pid in self.pids():
            try:
                if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                    found.append(pid)
            except psutil.NoSuchProcess:
                pass
        return found

    def left_folders(self) -> list[Path]:
        folders = Path(f"{self.book}-folders").read_text().split()
        return [path for path in map(Path, folders) if path.exists()]


@pytest.fixture
def study(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Run]:
    made = Run(tmp_path, request.param)
    yield made
    made.driver.kill()
    made.driver.wait()
    for pid in made.at_work():
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("study", [0, 1], indirect=True, ids=["inline", "worker"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_run_leaves_nothing_behind(study: Run, number: int) -> None:
    driver = study.run()
    # The dry run has started two, the first trial two more.
    wait_for(lambda: len(study.pids()) == 4)
    assert len(study.at_work()) == 2, "what the dry run started has gone with it"
    driver.send_signal(number)
    assert driver.wait(60) == 130, (study.folder / "said").read_text()
    assert study.at_work() == []
    assert study.left_folders() == []


@pytest.mark.parametrize("study", [0, 1], indirect=True, ids=["inline", "worker"])
def test_resumed_run_ends_what_the_killed_one_left(study: Run) -> None:
    driver = study.run()
    wait_for(lambda: len(study.pids()) == 4)
    left = study.at_work()
    # All at once, so that nobody is left who could tidy up.
    family = psutil.Process(driver.pid).children(recursive=True)
    ours = [p for p in family if p.pid not in left]
    for process in [psutil.Process(driver.pid), *ours]:
        process.kill()
    driver.wait()
    assert study.at_work() == left
    assert study.left_folders()
    again = study.start("resume", "s")
    wait_for(lambda: len(study.pids()) == 6)
    assert len(study.at_work()) == 2, "its own"
    again.send_signal(signal.SIGINT)
    assert again.wait(60) == 130, (study.folder / "said").read_text()
    assert study.at_work() == []
    assert study.left_folders() == []


@pytest.mark.parametrize("study", [1], indirect=True, ids=["worker"])
def test_killed_driver_with_workers_leaves_nothing_behind(study: Run) -> None:
    driver = study.run()
    wait_for(lambda: len(study.pids()) == 4)
    driver.kill()
    driver.wait()
    wait_for(lambda: not study.at_work())


@pytest.mark.parametrize("study", [0, 1], indirect=True, ids=["inline", "worker"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_run_that_is_interrupted_in_its_dry_run_leaves_nothing_behind(
    study: Run, number: int
) -> None:
    (study.folder / "leave.py").write_text(SCRIPT.replace("val_acc=", "loss="))
    driver = study.run()
    wait_for(lambda: len(study.pids()) == 2)
    driver.send_signal(number)
    assert driver.wait(60) != 0
    wait_for(lambda: not study.at_work())
    sweep_links()
    assert study.left_folders() == []
