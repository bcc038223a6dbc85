from __future__ import annotations

from pathlib import Path

import pytest

from tunebook.engine import apply
from tunebook.errors import StudyFileError, TaskError
from tunebook.presets.described import load_changed, open_described
from tunebook.records import Budget, BudgetChanged, TaskKind
from tunebook.study.study_file import checked_file, file_of, read_study_file, to_yaml

CONTRACT = """\
name: birds
command: python train.py --lr {lr} --wd {wd}
space:
  lr: {type: float, low: 1e-5, high: 1, log: true}
  wd: {type: float, low: 1e-6, high: 1e-2, log: true, role: nuisance}
objective: {maximize: val_acc, reduce: best}
max_steps: 30
budget: {trials: 60, hours: 2, target: 0.95, cost: 40, price_per_hour: 2.7}
search: {name: random}
workers: 2
"""
FUNCTION = """\
function: tunebook.testing.trainings:returning
space: {lr: "log(1e-5,1)"}
objective: {minimize: loss}
"""


@pytest.fixture
def write(tmp_path: Path):
    def write_one(text: str, name: str = "study.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write_one


def refusal(path: Path) -> StudyFileError:
    with pytest.raises(StudyFileError) as caught:
        read_study_file(path)
    return caught.value


def test_file_of_the_contract_is_read(write):
    path = write(CONTRACT)
    file = read_study_file(path)
    task = file.task()
    assert (task.kind, task.reference) == (
        TaskKind.SCRIPT,
        "python train.py --lr {lr} --wd {wd}",
    )
    assert task.options["folder"] == str(path.parent)
    options = file.options()
    assert (options["name"], options["maximize"], options["cost"]) == ("birds", "val_acc", 40)
    assert (options["search"], options["workers"], options["max_steps"]) == (
        {"name": "random"},
        2,
        30,
    )


def test_file_without_a_name_is_called_after_its_file(write):
    assert read_study_file(write(FUNCTION, "digits.yaml")).name == "digits"


def test_folder_is_relative_to_the_file(write, tmp_path):
    file = read_study_file(write(FUNCTION + "folder: src\n"))
    assert file.folder == str(tmp_path / "src")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (CONTRACT.replace("budget:", "budgt:"), "line 8: there is no key 'budgt'"),
        (CONTRACT.replace("trials:", "trails:"), "line 8: there is no key 'budget.trails'"),
        (
            CONTRACT.replace("maximize:", "maximise:"),
            "line 6: there is no key 'objective.maximise'",
        ),
        (CONTRACT.replace("60", "many"), "line 8: the key 'budget.trials' has a value"),
        (CONTRACT.replace("60", "true"), "line 8: budget.trials: true and false are no numbers"),
        (CONTRACT.replace("60", "1.5"), "line 8: the key 'budget.trials' has a value"),
        (CONTRACT.replace("objective:", "objectiv:"), "line 6: there is no key 'objectiv'"),
        (CONTRACT.replace("objective:", "#"), "the key 'objective' is missing"),
        (CONTRACT.replace("{name: random}", "[1]"), "line 9: the key 'search' has a value"),
        (CONTRACT + "schedule: [{sed: 2}]\n", "line 11: there is no key 'schedule.0.sed'"),
        (CONTRACT + "function: a:b\n", "exactly one of command, function and recipe"),
        (CONTRACT.replace("command:", "#"), "exactly one of command, function and recipe"),
        (FUNCTION + "pattern: x\n", "pattern: only a command takes it"),
        (CONTRACT + "workers: 3\n", "line 11: the key 'workers' is there twice, first in line 10"),
        (CONTRACT + "notes: [\n", "line 12: this is no YAML"),
        ("- 1\n", "not a mapping"),
        ("", "not a mapping"),
    ],
)
def test_wrong_file_is_refused_with_its_key_and_line(write, wrong, told):
    error = refusal(write(wrong))
    assert told in str(error)
    assert error.code == "E150"


def test_unknown_key_comes_with_the_nearest_right_one(write):
    assert refusal(write(CONTRACT.replace("budget:", "budgt:"))).do == "Did you mean 'budget'?"
    assert refusal(write(CONTRACT.replace("trials:", "trails:"))).do == "Did you mean 'trials'?"


