"""``tunebook train`` refuses what it cannot use before anything is trained or made."""

from __future__ import annotations

import io

import pytest

import tunebook
from tunebook.cli.values import values_in

SIGNS = """
import torch
from torch import nn
from torch.utils.data import TensorDataset


class Signs:
    maximize = "accuracy"

    def data(self, split):
        if split not in {"train", "train-val"}:
            return None
        inputs = torch.randn(16, 2, generator=torch.Generator().manual_seed(len(split)))
        return TensorDataset(inputs, (inputs.sum(1) > 0).long())

    def network(self, config):
        return nn.Linear(2, 2)

    def loss(self, outputs, targets):
        return nn.functional.cross_entropy(outputs, targets)

    def metrics(self, outputs, targets):
        return {"accuracy": (outputs.argmax(1) == targets).float().mean()}
"""
SHORT = ("--max-steps", "1", "--updates-per-step", "1", "--workers", "0", "--trials", "2", "-q")


@pytest.fixture
def found(command, home):
    """A search over the learning rate of a small task, whose values others may take."""
    (home.parent / "signs.py").write_text(SIGNS)
    words = ("-p", "lr=log(1e-3,1)", "--search", "random", "--name", "old")
    assert command("train", "signs.py:Signs", *words, *SHORT).code == 0
    decay = ("-p", "weight_decay=log(1e-5,1e-2)", "--search", "random", "--from", "old")
    return ("train", "signs.py:Signs", *decay, "--name", "new", *SHORT)


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


def test_i3_search_that_holds_a_stale_value_fixed_asks_first(command, found, home, monkeypatch):
    refused = command(*found, "--set", "batch_size=8")
    assert refused.code == 2
    assert "lr (batch size changed)" in refused.err
    assert "--yes" in refused.err
    assert command("list", "--json").json[0]["name"] == "old"
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert command(*found, "--set", "batch_size=8").code == 2
    assert len(command("list", "--json").json) == 1, "nothing was begun"
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    agreed = command(*found, "--set", "batch_size=8")
    assert agreed.code == 0
    assert "Stale: lr (batch size changed). Search all the same?" in agreed.err
    assert len(tunebook.load("new", home=home).trials) == 2


def test_i3_quiet_does_not_silence_what_is_stale(command, found):
    done = command(*found, "--set", "batch_size=8", "--yes")
    assert done.code == 0
    assert "batch size was 64 in old, is 8" in done.err
    assert "stale: lr (batch size changed)" in done.err


@pytest.mark.parametrize(
    "words", [(), ("--set", "batch_size=8", "--set", "lr=0.5"), ("--set", "batch_size=8", "-p")]
)
def test_i3_values_that_are_fresh_are_not_asked_about(command, found, words):
    more = ("-p", "lr=log(1e-3,1)") if words[-1:] == ("-p",) else ()
    done = command(*found, *(word for word in words if word != "-p"), *more)
    assert done.code == 0, done.err


def test_value_that_one_study_held_fixed_stands_beside_what_another_searched(command, found):
    assert command(*found).code == 0
    out = command("compare", "old", "new").out
    lines = [line.split() for line in out.splitlines()]
    header = next(n for n, words in enumerate(lines) if words[:2] == ["found", "by"])
    old, new = (
        dict(zip(lines[header][1:], words, strict=True)) for words in lines[header + 1 :][:2]
    )
    assert old["weight_decay"] == "0"
    rate = command("best", "old", "--json").json["config"]["lr"]
    assert "lr" not in new or float(new["lr"]) == pytest.approx(rate, rel=1e-3)
    assert float(new["weight_decay"]) > 0


def test_i3_dropout_that_is_switched_on_makes_what_was_tuned_with_it_stale(command, home):
    text = SIGNS.replace(
        "nn.Linear(2, 2)", "nn.Sequential(nn.Dropout(config['dropout']), nn.Linear(2, 2))"
    )
    text = text.replace(
        '"accuracy"\n', '"accuracy"\n    space = tb.Space(dropout=tb.Float(0.0, 0.5))\n', 1
    )
    (home.parent / "signs.py").write_text("import tunebook as tb\n" + text)
    decay = ("-p", "weight_decay=log(1e-5,1e-2)", "--search", "random", "--name", "old")
    assert command("train", "signs.py:Signs", *decay, "--set", "dropout=0.0", *SHORT).code == 0
    rate = ("-p", "lr=log(1e-3,1)", "--search", "random", "--from", "old", "--set", "dropout=0.3")
    refused = command("train", "signs.py:Signs", *rate, *SHORT)
    assert refused.code == 2
    assert "weight_decay (augmentation or dropout on or off changed)" in refused.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "nothing to train, or two things"),
        (("x.py:Task", "--like", "old"), "nothing to train, or two things"),
        (("x.py:Task", "--set", "lr"), "not written as name=value"),
        (("x.py:Task", "--config", "none.yaml"), "cannot be read"),
        (("x.py:Task",), "no such file"),
        (("x.py:Task", "--goal", "fame"), "one of explore, best, model"),
        (("x.py:Task", "--goal", "best", "--search", "random"), "without --search"),
        (("x.py:Task", "--from", "old"), "no study here yet"),
        (("x.py:Task", "-p", "lr=log(1,0.1)"), "low is above high"),
    ],
)
def test_bad_input_ends_with_code_2_and_leaves_no_study(command, words, says):
    done = command("train", *words)
    assert done.code == 2
    assert says in done.err
    assert command("list", "--json").json == []


def test_values_of_a_file_are_those_under_config_or_all(tmp_path):
    (tmp_path / "a.yaml").write_text("lr: 0.1\n")
    (tmp_path / "b.json").write_text('{"task": "x", "config": {"lr": 0.1}}')
    assert values_in(str(tmp_path / "a.yaml")) == values_in(str(tmp_path / "b.json"))


@pytest.mark.parametrize(
    ("words", "search"),
    [
        (("--goal", "explore"), "halton"),
        (("--goal", "best", "--trials", "40"), "bayes"),
        (("--goal", "best", "--trials", "10", "--workers", "8"), "halton"),
        (("--goal", "model"), "evolution"),
    ],
)
def test_s0_27_a_goal_chooses_the_search_and_says_why(command, words, search):
    assert f"search {search}: " in command("train", "x.py:Task", *words).err
