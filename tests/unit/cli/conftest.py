"""Runs commands in this process, on a home of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import tunebook as tb
from tunebook.cli.main import main


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNEBOOK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def run(*words: str) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(words)
        out, err = capsys.readouterr()
        return Done(int(left.value.code or 0), out, err)

    return run


def train(trial: tb.TrialHandle) -> None:
    """Report a curve that ends at ``lr``; diverge for a large one, raise for a negative one."""
    for step in trial.steps():
        if trial.config.lr < 0:
            raise ValueError("a negative learning rate")
        if trial.config.lr > 0.9:
            trial.report(acc=float("nan"))
        trial.report(acc=trial.config.lr * (step + 1) / 4)


@pytest.fixture
def study(home: Path) -> tb.Study:
    """A finished study of five trials: three with a value, one infeasible, one failed."""
    space = tb.Space(lr=tb.Choice(0.1, 0.3, 0.2, 1.0, -1.0, ordered=True), opt=tb.Constant("sgd"))
    return tb.tune(
        train,
        space,
        maximize="acc",
        max_steps=3,
        trials=5,
        hours=1,
        price_per_hour=3600,
        search="grid",
        name="digits",
        workers=0,
        dry_run=False,
        progress=False,
    )