def test_file_that_is_not_there_is_refused(tmp_path):
    assert "cannot be read" in str(refusal(tmp_path / "none.yaml"))
    assert "cannot be read" in str(refusal(tmp_path))


def test_file_of_bytes_is_refused(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in str(refusal(tmp_path / "x.yaml"))


def test_keys_of_recipes_are_refused_elsewhere(write):
    with pytest.raises(StudyFileError, match="sample: only a recipe takes it"):
        read_study_file(write(FUNCTION + "sample: 0.5\n"))


def test_flags_change_a_file_and_are_checked_like_it(write):
    file = read_study_file(write(CONTRACT))
    changed = file.changed({"trials": 5, "minimize": "loss", "workers": 0, "hours": None})
    assert (changed.budget.trials, changed.budget.hours) == (5, 2)
    assert (changed.objective.minimize, changed.objective.maximize) == ("loss", None)
    assert changed.workers == 0
    with pytest.raises(StudyFileError, match=r"budget\.trials"):
        file.changed({"trials": "few"})


def test_study_written_as_a_file_is_the_same_study_again(write, tmp_path):
    text = FUNCTION + "budget: {trials: 3, target: 1e-3}\nseed: 7\nsearch: {name: halton}\n"
    home = tmp_path / "home"
    first = open_described(read_study_file(write(text)), home=home)
    again = write(to_yaml(file_of(first.facts)), "elsewhere.yaml")
    n_events = len(first.facts.story)
    second = open_described(read_study_file(again), home=home)
    assert (second.name, len(second.facts.story)) == (first.name, n_events)
    assert file_of(second.facts) == file_of(first.facts)


def test_file_shows_budget_and_space_as_they_are_now(study):
    apply(study.facts, BudgetChanged(2.0, Budget(trials=99)))
    body = file_of(study.facts)
    assert body["budget"] == {"trials": 99}
    assert "function" not in body
    assert "command" not in body


def test_study_whose_function_cannot_be_imported_is_not_created(write, tmp_path):
    file = read_study_file(write(FUNCTION.replace("returning", "missing")))
    with pytest.raises(TaskError, match="missing"):
        open_described(file, home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_described_study_runs_from_its_file(write, tmp_path):
    file = read_study_file(write(FUNCTION + "budget: {trials: 3}\nworkers: 0\n"))
    study = open_described(file, home=tmp_path / "home").run(workers=0, progress=False)
    assert [trial.state for trial in study.trials] == ["done"] * 3


def test_study_without_any_limit_has_ten_trials(write, tmp_path):
    study = open_described(read_study_file(write(FUNCTION)), home=tmp_path)
    assert study.facts.budget.trials == 10


def test_limits_of_a_study_are_changed_one_by_one(write, tmp_path):
    text = FUNCTION + "name: x\nbudget: {trials: 3, patience: 2}\n"
    open_described(read_study_file(write(text)), home=tmp_path)
    study = load_changed("x", {"trials": 5, "hours": None}, home=tmp_path)
    assert (study.facts.budget.trials, study.facts.budget.patience) == (5, 2)
    assert load_changed("x", {}, home=tmp_path).facts.budget == study.facts.budget


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("command: python -u src/train.py --lr {lr}", "train-1"),
        ("command: ./fit {lr}", "fit-1"),
        ("function: tunebook.testing.trainings:returning", "returning-1"),
    ],
)
def test_study_without_a_name_is_called_after_its_code(task, name, tmp_path):
    body = {"space": {"lr": "log(1e-5,1)"}, "objective": {"maximize": "acc"}}
    key, _, value = task.partition(": ")
    assert open_described(checked_file(body | {key: value}), home=tmp_path).name == name


def test_placeholder_that_is_no_parameter_is_refused(write, tmp_path):
    file = read_study_file(write(CONTRACT.replace("{wd}", "{wdd}")))
    with pytest.raises(TaskError, match="wdd"):
        open_described(file, home=tmp_path / "home")


def test_script_written_as_a_file_is_the_same_script_again(write, tmp_path):
    first = open_described(
        read_study_file(write(CONTRACT + "pattern: 'acc (?P<val_acc>.*)'\n")), home=tmp_path
    )
    body = file_of(first.facts)
    assert body["command"] == "python train.py --lr {lr} --wd {wd}"
    assert checked_file(body).task() == first.spec.task
