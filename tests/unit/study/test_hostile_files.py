"""A study file that is too much for its reader is refused with a sentence, before it is built."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tunebook.errors import StudyFileError
from tunebook.study.file_lines import MAX_BYTES, MAX_DEPTH, MAX_VALUES, read_yaml
from tunebook.study.study_file import read_study_file

STUDY = """\
function: a:b
space: {lr: "log(1e-5,1)"}
objective: {minimize: loss}
"""


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError) as caught:
        read_study_file(path)
    return str(caught.value)


def laughs(form: str, n: int = 12) -> str:
    """Return anchors of which each holds the one before nine times."""
    lines = ["a0: &a0 {x: 1}"]
    for k in range(1, n):
        lines.append(f"a{k}: &a{k} " + form.format(", ".join([f"*a{k - 1}"] * 9)))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (laughs("[{}]"), "more than 20,000 values, those that an alias"),
        (laughs("{{<<: [{}]}}"), "more than 20,000 values"),
        (laughs("[{}]", 9) + "? *a8\n: 1\n", "more than 20,000 values"),
        ("a: &a [1]\n? *a\n: 1\n", "line 1: a key must be a text"),
        ("? {a: 1}\n: 2\n", "line 1: a key must be a text"),
        (STUDY + "notes: " + "[" * 10_000 + "]" * 10_000, "line 4: values are nested too deeply"),
        (STUDY + "notes: " + "{a: " * 10_000, "line 4: values are nested too deeply"),
        ("- " * 10_000, "line 1: values are nested too deeply"),
        ("\n".join(" " * n + "a:" for n in range(1_000)), "nested too deeply"),
        (STUDY + "a:\n" + "- 1\n" * (2 * MAX_VALUES + 1), "more than 20,000 values"),
        ("a: &a [*a]\n", "line 1: this value contains itself"),
        ("&a\nb: {c: *a}\n", "contains itself"),
        ("a: &a {<<: *a}\n", "contains itself"),
        ("a: {b: 1,\n    b: 2}\n", "line 2: the key 'b' is there twice, first in line 1"),
        ("a: {<<: {x: 1}, <<: {y: 1}}\n", "the key '<<' is there twice"),
        (STUDY + "notes: " + "x" * MAX_BYTES, "the file is larger than"),
        ("a: !!int ''\n", "a value is not what its tag"),
        ("a: !!timestamp soon\n", "a value is not what its tag"),
        ("a: !!bool x\n", "a value is not what its tag"),
        ("a: !!python/object/apply:os.system [id]\n", "line 1: this is no YAML"),
        ("a: *b\n", "line 1: this is no YAML: found undefined alias"),
        (f"{STUDY}seed: {'9' * 5_000}\n", "this is no YAML"),
        (STUDY + "1: 2\n", "Expected a text; put it in quotes"),
        ("a: \x01\n", "this is no YAML"),
    ],
)
def test_file_that_is_too_much_is_refused_with_what_and_where(tmp_path, text, told):
    assert told in refusal(tmp_path, text)


def test_aliases_of_a_usual_file_stand_for_what_they_name(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.replace('{lr: "log(1e-5,1)"}', "{lr: &r {type: int}, wd: *r}"))
    assert read_study_file(path).space == {"lr": {"type": "int"}, "wd": {"type": "int"}}
    path.write_text("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\n")
    assert read_yaml(path).body["own"] == {"x": 1, "y": 3}


def test_file_may_be_as_deep_as_the_limit(tmp_path):
    path = tmp_path / "study.yaml"
    depth = MAX_DEPTH - 1
    path.write_text("a: " + "[" * depth + "]" * depth)
    assert read_yaml(path).lines[("a",)] == 1


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from(list("[]{}:,-?&*!|>'\"#%@`\n ab1<~\\\t")), max_size=40)
    | st.text(max_size=30)
)
def test_any_text_is_read_or_refused_and_never_raises_anything_else(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8")
    with suppress(StudyFileError):
        assert isinstance(read_yaml(path).body, dict)
