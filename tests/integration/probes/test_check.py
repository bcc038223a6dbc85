"""``tunebook check``: planted mistakes are named, healthy tasks raise no alarm (S2.7, S2.8, E3)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.stories.e3_faults import is_named, problems
from benchmarks.stories.fault_tasks import binary, images, numbers, regression, texts
from benchmarks.stories.faults import FAULTS
from typer.testing import CliRunner

from tunebook.cli.main import app

QUICK = [fault for fault in FAULTS if "text" not in fault.name and "cnn" not in fault.name]
EXAMPLE = Path(__file__).parents[3] / "examples" / "digits_task.py"
BROKEN = """
from digits_task import Digits

class Broken(Digits):
    def loss(self, outputs, targets):
        return -super().loss(outputs, targets)
"""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fault", QUICK, ids=lambda fault: fault.name)
def test_s2_7_and_s2_8_mistake_is_named_in_the_first_two_causes(fault):
    found = problems(fault.make(), 0)
    assert is_named(fault, found), found


@pytest.mark.parametrize("make", [images, texts, numbers, regression, binary])
def test_healthy_task_raises_no_alarm(make):
    assert problems(make(), 0) == []


def test_healthy_example_exits_with_0_and_says_what_was_measured():
    done = CliRunner().invoke(app, ["check", f"{EXAMPLE}:Digits"])
    assert done.exit_code == 0, done.output
    assert "The network fits a single batch." in done.output
    assert "PROBLEM" not in done.output


def test_mistake_exits_with_1_and_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE.parent))
    (tmp_path / "broken_task.py").write_text(BROKEN, encoding="utf-8")
    arguments = ["check", str(tmp_path / "broken_task.py:Broken"), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    assert told["verdict"] == "problem"
    (found,) = [f for f in told["findings"] if f["check"] == "single-batch"]
    assert "sign" in found["causes"][0]
    assert found["next_test"]
