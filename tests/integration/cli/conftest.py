"""Runs the real command in processes of its own, in a folder of the test's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SCRIPT = """\
import argparse, math, time
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--opt")
parser.add_argument("--pace", type=float, default=0.0)
args = parser.parse_args()
for epoch in range(1, 6):
    time.sleep(args.pace)
    print(f"epoch {epoch}: val_acc={(1 - 2**-epoch) * (1 - abs(math.log10(args.lr) + 2) / 4):.4f}")
"""
MODULE = """\
import math, pathlib, time
GO = pathlib.Path(__file__).parent / "go"
def train(trial):
    for step in trial.steps():
        trial.report(val_acc=(1 - 2**-step) * (1 - abs(math.log10(trial.config.lr) + 2) / 4))
class Net:
    def state_dict(self):
        return {}
    def load_state_dict(self, state):
        pass
def slow(trial):
    trial.track(net=Net())
    # So slow that nothing ends before a test has made the file "go".
    for step in trial.steps():
        if not GO.exists():
            time.sleep(trial.config.pace)
        trial.report(val_acc=1 - 1 / step)
def broken(trial):
    raise RuntimeError("no such layer")
"""


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Tunebook:
    """The command, in a folder with a script, ``fit.py``, and a module, ``task.py``."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        (folder / "fit.py").write_text(SCRIPT)
        (folder / "task.py").write_text(MODULE)

    def __call__(self, *words: str, cwd: Path | None = None) -> Done:
        done = subprocess.run(
            self._words(words), cwd=cwd or self.folder, capture_output=True, text=True, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        keywords = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        process = subprocess.Popen(
            self._words(words), cwd=self.folder, start_new_session=True, **keywords
        )
        self._stack.callback(_end, process)
        return process

    def study(self, text: str, name: str = "study.yaml") -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def go(self) -> None:
        """Let the slow trials run to their end."""
        (self.folder / "go").touch()

    def trials(self, study: str) -> list[dict[str, Any]]:
        done = self("trials", study, "--json")
        return done.json if done.code == 0 else []

    def wait_for(self, what: Callable[[], Any], limit_s: float = 60.0) -> Any:
        """Return the first true answer, asked for again and again."""
        until = time.monotonic() + limit_s
        while not (found := what()):
            assert time.monotonic() < until, "it did not happen"
            time.sleep(0.1)
        return found

    @staticmethod
    def _words(words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "tunebook", *words]


@pytest.fixture
def tunebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunebook]:
    monkeypatch.delenv("TUNEBOOK_HOME", raising=False)
    with ExitStack() as stack:
        yield Tunebook(tmp_path, stack)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
