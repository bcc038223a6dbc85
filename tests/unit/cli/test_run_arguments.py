from __future__ import annotations

import shlex
from typing import Any

import pytest

from tunebook.cli.run import described
from tunebook.cli.values import search_of
from tunebook.errors import SearchError
from tunebook.records import TaskKind

PARAMETERS = ["lr=log(1e-5,1)", "opt=sgd|adam"]
FLAGS = {"maximize": "acc", "minimize": None}


def of(*words: str, **flags: Any):
    return described(words, PARAMETERS, flags=FLAGS | flags)


def test_command_and_parameters_become_a_study():
    file = of("python", "train.py", "--lr", "{lr}", trials=4, workers=2, max_steps=7)
    assert file.command == "python train.py --lr {lr}"
    assert file.task().kind is TaskKind.SCRIPT
    assert file.task().options["parameters"] == ["lr", "opt"]
    assert list(file.space) == ["lr", "opt"]
    assert (file.budget.trials, file.workers, file.max_steps) == (4, 2, 7)
    assert file.objective.maximize == "acc"


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["python", "a b.py"], "python 'a b.py'"),
        (["echo", "it's"], "echo 'it'\"'\"'s'"),
        (["echo", ""], "echo ''"),
        (["python train.py --lr {lr}"], "python train.py --lr {lr}"),
    ],
)
def test_words_of_a_command_survive(words, command):
    file = of(*words)
    assert file.command == command
    if len(words) > 1:
        assert shlex.split(file.command) == words


def test_constraints_belong_to_the_space():
    flags = {"maximize": None, "minimize": "loss"}
    file = described(["x"], ["a=int(1,5)", "b=int(1,5)"], constraints=["a <= b"], flags=flags)
    assert file.space["constraints"] == ["a <= b"]
    assert file.objective.minimize == "loss"


def test_search_has_its_options_behind_a_colon():
    assert search_of("bayes") == {"name": "bayes"}
    assert search_of("bayes:initial=5, x=false") == {"name": "bayes", "initial": 5, "x": False}
    with pytest.raises(SearchError, match="bayes:initial=5"):
        search_of("bayes:initial")
