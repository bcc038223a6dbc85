"""Everything that the README says can be typed works as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tunebook

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs/tutorials/first-study.md").read_text(encoding="utf-8")


def blocks(text: str, language: str = "") -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [block for named, block in found if named == language]


def test_two_commands_do_what_they_name() -> None:
    commands = re.findall(r"^make (\w+)", blocks(README)[0], flags=re.MULTILINE)
    assert commands == ["demo", "test"]
    for command in commands:
        done = subprocess.run(
            ["make", "-n", command], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert "setup" in done.stdout


class Net:
    """Stands for a network and its optimizer."""

    def state_dict(self) -> dict[str, float]:
        return {}

    def load_state_dict(self, state: Any) -> None:
        pass


def test_example_in_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = blocks(README, "python")
    assert len([line for line in example.splitlines() if line.strip()]) <= 12
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {
        "build": lambda config: (Net(), Net()),
        "train_one_epoch": lambda net, optimizer: None,
        "evaluate": lambda net: 0.5,
    }
    smaller = example.replace("trials=60, hours=2, workers=2", "trials=2, workers=0")
    assert smaller != example
    exec(smaller, names)  # noqa: S102 - the README's own code
    assert tunebook.load("train-1", home=tmp_path / ".tunebook").best.value == 0.5


def test_command_for_a_script_runs(tmp_path: Path) -> None:
    (command,) = (block for block in blocks(README) if block.startswith("tunebook run"))
    (tmp_path / "train.py").write_text(blocks(TUTORIAL, "python")[0])
    words = shlex.split(
        command.replace("\\\n", " ").replace("python train", f"{sys.executable} train")
    )
    smaller = ["3" if word == "20" else word for word in words]
    assert smaller != words
    command_line = [sys.executable, "-m", *smaller]
    done = subprocess.run(command_line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(tunebook.load("train-1", home=tmp_path / ".tunebook").trials) == 3


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/tutorials/first-study.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
