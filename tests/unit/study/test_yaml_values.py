"""Plain words in study files: numbers as people write them, and nothing else turned into one."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tunebook.study.study_file import checked_file, read_study_file, to_yaml
from tunebook.study.yaml_values import StudyLoader

STUDY = {"objective": {"maximize": "acc"}, "space": {"lr": [0.1, 0.2]}}


def read(text: str) -> object:
    return yaml.load(text, Loader=StudyLoader)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1e-4", 1e-4), ("1E3", 1000.0), ("1.5e-3", 1.5e-3), (".5", 0.5), ("-3", -3)),
        *((word, word) for word in ("on", "off", "yes", "no", "y", "N", "12:30", "2026-01-02")),
        *((word, word) for word in ("1_000", "0x1f", "010", "1e", "3d")),
        *(("true", True), ("False", False), ("null", None), ("~", None), ("", None)),
    ],
)
def test_plain_word_is(text: str, value: object):
    assert read(text) == value
    assert type(read(text)) is type(value)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(alphabet="0123456789.eE+-on_:xyYNtrue~", max_size=6),
)


@given(st.lists(scalars, max_size=4))
def test_values_survive_writing_and_reading(values: list[object]):
    again = read(to_yaml({"values": values}))
    assert again == {"values": values}


def test_command_may_be_a_list_of_words():
    file = checked_file(STUDY | {"command": ["python", "a b.py", "--lr", "{lr}", "-n", 3]})
    assert file.command == "python 'a b.py' --lr {lr} -n 3"


@pytest.mark.parametrize("words", [["python", True], ["python", None], [["python"]]])
def test_list_of_other_things_is_no_command(words: list[object]):
    with pytest.raises(Exception, match="command"):
        checked_file(STUDY | {"command": words})


def test_options_of_a_commands_end_are_kept_in_its_task():
    file = checked_file(STUDY | {"command": "a {lr}", "grace_s": 5, "diverged_exit": 3})
    options = file.task().options
    assert (options["grace_s"], options["diverged_exit"]) == (5.0, 3)


def test_file_with_numbers_and_continued_lines_is_read(tmp_path):
    (tmp_path / "s.yaml").write_text(
        "command: |\n  python t.py \\\n    --lr {lr} \\\n    --n 3\n"
        "objective: {maximize: acc}\nspace:\n  lr: [1e-4, 1e-3]\n  nesterov: [on, off]\n"
    )
    file = read_study_file(tmp_path / "s.yaml")
    assert file.space == {"lr": [1e-4, 1e-3], "nesterov": ["on", "off"]}
