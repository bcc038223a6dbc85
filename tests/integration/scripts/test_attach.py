"""``attach``: what is its own beside the contract of executors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

import tunebook as tb
from tunebook.engine.commands import Continue, Halt, Launch
from tunebook.execution.inline import InlineExecutor
from tunebook.execution.processes import ProcessExecutor
from tunebook.execution.protocol import Executor
from tunebook.execution.scripts import ScriptTask
from tunebook.execution.trial_setup import TrialSetup
from tunebook.records import (
    FailureKind,
    Objective,
    TrialBegan,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.testing.executor_suite import Watch, launch_of
from tunebook.testing.training import sample_launch

TRACKED = """
import time
import tunebook
from tunebook.testing.training import Counter

trial, net = tunebook.attach(), Counter()
trial.track(net=net)
for step in trial.steps():
    net.value += trial.config.lr
    time.sleep(trial.config.get("pace_s", 0.0))
    print(f"val_accuracy=-1, step {step}")
    trial.report(val_accuracy=net.value)
print("the loop is over")
time.sleep(trial.config.get("afterwards_s", 0.0))
"""


@pytest.fixture
def setup(tmp_path: Path) -> TrialSetup:
    return TrialSetup("s", Objective.of(maximize="val_accuracy"), tmp_path / "home")


@pytest.fixture
def task(tmp_path: Path) -> Callable[[str], ScriptTask]:
    def write(program: str) -> ScriptTask:
        (tmp_path / "train.py").write_text(program)
        return ScriptTask.of([sys.executable, str(tmp_path / "train.py")], ["lr"])

    return write


@pytest.fixture(params=["inline", "process"])
def start(
    request: pytest.FixtureRequest, setup: TrialSetup, task: Callable[[str], ScriptTask]
) -> Iterator[Callable[[str], Executor]]:
    started: list[Executor] = []

    def start_one(program: str) -> Executor:
        made: Executor = (
            InlineExecutor(task(program), setup)
            if request.param == "inline"
            else ProcessExecutor(task(program), setup, n_workers=1, gpus=())
        )
        started.append(made)
        return made

    yield start_one
    for executor in started:
        executor.close()


def run(executor: Executor, launch: Launch | None = None) -> Watch:
    watch = Watch(executor)
    executor.carry_out(launch or launch_of())
    watch.until_ends()
    return watch


def test_released_script_is_saved_and_goes_on_from_there(start):
    executor = start(TRACKED)
    watch = run(executor, launch_of(until=4))
    watch.until_came(TrialCheckpointed)
    executor.carry_out(sample_launch(checkpoints=watch.checkpoints()))
    watch.until_came(TrialEnded)
    assert [event.step for event in watch.all(TrialBegan)] == [0, 4]
    assert list(watch.curve().steps) == list(range(1, 11))
    assert watch.curve().values[-1] == pytest.approx(1.0)


def test_paused_script_waits_in_its_process_and_goes_on(start):
    executor = start(TRACKED)
    watch = Watch(executor, [Continue(TrialNumber(0), 6), Continue(TrialNumber(0), None)])
    executor.carry_out(launch_of(until=4))
    watch.until_came(TrialEnded)
    assert [event.step for event in watch.all(TrialReached)] == [4, 6]
    assert len(watch.all(TrialBegan)) == 1


def test_stopped_script_ends_at_its_next_step_with_a_checkpoint(start):
    executor = start(TRACKED)
    stop = Halt(TrialNumber(0), TrialState.STOPPED)
    watch = Watch(executor, reaction=lambda e: [stop] if isinstance(e, TrialReported) else [])
    executor.carry_out(launch_of(pace_s=0.2))
    watch.until_came(TrialEnded)
    assert watch.only(TrialEnded).step < 10
    assert watch.checkpoints()[-1].step == watch.only(TrialEnded).step


def test_script_that_is_called_off_is_ended_in_the_middle_of_a_step(start):
    executor = start(TRACKED.replace("time.sleep(trial", "time.sleep(600 if step > 1 else trial"))
    cancel = Halt(TrialNumber(0), TrialState.CANCELLED)
    watch = Watch(executor, reaction=lambda e: [cancel] if isinstance(e, TrialReported) else [])
    executor.carry_out(launch_of())
    watch.until_ends()
    assert watch.only(TrialEnded).step == 1


def scripts_running():
    """Return the processes of the script that are at work; what has ended may lie there still."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "train.py" in " ".join(process.cmdline()):
                found.append(process)
    return found


def test_script_that_was_released_but_does_not_leave_is_ended(start, monkeypatch):
    monkeypatch.setattr("tunebook.execution.scripts._LEAVE_S", 0.5)
    watch = run(start(TRACKED), launch_of(until=4, afterwards_s=600.0))
    watch.until_came(TrialCheckpointed)
    for process in scripts_running():
        process.wait(timeout=20)


