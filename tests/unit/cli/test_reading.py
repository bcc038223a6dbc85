from __future__ import annotations

import csv
import io

import pytest

import tunebook
from tunebook.cli.main import main
from tunebook.errors import StudyNotFoundError
from tunebook.records import Series

TRIAL_KEYS = [
    *("number", "state", "config", "value", "step", "steps_done", "seconds", "cost", "error"),
    "parent",
]


def test_failed_trials_show_their_configuration_and_what_they_have_in_common(command, home):
    def fail_for_sgd(trial: tunebook.TrialHandle) -> float:
        if trial.config.opt == "sgd":
            raise ValueError("no momentum")
        return float(trial.config.lr)

    space = tunebook.Space(lr=tunebook.Choice(0.1, 0.2), opt=tunebook.Choice("sgd", "adam"))
    options = {"maximize": "acc", "trials": 4, "search": "grid", "workers": 0, "progress": False}
    tunebook.tune(fail_for_sgd, space, name="halves", **options)
    out = command("trials", "halves", "--state", "failed").out
    assert "lr=0.1 sgd" in out
    assert "lr=0.2 sgd" in out
    assert out.count("ValueError: no momentum") == 2
    assert "2 trials failed. All have opt=sgd; of the 2 others 0 do." in out
    (found,) = (
        f for f in command("show", "halves", "--json").json["findings"] if f["id"] == "failures"
    )
    assert found["evidence"].startswith("All have opt=sgd; of the 2 others 0 do. Last one, trial")
    assert "what went wrong" not in command("trials", "halves", "--state", "done").out


