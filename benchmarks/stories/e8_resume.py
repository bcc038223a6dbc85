"""E8, resume: a guide and a study are killed in their middle, again and again.

    .venv/bin/python -m benchmarks.stories.e8_resume

Each is a process of its own that is killed without warning after a few seconds and started anew
until it is through. What it ends with has to be what an undisturbed one ends with: every measured
fact of the guide, every configuration and value of the study. The last search of a guide trains in
slices: what a kill interrupts is trained again and comes later, which may change what it decides.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.stories.pass_marks import PassMarks

import tunebook as tb
from tunebook.guide.log import GuideLog

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits_task.py"
STUDY = """
import sys
import tunebook as tb
from tunebook.recipes.trials import TaskTraining
from tunebook.training.task import load_task

training = TaskTraining(load_task(sys.argv[1]), 20, {"batch_size": 64})
space = tb.Space(lr=tb.Float(1e-4, 0.1, log=True), width=tb.Int(16, 128, log=True))
tb.tune(training, space, maximize="val_accuracy", max_steps=10, trials=40, search="bayes",
        name="digits", home=sys.argv[2], workers=1, progress=False)
"""
ADAPTIVE = {
    *((7, key) for key in ("exploit", "shortlisted 1", "shortlisted 2", "shortlisted 3")),
    *((8, key) for key in ("incumbent", "candidate", "test")),
}
TIMED = {(3, "throughput")}


def until_done(command: Sequence[str], first_s: float) -> int:
    """Run a command, killed ever later until it is through, and return how often it was killed."""
    killed = 0
    while True:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        try:
            code = process.wait(timeout=first_s * 1.3**killed)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
            continue
        if code:
            raise SystemExit(f"{' '.join(command)} ended with {code}")
        return killed


def compared(
    marks: PassMarks,
    name: str,
    command: Callable[[Path], Sequence[str]],
    result: Callable[[Path], dict[Any, Any]],
    *,
    first_s: float,
    follows: Collection[Any] = (),
) -> None:
    """Compare two ends; what is in ``follows`` may depend on the order in which slices end."""
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder) / "whole", Path(folder) / "killed"
        until_done(command(whole), 3600.0)
        times = until_done(command(killed), first_s)
        wanted, found = result(whole), result(killed)
        differing = [key for key in wanted if wanted[key] != found.get(key)]
        asynchronous = [key for key in differing if key in follows]
        is_same = differing == asynchronous
        marks.check(times > 0 and is_same, f"{name}: killed {times} times, ends with the same")
        if asynchronous:
            marks.tell(f"different, as a kill changes the order of slices: {asynchronous}")


def guide_command(home: Path) -> list[str]:
    words = ["guide", f"{EXAMPLE}:Digits", "--budget", "15000", "--yes", "--set", "batch_size=64"]
    return [sys.executable, "-m", "tunebook", *words, "--home", str(home)]


def guide_result(home: Path) -> dict[Any, Any]:
    with closing(GuideLog(home / "guides" / "Digits")) as log:
        facts = log.state.facts
    return {key: value for key, value in facts.items() if key not in TIMED}


def study_command(home: Path) -> list[str]:
    return [sys.executable, "-c", STUDY, f"{EXAMPLE}:Digits", str(home)]


def study_result(home: Path) -> dict[Any, Any]:
    study = tb.load("digits", home=home)
    return {t.number: (dict(t.config), t.value, t.state.value, t.step) for t in study.trials}


def main() -> int:
    marks = PassMarks("E8 resume")
    compared(marks, "study of 40 trials", study_command, study_result, first_s=4.0)
    compared(
        marks, "guide of 15,000 updates", guide_command, guide_result, first_s=6.0, follows=ADAPTIVE
    )
    return marks.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
