"""Lines of a script: whole, however they come, and progress bars told from what stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tunebook.execution.script_output import Line, ScriptOutput


def test_progress_bar_is_told_from_what_stays():
    output = ScriptOutput()
    assert output.take("10%\r50%\r100%\nnext\r\n") == [
        Line("10%", is_settled=False),
        Line("50%", is_settled=False),
        Line("100%"),
        Line("next"),
    ]
    assert output.last == ["100%", "next"]


def test_line_end_that_comes_in_two_halves_is_one():
    output = ScriptOutput()
    assert output.take("a\r") == []
    assert output.take("\nb") == [Line("a")]
    assert output.finish() == [Line("b")]


def test_last_lines_are_few_and_hold_what_is_not_finished():
    output = ScriptOutput()
    output.take("".join(f"{i}\n" for i in range(100)) + "then it")
    assert (len(output.last), output.last[-2:]) == (21, ["99", "then it"])


def test_line_without_end_does_not_grow_for_ever():
    output = ScriptOutput()
    n_lines = sum(len(output.take("x" * 1000)) for _ in range(300))
    assert n_lines == 4


@given(st.lists(st.text(alphabet="ab\r\n", max_size=6)))
def test_lines_are_the_same_however_the_text_is_cut(parts: list[str]):
    whole, cut = ScriptOutput(), ScriptOutput()
    expected = whole.take("".join(parts)) + whole.finish()
    assert [line for part in parts for line in cut.take(part)] + cut.finish() == expected
