"""Untouched scripts are tuned: metrics by every way, early stops, and every way to break."""

from __future__ import annotations

import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import tunebook as tb
from tunebook.engine.commands import Halt
from tunebook.errors import MetricMissingError, StudyNotFoundError, TaskError
from tunebook.execution.inline import InlineExecutor
from tunebook.execution.scripts import ScriptTask
from tunebook.execution.trial_setup import TrialSetup
from tunebook.records import (
    Configuration,
    Event,
    FailureKind,
    Objective,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialReported,
    TrialState,
)
from tunebook.testing.training import sample_launch

OBJECTIVE = Objective.of(maximize="val_acc")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., list[Event]]:
    """Run a program as a trial, in this process; return what the driver would be told."""

    def run_script(
        program: str,
        *,
        react: object = None,
        options: str = "",
        folder: str | None = None,
        **launch: object,
    ):
        (tmp_path / "script.py").write_text(program)
        words = [sys.executable, str(tmp_path / "script.py"), *options.split()]
        task = ScriptTask.of(words, ["lr"], folder=folder)
        setup = TrialSetup("s", OBJECTIVE, tmp_path / "home")
        executor = InlineExecutor(task, setup)
        config = Configuration({"lr": 0.25})
        launch = {"config": config, "max_steps": None, "until_step": None} | launch
        executor.carry_out(sample_launch(**launch))
        seen: list[Event] = []

        def deliver(batch) -> None:
            seen.extend(batch)
            if callable(react):
                react(executor, batch)

        executor.events(deliver, 1.0)
        return seen

    return run_script


def points(events: list[Event], metric: str = "val_acc") -> list[tuple[int, float]]:
    found = []
    for event in events:
        if isinstance(event, TrialReported) and metric in event.series:
            series = event.series[metric]
            found += zip(series.steps, series.values, strict=True)
    return found


def failure(events: list[Event]):
    (failed,) = (event for event in events if isinstance(event, TrialFailed))
    return failed.failure


def test_printed_lines_become_steps_with_what_was_printed_between(run):
    events = run(
        "for e in range(3):\n    print('Epoch', e, 'loss:', 1 - e / 10)\n"
        "    print(f'val_acc={e / 10}')"
    )
    assert points(events) == [(1, 0.0), (2, 0.1), (3, 0.2)]
    assert points(events, "loss") == [(1, 1.0), (2, 0.9), (3, 0.8)]
    assert isinstance(events[-1], TrialEnded)


@pytest.mark.parametrize(
    "write",
    [
        "open(d + '/m.csv', 'w').write('val_acc\\n0.5\\n0.75\\n')",
        "open(d + '/m.jsonl', 'w').write('{\"val_acc\": 0.5}\\n{\"val_acc\": 0.75}\\n')",
        "print('{\"val_acc\": 0.5}'); print('{\"val_acc\": 0.75}')",
    ],
    ids=["csv", "jsonl", "json lines"],
)
def test_metrics_come_from_files_and_json_too(run, write):
    events = run(f"import os\nd = os.environ['TUNEBOOK_TRIAL_DIR']\n{write}")
    assert points(events) == [(1, 0.5), (2, 0.75)]


def test_metrics_come_from_tensorboard_files(run):
    events = run(
        """
import os, struct
def field(number, kind, content):
    length = bytes([len(content)]) if kind == 2 else b""
    return bytes([number << 3 | kind]) + length + content
with open(os.environ["TUNEBOOK_TRIAL_DIR"] + "/events.out.tfevents.1", "wb") as file:
    for step, value in enumerate([0.5, 0.75]):
        simple = field(1, 2, b"val_acc") + field(2, 5, struct.pack("<f", value))
        event = field(2, 0, bytes([step])) + field(5, 2, field(1, 2, simple))
        file.write(struct.pack("<Q", len(event)) + bytes(4) + event + bytes(4))
"""
    )
    assert points(events) == [(1, 0.5), (2, 0.75)]


def test_second_attempt_does_not_take_the_first_ones_rows_for_its_own(run):
    program = """
import os, random
with open(os.environ["TUNEBOOK_TRIAL_DIR"] + "/m.csv", "{mode}") as file:
    for step in (1, 2):
        print("step,val_acc" if step == 1 else "", file=file, end="\\n" if step == 1 else "")
        print(f"{{step}},{{step / {scale}}}", file=file)
"""
    assert points(run(program.format(mode="w", scale=10))) == [(1, 0.1), (2, 0.2)]
    assert points(run(program.format(mode="w", scale=4))) == [(1, 0.25), (2, 0.5)]


def test_epochs_and_progress_bars_of_the_script_are_followed(run):
    program = r"""
import sys
for epoch in (0, 5, 10):
    for i in range(3):
        sys.stdout.write(f"\rEpoch {epoch}: {i}/3 [00:0{i}<00:03, 1.0it/s, loss={i}]")
    print(f"\nvalidating ✓ 准确率: 0.1\r\nval_acc={epoch / 20}")
"""
    events = run(program)
    assert points(events) == [(1, 0.0), (6, 0.25), (11, 0.5)]
    assert points(events, "loss") == [(1, 2.0), (6, 2.0), (11, 2.0)]
    assert points(events, "准确率") == [(1, 0.1), (6, 0.1), (11, 0.1)]


