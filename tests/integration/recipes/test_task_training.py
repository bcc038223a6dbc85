"""The example of docs/how-to/describe-a-task.md: tuned, and found again by another process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tunebook as tb
from tunebook.recipes.trials import TaskTraining
from tunebook.training.task import load_task

EXAMPLE = Path(__file__).parents[3] / "examples" / "digits_task.py"


def test_task_is_tuned_and_its_study_goes_on_in_another_process(tmp_path: Path) -> None:
    task = load_task(f"{EXAMPLE}:Digits")
    space = tb.Space(lr=tb.Float(1e-3, 1e-1, log=True), width=tb.Int(16, 64, log=True))
    training = TaskTraining(task, updates_per_step=10, fixed={"optimizer": "momentum"})
    study = tb.tune(
        training, space, maximize="val_accuracy", max_steps=3, trials=2, workers=1, home=tmp_path
    )
    assert study.name.startswith("Digits")
    assert 0.2 < study.best.value <= 1.0
    command = [sys.executable, "-m", "tunebook", "--home", str(tmp_path)]
    command += ["resume", study.name, "--trials", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(tb.load(study.name, home=tmp_path).trials) == 3
