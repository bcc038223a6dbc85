"""``tunebook check``: planted mistakes are named, healthy tasks raise no alarm (S2.7, S2.8, E3)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.stories.e3_faults import is_named, problems
from benchmarks.stories.fault_tasks import binary, divided, images, numbers, regression, texts
from benchmarks.stories.faults import FAULTS
from benchmarks.stories.more_tasks import MORE_FAULTS, of_density
from torch.utils.data import Dataset
from typer.testing import CliRunner

from tunebook.cli.main import app

SOME = {
    *(
        "sign of the loss",
        "rate /10000",
        "labels shuffled at every step",
        "softmax before the loss",
    ),
    *(
        "softmax over the batch",
        "hidden layer cut off",
        "regression broadcasts",
        "NaN in the inputs",
    ),
    *("label among the inputs", "labels in another order", "tested on validation data"),
    *("empty validation set", "loader raises in the 3rd batch", "metric never reported"),
    *("labels begin at 1", "loss is a vector", "layers in a list", "some layers in a list"),
    *("optimizer of the last layer", "gradient vanishes", "augmentation exchanges inputs"),
    *("nearly all dropped", "one class to train on", "validation is not normalized"),
}
QUICK = [fault for fault in (*FAULTS, *MORE_FAULTS) if fault.name in SOME]
EXAMPLE = Path(__file__).parents[3] / "examples" / "digits_task.py"
BROKEN = """

class Broken(Digits):
    def loss(self, outputs, targets):
        return -super().loss(outputs, targets)
"""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fault", QUICK, ids=lambda fault: fault.name)
def test_s2_7_and_s2_8_mistake_is_named_in_the_first_two_causes(fault):
    found = problems(fault.make(), 0)
    assert is_named(fault, found), found


@pytest.mark.parametrize("make", [images, texts, numbers, regression, binary, of_density])
def test_healthy_task_raises_no_alarm(make):
    assert problems(make(), 0) == []


def test_all_named_faults_are_there():
    assert len(QUICK) == len(SOME)


def test_reading_that_fails_late_is_a_finding_and_no_traceback():
    class Late(Dataset):
        def __init__(self, inner):
            self.inner = inner

        def __len__(self):
            return len(self.inner)

        def __getitem__(self, index):
            if index >= 1000:
                raise OSError("truncated file 1000.png")
            return self.inner[index]

    def splits(x, y, split, seed):
        found = divided(x, y, split, seed)
        return Late(found) if split == "train" else found

    found = problems(images("mlp", splits=splits), 0)
    assert found[0].check == "data"
    assert all("1000.png" in f.value for f in found)


def test_healthy_example_exits_with_0_and_says_what_was_measured():
    done = CliRunner().invoke(app, ["check", f"{EXAMPLE}:Digits"])
    assert done.exit_code == 0, done.output
    assert "The network fits a single batch." in done.output
    assert "PROBLEM" not in done.output


def test_mistake_exits_with_1_and_says_what_to_do(tmp_path):
    text = EXAMPLE.read_text(encoding="utf-8") + BROKEN
    (tmp_path / "broken_task.py").write_text(text, encoding="utf-8")
    arguments = ["check", str(tmp_path / "broken_task.py:Broken"), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    assert told["verdict"] == "problem"
    (found,) = [f for f in told["findings"] if f["check"] == "single-batch"]
    assert "sign" in found["causes"][0]
    assert found["next_test"]