def test_script_runs_in_its_folder(run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    events = run(
        "import os; print('val_acc=%d' % (os.path.basename(os.getcwd()) == 'elsewhere'))",
        folder=str(tmp_path / "elsewhere"),
    )
    assert points(events) == [(1, 1.0)]


def test_configuration_lies_in_a_file_for_scripts_without_placeholders(run):
    events = run(
        "import json, os\nc = json.load(open(os.environ['TUNEBOOK_CONFIG']))\n"
        "print('val_acc=', c['lr'], sep='')"
    )
    assert points(events) == [(1, 0.25)]


def test_shell_is_given_values_by_the_environment(run):
    events = run("import os; os.system('echo val_acc=\"$TUNEBOOK_PARAMETER_LR\"')")
    assert points(events) == [(1, 0.25)]


def test_placeholders_reach_the_script(run):
    events = run("import sys; print('val_acc=' + sys.argv[1])", options="{lr}")
    assert points(events) == [(1, 0.25)]


def test_more_steps_than_a_full_training_end_the_script_well(run):
    events = run(
        "import time\nfor e in range(1000):\n    print(f'val_acc={e}'); time.sleep(0.01)",
        max_steps=3,
    )
    assert [step for step, _ in points(events)] == [1, 2, 3]
    assert isinstance(events[-1], TrialEnded)


def test_script_that_goes_on_is_asked_to_end_and_has_time_to_save(run, tmp_path, monkeypatch):
    monkeypatch.setattr("tunebook.execution.process_tree.GRACE_S", 0.2)
    program = f"""
import signal, sys, time
def save(*_):
    print("x" * 100_000)  # more than a pipe holds, should nobody read it
    time.sleep(1)
    open({str(tmp_path / "saved")!r}, "w").write("whole")
    sys.exit(1)
signal.signal(signal.SIGTERM, save)
for step in (0, 50, 100, 150):
    print(f"step {{step}}: val_acc={{step}}", flush=True)
time.sleep(600)
"""
    events = run(program, max_steps=100)
    assert points(events) == [(0, 0.0), (50, 50.0), (100, 100.0)]
    assert isinstance(events[-1], TrialEnded)
    assert (tmp_path / "saved").read_text() == "whole"


def test_silent_script_is_stopped_early_with_all_its_children(run, tmp_path):
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\n"
        "print('val_acc=0.5'); time.sleep(600)"
    )

    def stop(executor, batch) -> None:
        if any(isinstance(event, TrialReported) for event in batch):
            executor.carry_out(Halt(0, TrialState.STOPPED))

    events = run(program, react=stop)
    assert isinstance(events[-1], TrialEnded)
    child = int((tmp_path / "child").read_text())
    assert_gone(child)


def assert_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "a child of the script still runs"
        time.sleep(0.02)


@pytest.mark.parametrize("output", ["None", "subprocess.DEVNULL"])
def test_what_a_script_leaves_behind_is_ended_too(run, tmp_path, output):
    events = run(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
        f" start_new_session=True, stdout={output})\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\n"
        "print('val_acc=0.5')"
    )
    assert isinstance(events[-1], TrialEnded)
    assert_gone(int((tmp_path / "child").read_text()))


def test_script_that_will_not_end_is_killed(run, monkeypatch):
    monkeypatch.setattr("tunebook.execution.process_tree.GRACE_S", 0.5)
    program = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('val_acc=0.5', flush=True)\ntime.sleep(600)"
    )

    def stop(executor, batch) -> None:
        if any(isinstance(event, TrialReported) for event in batch):
            executor.carry_out(Halt(0, TrialState.STOPPED))

    assert isinstance(run(program, react=stop)[-1], TrialEnded)


def test_non_zero_exit_is_a_failure_with_the_last_lines(run):
    found = failure(run("print('val_acc=0.5'); raise ValueError('no such layer')"))
    assert found.kind is FailureKind.USER_ERROR
    assert "exited with code 1: ValueError: no such layer" in found.message
    assert "Traceback" in found.log_tail


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("raise RuntimeError('CUDA out of memory. Tried to allocate')", FailureKind.OUT_OF_MEMORY),
        ("raise MemoryError", FailureKind.OUT_OF_MEMORY),
        ("print('val_acc=nan')", FailureKind.DIVERGED),
        ("print('loss=1')", FailureKind.METRIC_MISSING),
        ("", FailureKind.METRIC_MISSING),
    ],
)
def test_ways_to_break_are_told_apart(run, program, kind):
    assert failure(run(program)).kind is kind


