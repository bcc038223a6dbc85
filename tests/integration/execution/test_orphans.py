"""When the driver goes, however it goes, so does everything that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

GONE_S = 10.0

DRIVER = """
import subprocess, sys, threading, time
from pathlib import Path
from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.trial_setup import TrialSetup
from tunebook.records import Objective, TrialReported
import hard_trainings
from tunebook.testing.executor_suite import Watch, launch_of

def with_a_child(trial):
    subprocess.Popen(["sleep", "1000"])
    hard_trainings.stuck(trial)

def drive():
    setup = TrialSetup("s", Objective.of(maximize="val_accuracy"), Path(sys.argv[1]))
    executor = ProcessExecutor({function}, setup, n_workers=2)
    watch = Watch(executor)
    for number in range(2):
        executor.carry_out(launch_of(number))
    watch.until_came(TrialReported, 2)
    print("both train", flush=True)
    while True:
        executor.events(lambda batch: None, 1.0)

{start}
"""
IN_MAIN_THREAD = "drive()"
IN_A_THREAD = "thread = threading.Thread(target=drive); thread.start(); thread.join()"


def started_driver(home: Path, function: str, start: str) -> subprocess.Popen[str]:
    program = textwrap.dedent(DRIVER).format(function=function, start=start)
    driver = subprocess.Popen(
        [sys.executable, "-c", program, str(home)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert driver.stdout is not None
    assert driver.stdout.readline() == "both train\n"
    return driver


@pytest.mark.parametrize("start", [IN_MAIN_THREAD, IN_A_THREAD], ids=["main", "thread"])
@pytest.mark.parametrize(
    ("function", "n_descendants"),
    [("hard_trainings.stuck", 3), ("with_a_child", 5)],
    ids=["imported", "copied, with children of its own"],
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_driver_that_is_killed_leaves_no_process_behind(
    number: int, function: str, n_descendants: int, start: str, tmp_path: Path
) -> None:
    driver = started_driver(tmp_path, function, start)
    descendants = psutil.Process(driver.pid).children(recursive=True)
    assert len(descendants) == n_descendants
    driver.send_signal(number)
    driver.communicate()
    _, alive = psutil.wait_procs(descendants, timeout=GONE_S)
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []
