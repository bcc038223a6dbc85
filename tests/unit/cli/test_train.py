"""``tunebook train`` refuses what it cannot use before anything is trained or made."""

from __future__ import annotations

import pytest

from tunebook.cli.values import values_in


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
