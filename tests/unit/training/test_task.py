"""A training task: what is checked when it is read, and how it is found by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunebook.errors import TaskError
from tunebook.training.task import Split, load_task, read_task

TASK = """
class Toy:
    minimize = "error"
    def data(self, split):
        return {"train": [(1, 1), (2, 2)], "train-val": []}.get(split)
    def network(self, config): ...
    def loss(self, outputs, targets): ...
    def metrics(self, outputs, targets): ...

def make(name):
    task = Toy()
    task.name = name
    return task
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "toy_task.py"
    path.write_text(TASK)
    return path


def test_objective_is_the_metric_of_the_validation_set(file: Path) -> None:
    task = load_task(f"{file}:Toy")
    assert (task.metric, task.objective.metric) == ("error", "val_error")
    assert task.name == "Toy"


def test_only_task_of_a_file_needs_no_name(file: Path) -> None:
    assert load_task(str(file)).reference == f"{file.resolve()}:Toy"


def test_task_made_with_arguments_is_found_again(file: Path) -> None:
    task = load_task(f"{file}:make", {"name": "birds"})
    assert task.name == "birds"
    assert task.reference is not None
    assert load_task(task.reference, task.arguments).name == "birds"


def test_missing_and_empty_splits_are_told_apart(file: Path) -> None:
    task = load_task(str(file))
    assert task.has(Split.TRAIN)
    assert not task.has(Split.TRAIN_VAL)
    assert not task.has(Split.TEST)
    with pytest.raises(TaskError, match="an empty set"):
        task.examples(Split.TRAIN_VAL)
    with pytest.raises(TaskError, match="nothing"):
        task.examples(Split.TEST)


def test_object_that_lacks_parts_is_refused_by_their_names() -> None:
    class Half:
        maximize = "accuracy"

        def data(self, split: str) -> None: ...

    with pytest.raises(TaskError, match="no network and no loss and no metrics"):
        read_task(Half)


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (TASK, ":Toyy", "Toy"),
        ("raise ValueError('boom')", ":Toy", "boom"),
        ("x = 1", "", "Write a class"),
        (TASK + TASK.replace("Toy", "Other"), "", "Name one"),
    ],
)
def test_wrong_file_or_name_is_said_with_what_to_do(
    file: Path, text: str, name: str, told: str
) -> None:
    file.write_text(text)
    with pytest.raises(TaskError, match=told):
        load_task(f"{file}{name}")


def test_file_that_is_not_there_is_said() -> None:
    with pytest.raises(TaskError, match="no such file"):
        load_task("nowhere.py:Toy")
