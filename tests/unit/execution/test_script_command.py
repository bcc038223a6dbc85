"""Commands of scripts: placeholders, conditions, braces, and mistakes named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.errors import TaskError
from tunebook.execution.script_command import (
    check_placeholders,
    join_command,
    program_texts,
    render_command,
    split_command,
)
from tunebook.execution.scripts import ScriptTask


def test_placeholders_are_filled_in_and_numbers_keep_their_digits():
    words = split_command("python train.py --lr {lr} --name 'run {opt}' --n={n}")
    values = {"lr": 1e-05, "opt": "adam", "n": 3}
    assert render_command(words, values, values) == [
        *("python", "train.py", "--lr", "1e-05", "--name", "run adam", "--n=3")
    ]


def test_backslash_at_the_end_of_a_line_joins_it_with_the_next():
    words = ("python", "t.py", "--lr", "{lr}", "--n", "3")
    assert split_command("python t.py \\\n  --lr {lr} \\\r\n  --n 3\n") == words


@given(st.lists(st.text(min_size=1), min_size=1))
def test_words_that_were_joined_split_again(words: list[str]):
    words = [word.replace("\\", "/") for word in words]
    assert split_command(join_command(words)) == tuple(words)


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


def test_program_texts_are_those_of_scripts_modules_and_arguments(tmp_path: Path):
    (tmp_path / "train.py").write_text("one")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text("two")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe")
    texts = [
        list(program_texts(split_command(command), str(tmp_path)))
        for command in (
            "python train.py --lr {lr}",
            "python -m package --lr {lr}",
            "python -m train",
            "python -c three",
            "binary.py . missing.py --lr=/",
        )
    ]
    assert texts == [["one"], ["two"], ["one"], ["three"], []]


@pytest.mark.parametrize(
    ("program", "can_pause"),
    [
        ("import tunebook as tb; trial = tb.attach()", True),
        ("from tunebook import attach\ntrial = attach(defaults={})", True),
        ("import tunebook", False),
        ("attach()", False),
    ],
)
def test_script_can_be_paused_if_its_text_attaches_it(program: str, can_pause: bool):
    assert ScriptTask.of(["python", "-c", program], ["lr"]).can_pause is can_pause


def test_task_is_rebuilt_from_its_description():
    task = ScriptTask.of(
        "python 'my train.py' {lr}", ["lr", "wd"], patterns=[r"(?P<acc>\d+)"], folder="/tmp"
    )
    assert ScriptTask.from_ref(task.to_ref()) == task
    assert (task.name, task.unused_parameters) == ("my train", ["wd"])


def test_parameters_of_a_command_without_placeholders_come_by_the_file_and_are_not_unused():
    assert ScriptTask.of("python train.py", ["lr", "wd"]).unused_parameters == []