def test_trials_in_json_have_the_keys_of_the_contract(command, study):
    rows = command("trials", "digits", "--json").json
    assert [list(row) for row in rows] == [TRIAL_KEYS] * 5
    assert [row["number"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["state"] for row in rows] == [trial.state for trial in study.trials]
    assert rows[0]["config"] == dict(study.trials[0].config)


def test_trials_are_filtered_sorted_and_limited(command, study):
    values = [r["value"] for r in command("trials", "digits", "--sort", "value", "--json").json]
    assert values == [0.3, 0.2, 0.1, None, None]
    (failed,) = command("trials", "digits", "--state", "failed", "--json").json
    assert "a negative learning rate" in failed["error"]
    assert len(command("trials", "digits", "--limit", "2", "--json").json) == 2
    down = command("trials", "digits", "-r", "--limit", "1", "--json").json
    assert down[0]["number"] == 4


def test_table_of_trials_shows_shapes_curves_and_errors(command, study):
    out = command("trials", "digits").out
    assert "● done" in out
    assert "▁▄█" in out
    assert "✖ failed" in out
    assert "diverged" in out
    assert "\x1b" not in out


def test_best_in_json_has_the_keys_of_the_contract(command, study):
    row = command("best", "digits", "--json").json
    assert list(row) == ["number", "config", "value", "step", "checkpoint"]
    assert (row["value"], row["step"], row["config"]) == (0.3, 3, {"lr": 0.3, "opt": "sgd"})
    assert "acc 0.3 at step 3" in command("best", "digits").out


def test_show_in_json_has_state_budget_and_findings(command, study):
    told = command("show", "digits", "--json").json
    assert (told["name"], told["state"]) == ("digits", "done")
    assert told["budget"]["limits"] == {"trials": 5, "hours": 1, "price_per_hour": 3600}
    assert told["budget"]["used"]["trials"] == 5
    assert told["budget"]["used"]["steps"] == sum(trial.steps_done for trial in study.trials)
    assert told["budget"]["left"]["trials"] == 0
    assert 0 < told["budget"]["left"]["hours"] < 1
    assert told["budget"]["used"]["cost"] > 0
    assert told["trials"] == {"done": 3, "infeasible": 1, "failed": 1}
    assert told["best"]["value"] == 0.3
    assert [finding["level"] for finding in told["findings"]]


def test_show_tells_a_person_everything_at_a_glance(command, study):
    out = command("show", "digits").out
    for told in (
        "digits is done: all 5 trials of the budget are done",
        "maximize acc (best), search grid, seed 0",
        "trials: 3 done, 1 infeasible, 1 failed",
        "trials: 5 of 5 used",
        "opt  always 'sgd'",
        "best acc: 0.3",
        "lr=0.3, opt=sgd",
        "0.3 ┤",
    ):
        assert told in out


def test_one_trial_is_shown_with_its_curves_and_its_traceback(command, study):
    number = next(t.number for t in study.trials if t.state == "failed")
    out = command("show", "digits", "--trial", str(number)).out
    assert f"Trial {number} is failed" in out
    assert "ValueError: a negative learning rate" in out
    assert "Traceback" in out
    assert command("show", "digits", "--trial", "5").code == 2


def test_metrics_of_single_classes_are_lines_after_the_curves(command, home):
    def train(trial: tunebook.TrialHandle) -> None:
        for step in trial.steps():
            classes = {f"acc/class {k}": k / 10 + step / 100 for k in reversed(range(10))}
            points = Series.of([2 * step - 1, 2 * step], [3.0, 2.0], [step, step])
            trial.report(acc=step / 4, **classes, **{"val/loss": 1.0, "loss@batch": points})

    space = tunebook.Space(lr=tunebook.Choice(0.1, 0.2))
    quiet = {"workers": 0, "dry_run": False, "progress": False, "search": "grid"}
    tunebook.tune(train, space, maximize="acc", max_steps=3, trials=1, name="classes", **quiet)
    line = "acc of single classes: " + ", ".join(f"class {k} 0.{k}3" for k in range(8))
    for out in (
        command("show", "classes").out,
        command("show", "classes", "--trial", "0").out,
    ):
        assert f"{line} and 2 more\n" in out
        assert "acc/class" not in out
    lines = out.splitlines()
    assert [name for name in ("acc", "loss@batch", "val/loss") if name in lines] == [
        *("acc", "loss@batch", "val/loss")
    ]
    assert "update 1" in out
    assert out.count("step 1") == 2


def test_list_has_a_line_for_each_study(command, study):
    (row,) = command("list", "--json").json
    assert (row["name"], row["state"], row["trials"], row["best"]) == ("digits", "done", 5, 0.3)
    assert command("list").out.splitlines()[1].split()[:3] == ["digits", "done", "5"]


def test_home_without_studies_is_left_alone(command, home):
    done = command("list", "--json")
    assert (done.code, done.json) == (0, [])
    assert "No studies" in command("list").err
    assert not home.exists()


def test_home_is_given_before_or_after_the_command(command, study, home, monkeypatch):
    monkeypatch.delenv("TUNEBOOK_HOME")
    assert command("best", "digits").code == 2
    assert command("best", "digits", "--home", str(home)).code == 0
    assert command("--home", str(home), "best", "digits").code == 0
    assert command("--store", str(home / "tunebook.db"), "best", "digits").code == 0


def test_export_writes_a_row_for_each_trial(command, study, tmp_path):
    rows = list(csv.DictReader(io.StringIO(command("export", "digits").out)))
    assert [float(row["lr"]) for row in rows] == [trial.config.lr for trial in study.trials]
    assert command("export", "digits", "-o", "x.json").code == 0
    assert command("export", "digits", "--json").out == (tmp_path / "x.json").read_text()


def test_export_of_curves_writes_a_row_for_each_measurement(command, study):
    rows = list(csv.DictReader(io.StringIO(command("export", "digits", "--curves").out)))
    assert list(rows[0]) == ["trial", "step", "metric", "value", "seconds"]
    n_points = sum(len(trial.curves["acc"]) for trial in study.trials if trial.curves)
    assert len(rows) == n_points
    told = command("export", "digits", "--curves", "--json").json
    assert [row["step"] for row in told] == [int(row["step"]) for row in rows]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["best", "digit"], "Did you mean 'digits'?"),
        (["trials", "digits", "--state", "dne"], "Did you mean 'done'?"),
        (["trials", "digits", "--sort", "valu"], "Did you mean 'value'?"),
        (["export", "digits", "--format", "xml"], "no such format"),
        (["export", "digits", "-o", "/no/such/folder/x.csv"], "cannot be written"),
        (["compare", "digits"], "two studies or more"),
        (["stop", "digits", "--trial", "9"], "no such trial"),
        (["run"], "a study file, or parameters and a command"),
        (["run", "none.yaml"], "cannot be read"),
        (["run", "-p", "lr=log(1e-5,1)", "--maximize", "acc"], "command to tune is missing"),
        (["run", "-p", "lr=log(1e-5,1)", "--", "x"], "--maximize val_acc"),
        (["run", "-p", "lr=lag(1)", "--maximize", "acc", "--", "x"], "Did you mean 'log'?"),
        (["run", "-p", "lr=log(1e-5,1)", "s.yaml"], "a space of its own"),
        (["resume", "none"], "no such study"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(command, study, words, told):
    done = command(*words)
    assert done.code == 2
    assert told in done.err
    assert done.err.startswith("[E")
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_traceback_is_shown_when_it_is_asked_for(home):
    with pytest.raises(StudyNotFoundError):
        main(["--debug", "best", "none"])


def test_study_that_is_over_has_nothing_to_stop(command, study):
    answer = command("stop", "digits", "--json").json
    assert answer == {
        "study": "digits",
        "trial": None,
        "answer": "nothing to do: the study is done already",
    }


def test_file_that_is_no_store_is_refused(command, tmp_path):
    (tmp_path / "x.db").write_text("hello")
    done = command("list", "--store", "x.db")
    assert (done.code, done.err[:6]) == (2, "[E206]")


def test_study_file_of_a_study_is_yaml(command, study):
    out = command("show", "digits", "--yaml").out
    assert "name: digits\n" in out
    assert "budget: {trials: 5, hours: 1, price_per_hour: 3600}\n" in out


def test_version_is_that_of_the_package(command):
    assert command("--version").out == f"tunebook {tunebook.__version__}\n"
