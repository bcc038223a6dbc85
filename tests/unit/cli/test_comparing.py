from __future__ import annotations

from typing import Any

import pytest

import tunebook as tb


def train(trial: tb.TrialHandle) -> float:
    return float(trial.config.lr)


@pytest.fixture
def tune(home):
    def tune_one(name: str, **options: Any) -> tb.Study:
        keywords: dict[str, Any] = {
            "maximize": "acc",
            "trials": 3,
            "search": "random",
            "workers": 0,
            "progress": False,
        }
        space = tb.Space(lr=tb.Float(0.0, 1.0))
        return tb.tune(train, space, name=name, **(keywords | options))

    return tune_one


def test_equal_studies_are_ranked(command, tune):
    studies = {name: tune(name, seed=seed) for name, seed in (("a", 0), ("b", 1))}
    told = command("compare", "a", "b", "--json").json
    by_value = sorted(studies, key=lambda name: -studies[name].best.value)
    assert told["order"] == by_value
    assert told["refusal"] is None
    assert {row["name"]: row["rank"] for row in told["studies"]} == {
        name: by_value.index(name) + 1 for name in studies
    }
    assert "may be chance" in command("compare", "a", "b").out


def test_studies_with_different_budgets_are_not_ranked(command, tune):
    tune("few", trials=2)
    tune("many", trials=3)
    told = command("compare", "few", "many", "--json").json
    assert told["order"] == []
    assert "different budgets (2 trials, 3 trials)" in told["refusal"]


def test_studies_of_different_lengths_are_shown_but_not_ranked(command, tune):
    tune("short", max_steps=1)
    tune("long", max_steps=2)
    told = command("compare", "short", "long", "--json").json
    assert told["order"] == []
    assert [row["rank"] for row in told["studies"]] == [None, None]
    assert all(row["value"] is not None for row in told["studies"])
    out = command("compare", "short", "long").out
    assert "Not ordered" in out
    assert "better" not in out


def test_s0_19_trials_that_continue_others_are_not_ranked_with_those_from_scratch(command, tune):
    tune("scratch", search="random", max_steps=1)
    tune("continued", search="evolution", max_steps=1)
    told = command("compare", "scratch", "continued", "--json").json
    assert told["order"] == []
    assert "different beginnings of trials" in told["refusal"]


class Count:
    """Stands for a network: a number that grows by each step."""

    def __init__(self) -> None:
        self.n = 0

    def state_dict(self) -> dict[str, int]:
        return {"n": self.n}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.n = state["n"]


def grow(trial: tb.TrialHandle) -> None:
    count = Count()
    trial.track(count=count)
    for _ in trial.steps():
        count.n += 1
        trial.report(acc=count.n * trial.config.lr)


def test_s0_19_mixed_table_warns_and_each_continued_trial_names_its_parent(command, home):
    search = {"name": "evolution", "population": 4, "rounds": 5, "perturb_interval": 1}
    space = tb.Space(lr=tb.Float(0.1, 1.0))
    limits = {"max_steps": 5, "steps": 21, "workers": 0, "progress": False}
    study = tb.tune(grow, space, maximize="acc", search=search, name="evo", **limits)
    done = command("trials", "evo", "--sort", "value")
    assert "continue others are no match" in done.err
    clone = next(trial for trial in study.trials if trial.parent is not None)
    (line,) = (line for line in done.out.splitlines() if line.split()[0] == str(clone.number))
    assert f"from trial {clone.parent}: " in line
    assert command("trials", "evo").err == ""
