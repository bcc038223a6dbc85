"""Encodings by a sound rule or refused; tables by the delimiter that fits."""

from __future__ import annotations

import pytest

from tunebook.datasets.parsing import decode, lines_of, parse_rows, parse_yaml
from tunebook.errors import DatasetError

TEXT = "Größe,naïveté,crème brûlée — “fünf” €\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be"])
def test_unicode_comes_back_as_it_was(encoding: str) -> None:
    assert decode(TEXT.encode(encoding), "f")[0] == TEXT


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_western_letters_come_back_and_the_guess_is_named(encoding: str) -> None:
    text = TEXT if encoding == "cp1252" else TEXT[:20] + "\n"
    assert decode(text.encode(encoding), "f") == (text, "cp1252")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("красный", "cp1251"),
        ("красный", "koi8-r"),
        ("ελληνικά", "cp1253"),
        ("東京都", "shift_jis"),
        ("北京市", "gbk"),
        ("서울시", "euc-kr"),
    ],
)
def test_letters_that_would_come_out_wrong_are_refused(text: str, encoding: str) -> None:
    with pytest.raises(DatasetError, match="f line 2 is not text in UTF-8"):
        decode(f"name\n{text}\n".encode(encoding), "f")


def test_lines_end_where_files_end_them() -> None:
    assert lines_of("a\u2028b\r\nc\x0bd\re") == ["a\u2028b", "c\x0bd", "e"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_the_one_that_makes_rows_alike(delimiter: str) -> None:
    lines = [["name", "size"], ["a, b; c", "1"], ["d", "2"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    rows, found = parse_rows(text, "f")
    assert (found, [row for _, row in rows]) == (delimiter, lines)


def test_decimal_commas_do_not_pass_for_a_delimiter() -> None:
    text = "x;y\n" + "1,5;2\n" * 20
    assert parse_rows(text, "f")[1] == ";"


def test_row_has_the_line_on_which_it_begins() -> None:
    rows, _ = parse_rows('a,b\n"two\nlines",1\n\n3,4\n', "f")
    assert [line for line, _ in rows] == [1, 2, 5]


def test_yaml_keeps_what_is_written() -> None:
    assert parse_yaml("names: {0: no, 1: 1e-4, 2: 010}", "f") == {
        "names": {"0": "no", "1": "1e-4", "2": "010"}
    }