@pytest.mark.parametrize(
    ("program", "kind", "told"),
    [
        ("trial.report(val_accuracy=float('nan'))", FailureKind.DIVERGED, "nan at step 1"),
        ("trial.report(val_accuracy=1.0); 1 / 0", FailureKind.USER_ERROR, "ZeroDivisionError"),
        ("trial.report(val_loss=1.0)", FailureKind.METRIC_MISSING, "found: val_loss"),
        ("pass", FailureKind.METRIC_MISSING, "none came"),
        ("trial.report(val_accuracy='x')", FailureKind.USER_ERROR, "not one number but a str"),
    ],
)
def test_ways_to_break_are_told_apart(task, setup, program, kind, told):
    with closing(
        InlineExecutor(task(f"import tunebook\ntrial = tunebook.attach()\n{program}"), setup)
    ) as e:
        failure = run(e).only(TrialFailed).failure
    assert failure.kind is kind
    assert told in failure.message


def test_script_without_steps_is_stopped_from_within_report_and_tidies_up(task, setup, tmp_path):
    program = """
import tunebook, time
trial = tunebook.attach()
try:
    while True:
        trial.report(val_accuracy=0.5)
        time.sleep(0.1)
finally:
    print("tidied up")
"""
    stop = Halt(TrialNumber(0), TrialState.STOPPED)
    with closing(ProcessExecutor(task(program), setup, n_workers=1, gpus=())) as executor:
        watch = Watch(executor, reaction=lambda e: [stop] if isinstance(e, TrialReported) else [])
        executor.carry_out(sample_launch(max_steps=None, until_step=None))
        watch.until_came(TrialEnded)
    log = setup.log_of(TrialNumber(0)).read_text()
    assert "tidied up" in log
    assert "Traceback" not in log


def test_only_one_process_of_a_script_attaches_itself(task, setup):
    program = """
import subprocess, sys, tunebook
trial = tunebook.attach()
assert tunebook.attach() is trial
second = subprocess.run(
    [sys.executable, "-c", "import tunebook; tunebook.attach()"], capture_output=True, text=True
)
assert "attached already" in second.stderr, second.stderr
trial.report(val_accuracy=0.5)
"""
    with closing(InlineExecutor(task(program), setup)) as executor:
        assert isinstance(run(executor).ends()[0], TrialEnded)


def test_script_goes_with_its_worker_however_that_ends(task, setup):
    with closing(ProcessExecutor(task(TRACKED), setup, n_workers=1, gpus=())) as executor:
        watch = Watch(executor)
        executor.carry_out(launch_of(pace_s=0.2))
        watch.until_came(TrialReported)
        (script,) = scripts_running()
        worker = script.parent()
        worker.kill()
        watch.until_came(TrialLost)
        script.wait(timeout=20)


def test_untouched_script_stands_still_while_it_is_paused(task, setup, tmp_path):
    program = f"""
import time
for step in range(1, 11):
    with open({str(tmp_path / "progress")!r}, "a") as file:
        file.write("x")
    if step < 6:
        print("val_accuracy=%d" % step, flush=True)
    time.sleep(0.3)
print("val_accuracy=6")
"""
    progress = tmp_path / "progress"
    with closing(ProcessExecutor(task(program), setup, n_workers=1, gpus=())) as executor:
        watch = Watch(executor, reaction=lambda event: [])
        executor.carry_out(launch_of(until=2))
        watch.until_came(TrialReached)
        time.sleep(1.5)
        n_done = progress.stat().st_size
        time.sleep(1.0)
        assert progress.stat().st_size == n_done < 9
        executor.carry_out(Continue(TrialNumber(0), None))
        watch.until_came(TrialEnded)
    assert watch.curve().values[-1] == 6.0
    assert progress.stat().st_size == 10


def test_study_whose_searcher_pauses_trains_an_attached_script_step_by_step(tmp_path, task):
    space = tb.Space(lr=tb.Float(0.01, 1.0))
    study = tb.tune(
        task(TRACKED),
        space,
        maximize="val_accuracy",
        trials=6,
        max_steps=9,
        search="asha",
        workers=2,
        home=tmp_path / "home",
        progress=False,
        name="s",
    )
    assert study.state == "done"
    assert any(t.step < 9 for t in study.trials)
    assert all(t.n_losses == 0 and t.steps_done == t.step for t in study.trials)
    assert study.best.value == pytest.approx(9 * study.best.config["lr"])


def test_without_a_study_a_script_trains_with_its_defaults(tmp_path):
    program = tmp_path / "alone.py"
    program.write_text(
        "import tunebook\n"
        "trial = tunebook.attach(defaults={'lr': 0.5}, max_steps=3)\n"
        "for step in trial.steps():\n"
        "    trial.report(acc=trial.config.lr * step)\n"
        "print('steps', step, trial.directory)\n"
    )
    environment = {name: v for name, v in os.environ.items() if name != "TUNEBOOK_ATTACH"}
    done = subprocess.run(
        [sys.executable, program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"steps 3 {tmp_path}\n"


def test_without_a_study_and_defaults_attaching_is_refused(monkeypatch):
    monkeypatch.delenv("TUNEBOOK_ATTACH", raising=False)
    with pytest.raises(tb.TunebookError, match="No study has started this script"):
        tb.attach()


def test_study_that_is_gone_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("TUNEBOOK_ATTACH", str(tmp_path / "nobody"))
    with pytest.raises(tb.TunebookError, match="is gone"):
        tb.attach()
