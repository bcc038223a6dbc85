"""Whole studies by the real command: scripts, study files, what is left behind."""

from __future__ import annotations

import csv
import io
import re

FILE = """\
function: task:train
space:
  lr: {type: float, low: 1e-4, high: 1, log: true}
objective: {maximize: val_acc}
max_steps: 5
budget: {trials: 6}
search: random
workers: 2
"""
COMMAND = ["--", "python3", "fit.py", "--lr", "{lr}", "--opt", "{opt}"]
SPACE = ["-p", "lr=log(1e-4,1)", "-p", "opt=sgd|adam"]


def test_untouched_script_is_tuned_from_end_to_end(tunebook):
    done = tunebook(
        *("run", *SPACE, "--maximize", "val_acc", "--trials", "5", "--max-steps", "5"),
        *("--workers", "2", "--search", "random", "--name", "fit", "--json", *COMMAND),
    )
    assert done.code == 0, done.err
    assert done.json["state"] == "done"
    assert done.json["budget"]["used"] == done.json["budget"]["used"] | {"trials": 5, "steps": 25}
    rows = tunebook("trials", "fit", "--json").json
    assert [(row["state"], row["step"], row["steps_done"]) for row in rows] == [("done", 5, 5)] * 5
    best = tunebook("best", "fit", "--json").json
    assert best["value"] == max(row["value"] for row in rows) == done.json["best"]["value"]
    assert "best so far" in done.err
    assert "done: all 5 trials of the budget are done" in done.err
    exported = list(csv.DictReader(io.StringIO(tunebook("export", "fit", "--curves").out)))
    assert len([row for row in exported if row["metric"] == "val_acc"]) == 25


def test_metric_that_never_comes_is_refused_before_the_first_trial(tunebook):
    options = ["--maximize", "val_ac", "--trials", "3", "--name", "fit"]
    done = tunebook("run", *SPACE, *options, *COMMAND)
    assert done.code == 2
    assert done.err.count("[E171]") == 1
    assert "Did you mean 'val_acc'?" in done.err
    assert "epoch 5: val_acc=" in done.err
    assert tunebook.trials("fit") == []
    options[1] = "val_acc"
    assert tunebook("run", *SPACE, *options, "--max-steps", "5", *COMMAND).code == 0


def test_study_file_runs_and_goes_on_from_what_show_writes(tunebook, tmp_path):
    tunebook.study(FILE, "digits.yaml")
    assert tunebook("run", "digits.yaml", "-q").code == 0
    rows = tunebook.trials("digits")
    assert len(rows) == 6
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    home = ["--home", str(tmp_path / ".tunebook")]
    written = tunebook("show", "digits", "--yaml", *home, cwd=elsewhere).out
    (elsewhere / "again.yaml").write_text(written.replace("trials: 6", "trials: 8"))
    done = tunebook("run", "again.yaml", *home, cwd=elsewhere)
    assert done.code == 0, done.err
    assert tunebook.trials("digits")[:6] == rows
    assert len(tunebook.trials("digits")) == 8


def test_study_that_is_over_goes_on_with_a_larger_limit(tunebook):
    tunebook.study(FILE)
    assert tunebook("run", "study.yaml", "-q").code == 0
    again = tunebook("run", "study.yaml")
    assert again.code == 0
    assert "study is done already" in again.err
    assert tunebook("resume", "study", "--trials", "7", "-q").code == 0
    assert len(tunebook.trials("study")) == 7


def test_study_whose_code_raises_fails_with_its_traceback(tunebook):
    tunebook.study(FILE.replace("train", "broken"))
    done = tunebook("run", "study.yaml")
    assert done.code == 1
    assert re.search("failed: the first [34] trials all failed", done.err)
    assert 'raise RuntimeError("no such layer")' in done.err
    assert tunebook("show", "study", "--json").json["state"] == "failed"


def test_trials_run_inline_when_there_are_no_workers(tunebook):
    tunebook.study(FILE)
    assert tunebook("run", "study.yaml", "--workers", "0", "-q").code == 0
    assert {row["state"] for row in tunebook.trials("study")} == {"done"}


def test_two_seeds_are_compared(tunebook):
    tunebook.study(FILE)
    for seed in ("1", "2"):
        assert tunebook("run", "study.yaml", "--seed", seed, "--name", f"s{seed}", "-q").code == 0
    told = tunebook("compare", "s1", "s2", "--json").json
    assert sorted(told["order"]) == ["s1", "s2"]
