"""Trainings in processes of their own: steps, seconds, the time limit, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tunebook.checks.examination import NotPossible
from tunebook.checks.experiments import Look, Part, Train
from tunebook.checks.first_trial import DESCRIPTION, Description
from tunebook.checks.readings import NotFinite, OutOfMemory, Raised, Trained
from tunebook.checks.trial_laboratory import TrialLaboratory
from tunebook.execution.user_code import load_function
from tunebook.records import Budget, Configuration, Objective

CODE = """
import time
def steady(trial):
    for step in trial.steps():
        time.sleep(trial.config.pace)
        trial.report(val_acc=step / 10, loss=1 / step)
def diverging(trial):
    for step in trial.steps():
        trial.report(val_acc=0.5 if step < 3 else float("nan"))
def greedy(trial):
    raise MemoryError("no room")
def broken(trial):
    return trial.config.depth
"""
DESCRIBED = Description(Objective.of(maximize="val_acc"), Budget(trials=3), 20, 1, False)


@pytest.fixture
def laboratory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "short_trainings.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "short_trainings", raising=False)

    def make(name: str, *, max_seconds: float = 60.0) -> TrialLaboratory:
        function = load_function(f"short_trainings:{name}")
        return TrialLaboratory("short", function, DESCRIBED, max_seconds=max_seconds)

    return make


def training(n_steps: int = 4, pace: float = 0.0, **options: object) -> Train:
    return Train(Configuration({"pace": pace}), n_steps, **options)


def test_steps_give_errors_metrics_and_seconds(laboratory):
    found = laboratory("steady").carry_out(training(4, 0.02))
    assert isinstance(found, Trained)
    assert found.losses == (-0.1, -0.2, -0.3, -0.4)
    assert found.metrics == {"val_acc": (0.1, 0.2, 0.3, 0.4), "loss": (1.0, 0.5, 1 / 3, 0.25)}
    start_s, step_s = found.seconds
    assert start_s >= 0.0
    assert step_s >= 0.02
    assert not found.is_cut


def test_training_that_takes_too_long_is_stopped_and_keeps_what_it_measured(laboratory):
    found = laboratory("steady", max_seconds=2.0).carry_out(training(20, 0.5))
    assert isinstance(found, Trained)
    assert found.is_cut
    assert 0 < len(found.losses) < 20


def test_failures_are_readings(laboratory):
    found = laboratory("diverging").carry_out(training(5))
    assert isinstance(found, NotFinite)
    assert found.at == 3
    assert isinstance(laboratory("greedy").carry_out(training()), OutOfMemory)
    broken = laboratory("broken").carry_out(training())
    assert isinstance(broken, Raised)
    assert "depth" in broken.told
    assert any("trial.config.depth" in line for line in broken.where)


def test_what_needs_a_look_inside_is_not_possible(laboratory):
    steady = laboratory("steady")
    assert steady.carry_out(Look(DESCRIPTION, Configuration({}))) == DESCRIBED
    for asked in (
        Look("first-batch", Configuration({})),
        training(one_batch=True),
        training(without=(Part.OPTIMIZER,)),
    ):
        with pytest.raises(NotPossible):
            steady.carry_out(asked)
