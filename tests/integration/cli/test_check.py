"""``tunebook check`` of what needs no network to look into: study files, datasets, studies."""

from __future__ import annotations

FILE = """\
function: task:{function}
space: {{lr: "log(1e-4,1)", pace: const(0.0)}}
objective: {{{objective}}}
max_steps: 12
budget: {{trials: 6}}
search: random
"""
FUNCTIONS = """
def silent(trial):
    for step in trial.steps():
        trial.report(acc=0.5)
def endless(trial):
    for step in trial.steps():
        trial.report(val_acc=float("nan"))
"""


def described(tunebook, name, *, function="train", objective="maximize: val_acc"):
    (tunebook.folder / f"{name}.yaml").write_text(
        FILE.format(function=function, objective=objective)
    )
    return f"{name}.yaml"


def by_check(done):
    return {one["check"]: one for one in done.json["findings"]}


def test_function_of_a_study_file_is_trained_a_few_steps_and_nothing_is_kept(tunebook):
    done = tunebook("check", described(tunebook, "sound"), "--json", "--strict")
    assert done.code == 0, done.err
    found = by_check(done)
    assert {one["verdict"] for one in found.values()} == {"pass"}
    assert found["first-trial"]["title"] == "val_acc is reported at 5 steps"
    assert (done.json["kind"], done.json["experiments"]) == ("study file", 2)
    assert done.json["left_out"]["single-batch"] == "only for what can be looked into"
    assert not (tunebook.folder / ".tunebook").exists()


def test_script_of_a_study_file_is_trained_too(tunebook):
    (tunebook.folder / "script.yaml").write_text(
        'command: python fit.py --lr {lr}\nspace: {lr: "log(1e-4,1)"}\n'
        "objective: {minimize: val_acc}\nmax_steps: 5\nbudget: {trials: 3}\n"
    )
    done = tunebook("check", "script.yaml", "--json")
    found = by_check(done)
    assert done.code == 1
    assert found["direction"]["verdict"] == "problem"
    assert done.json["causes"] == ["the direction of the objective is flipped"]
    assert found["first-trial"]["verdict"] == "pass"
    assert "whole budget takes about" in found["cost"]["title"]


def test_mistakes_of_a_function_are_named(tunebook):
    with (tunebook.folder / "task.py").open("a") as file:
        file.write(FUNCTIONS)
    for function, title in (
        ("broken", "A short training raised an error"),
        ("silent", "val_acc was not reported"),
        ("endless", "val_acc is not a finite number at step 1 of the default configuration"),
    ):
        done = tunebook("check", described(tunebook, function, function=function), "-q")
        assert done.code == 1, done.out + done.err
        assert f"PROBLEM {title}" in done.out


def test_finished_study_says_what_to_report_and_strict_counts_what_is_unknown(tunebook):
    file = described(tunebook, "first")
    tunebook("run", file, "-q", "--yes")
    done = tunebook("check", "first", "--json")
    assert done.code == 0, done.err
    weakness = by_check(done)["weakness"]
    assert weakness["verdict"] == "unknown"
    assert "Report train_acc beside val_acc" in weakness["advice"]
    assert tunebook("check", "first", "-q", "--strict").code == 1
    printed = tunebook("check", "study:first").out
    assert "UNKNOWN What to work on first is not known" in printed
    assert "first-trial" in printed.partition("Left out")[2]


def test_dataset_has_the_findings_of_its_report(tunebook):
    rows = "\n".join(f"{i},{i * 7 % 11},{'ab'[i % 2]}" for i in range(60))
    (tunebook.folder / "rows.csv").write_text(f"x,y,kind\n{rows}\n")
    tunebook("data", "import", "rows.csv")
    done, report = tunebook("check", "rows", "--json"), tunebook("data", "report", "rows", "--json")
    assert done.json["findings"] == report.json["findings"]


def test_wrong_names_and_files_are_told(tunebook):
    (tunebook.folder / "values.yaml").write_text("lr: 0.1\n")
    described(tunebook, "known")
    tunebook("run", "known.yaml", "-q", "--yes")
    for name, words in (
        ("knwon", "Did you mean 'known'?"),
        ("study:nobody", "There is no study of this name"),
        ("values.yaml", "values.yaml"),
        ("none.yaml", "cannot be read"),
        ("tabular", "--data NAME"),
        ("none.py:Task", "There is no such file"),
    ):
        done = tunebook("check", name)
        assert done.code == 2
        assert words in done.err
        assert "Traceback" not in done.err
    assert tunebook("check", "known", "--set", "lr=1").code == 2
    assert "no parameter 'rate'" in tunebook("check", "known.yaml", "--set", "rate=1").err


def test_study_that_runs_is_refused(tunebook):
    (tunebook.folder / "slow.yaml").write_text(
        FILE.format(function="slow", objective="maximize: val_acc").replace("(0.0)", "(0.5)")
    )
    process = tunebook.start("run", "slow.yaml", "-q", "--yes")
    tunebook.wait_for(lambda: tunebook.trials("slow"))
    done = tunebook("check", "slow")
    assert done.code == 2
    assert "The study 'slow' is running" in done.err
    tunebook.go()
    assert process.wait() == 0
