"""Everything that the how-to on scripts says can be typed works as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import tunebook
from tunebook.errors import StudyNotFoundError

PAGE = (Path(__file__).parents[2] / "docs/how-to/tune-a-script.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
SCRIPTS = dict(
    zip(
        re.findall(r"`(\w+\.py)`:\n", PAGE),
        [block for language, block in BLOCKS if language == "python"],
        strict=True,
    )
)
COMMANDS = [block for language, block in BLOCKS if not language]


def typed(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in SCRIPTS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda text: text.partition("--name ")[2][:8])
def test_command_runs(folder: Path, command: str) -> None:
    words = shlex.split(command.replace("\\\n", " ").replace(" python ", f" {sys.executable} "))
    done = typed([sys.executable, "-m", *words], folder)
    assert done.returncode == 0, done.stderr
    study = tunebook.load(words[words.index("--name") + 1], home=folder / ".tunebook")
    assert len(study.trials) == int(words[words.index("--trials") + 1])
    assert study.best.value > 0


def test_attached_script_is_trained_in_slices(folder: Path) -> None:
    (command,) = (text for text in COMMANDS if "attached" in text)
    words = shlex.split(command.replace("\\\n", " ").replace(" python ", f" {sys.executable} "))
    typed([sys.executable, "-m", *words], folder)
    study = tunebook.load("attached", home=folder / ".tunebook")
    assert {trial.step for trial in study.trials} - {10}
    assert all(trial.steps_done == trial.step for trial in study.trials)


def test_attached_script_runs_by_hand(folder: Path) -> None:
    assert typed([sys.executable, "attached.py"], folder).stderr == ""


def test_parameter_that_the_command_does_not_use_is_told(folder: Path) -> None:
    words = [
        *("tunebook", "run", "-p", "lr=log(1e-3,1)", "-p", "wd=log(1e-3,1)", "--name", "x"),
        *("--maximize", "val_acc", "--trials", "1", "--", sys.executable, "train.py", "--lr={lr}"),
    ]
    done = typed([sys.executable, "-m", *words], folder)
    assert done.returncode == 0
    assert "The command does not use wd" in done.stderr


def test_metric_that_never_comes_is_told_before_anything_is_started(folder: Path) -> None:
    words = [
        *("tunebook", "run", "-p", "lr=log(1e-3,1)", "--name", "x", "--maximize", "accuracy"),
        *("--trials", "3", "--", sys.executable, "train.py", "--lr={lr}"),
    ]
    done = typed([sys.executable, "-m", *words], folder)
    assert done.returncode == 2
    assert "    loss: 0.8527  val_acc: 0.1473\n" in done.stderr
    assert "found: loss, val_acc" in done.stderr
    with pytest.raises(StudyNotFoundError):
        tunebook.load("x", home=folder / ".tunebook")
