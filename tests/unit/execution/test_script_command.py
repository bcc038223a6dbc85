"""Commands of scripts: placeholders, conditions, braces, and mistakes named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.errors import TaskError
from tunebook.execution.script_command import (
    check_placeholders,
    render_command,
    split_command,
)


def test_placeholders_are_filled_in_and_numbers_keep_their_digits():
    words = split_command("python train.py --lr {lr} --name 'run {opt}' --n={n}")
    values = {"lr": 1e-05, "opt": "adam", "n": 3}
    assert render_command(words, values, values) == [
        *("python", "train.py", "--lr", "1e-05", "--name", "run adam", "--n=3")
    ]


def test_absent_conditional_parameter_takes_its_option_along():
    words = split_command("t --beta1 {beta1} --beta2={beta2} --lr {lr}")
    known = ["beta1", "beta2", "lr"]
    assert render_command(words, {"lr": 0.1}, known) == ["t", "--lr", "0.1"]


@pytest.mark.parametrize(
    ("word", "rendered"),
    [
        ("{{lr}}", "{lr}"),
        ('{"lr": {lr}, "inner": {"x": {}}}', '{"lr": 0.1, "inner": {"x": {}}}'),
        ("${HOME}/{lr}", "${HOME}/0.1"),
        ("{1..3} {a b} {", "{1..3} {a b} {"),
        ("{model.lr}", "0.2"),
    ],
)
def test_braces_that_hold_no_name_stand_for_themselves(word: str, rendered: str):
    values = {"lr": 0.1, "model.lr": 0.2}
    check_placeholders([word], values)
    assert render_command([word], values, values) == [rendered]


def test_unknown_placeholder_is_refused_with_the_nearest_parameter():
    with pytest.raises(TaskError, match="learning_rate"):
        check_placeholders(split_command("t {learning_rat}"), ["learning_rate"])


def test_parameters_that_the_command_does_not_use_are_told_and_reserved_ones_are_known():
    assert check_placeholders(split_command("t {lr} {seed} {directory}"), ["lr", "wd"]) == ["wd"]


@pytest.mark.parametrize("command", ["", "   ", "t 'x", []])
def test_command_that_is_none_is_refused(command):
    with pytest.raises(TaskError):
        split_command(command)


@given(value=st.text().filter(lambda text: "\x00" not in text))
def test_value_stays_one_word_whatever_it_holds(value: str):
    assert render_command(("t", "{x}"), {"x": value}, ["x"]) == ["t", value]


@given(value=st.floats(allow_nan=False))
def test_float_reads_back_exactly(value: float):
    assert float(render_command(("{x}",), {"x": value}, ["x"])[0]) == value