def test_missing_metric_tells_what_was_found_the_pattern_and_the_last_lines(run):
    found = failure(run("print('val_accuracy=0.5')"))
    assert found.message.endswith("found: val_accuracy. Did you mean 'val_accuracy'?")
    assert "    val_accuracy=0.5\n" in found.traceback
    assert "(?P<name>" in found.traceback


def test_flood_of_lines_and_bytes_that_are_no_text_are_survived(run):
    events = run(
        "import sys\nfor i in range(200_000): print(f'line {i} loss={i}')\n"
        "sys.stdout.buffer.write(b'\\xff\\xfe\\r\\n'); print('val_acc=0.5')"
    )
    assert points(events) == [(1, 0.5)]


def test_command_that_cannot_be_started_is_told(tmp_path):
    task = ScriptTask.of("no-such-program-here --lr {lr}", ["lr"])
    space = tb.Space(lr=tb.Float(0.0, 1.0))
    with pytest.raises(TaskError, match="cannot be started"):
        tb.tune(task, space, maximize="val_acc", trials=2, workers=0, home=tmp_path, progress=False)


def test_script_that_is_killed_is_lost_with_the_memory_it_held(run):
    # More than this process holds: what it held counts for a child that it executes.
    n_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + (100 << 20)
    program = f"import os; held = b'x' * {n_bytes}; os.kill(os.getpid(), 9)"
    lost = run(program)[-1]
    assert isinstance(lost, TrialLost)
    assert lost.failure.kind is FailureKind.KILLED
    assert not lost.is_driver_loss, "it may well be what the script does"
    told = re.fullmatch(
        r"the script was killed by SIGKILL; it held up to ([\d,]+) MiB of memory",
        lost.failure.message,
    )
    assert 0 <= float(told[1].replace(",", "")) - n_bytes / 2**20 < 200


def test_memory_of_a_killed_script_that_held_less_than_its_parent_is_not_made_up(run):
    held = bytearray(300 << 20)
    held[::4096] = b"x" * len(held[::4096])
    lost = run("import os; os.kill(os.getpid(), 9)")[-1]
    told = re.fullmatch(
        r"the script was killed by SIGKILL(?:; it held up to ([\d,]+) MiB of memory)?",
        lost.failure.message,
    )
    assert told[1] is None or float(told[1].replace(",", "")) < 100
    del held


@pytest.mark.parametrize(("n_kills", "state"), [(2, "done"), (3, "infeasible")])
def test_killed_script_is_tried_again_twice(tmp_path, n_kills, state):
    count = tmp_path / "count"
    (tmp_path / "train.py").write_text(
        "import os, sys\n"
        f"count = {str(count)!r}\n"
        "open(count, 'a').write('x')\n"
        f"if os.path.getsize(count) <= {n_kills}: os.kill(os.getpid(), 9)\n"
        "print('val_acc=0.5')\n"
    )
    task = ScriptTask.of([sys.executable, str(tmp_path / "train.py"), "{lr}"], ["lr"])
    options = {"maximize": "val_acc", "trials": 1, "workers": 1, "dry_run": False}
    space = tb.Space(lr=tb.Float(0.0, 1.0))
    study = tb.tune(task, space, **options, home=tmp_path, progress=False, name="s")
    (trial,) = study.trials
    assert (str(trial.state), trial.n_losses) == (state, n_kills)
    assert count.read_text() == "xxx"
    if state == "infeasible":
        assert "lost 3 times" in trial.failure.message
        assert "killed by SIGKILL" in trial.failure.message


def test_study_of_a_script_is_dry_run_tuned_in_processes_and_loaded_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(
        "import sys, time\nfor e in range(3):\n    print(f'val_acc={float(sys.argv[1]) + e}')\n"
    )
    space = tb.Space(lr=tb.Float(0.0, 1.0))
    task = ScriptTask.of([sys.executable, "train.py", "{lr}"], space.names)
    study = tb.tune(
        task, space, maximize="val_acc", trials=4, max_steps=3, workers=2, progress=False
    )
    assert (study.name, study.state) == ("train-1", "done")
    assert [trial.state for trial in study.trials] == ["done"] * 4
    assert study.best.value == max(t.config["lr"] for t in study.trials) + 2
    assert study.facts.dry_run is not None
    assert "val_acc=" in (tmp_path / ".tunebook/logs/train-1/00000.log").read_text()
    again = tb.load("train-1")
    again.request("add budget", {"trials": 1})
    assert len(again.run(progress=False, workers=1).trials) == 5


def test_study_of_a_script_without_the_metric_does_not_start(tmp_path):
    task = ScriptTask.of([sys.executable, "-c", "print('loss=1')"], ["lr"])
    space = tb.Space(lr=tb.Float(0.0, 1.0))
    with pytest.raises(MetricMissingError, match=r"    loss=1\n(.*\n)*.*found: loss"):
        tb.tune(task, space, maximize="val_acc", trials=3, home=tmp_path, progress=False, name="s")
    with pytest.raises(StudyNotFoundError):
        tb.load("s", home=tmp_path)
