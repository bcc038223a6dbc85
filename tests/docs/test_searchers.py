"""Every searcher, and every option with its range and default, is in the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunebook.search import searcher_class, searcher_names
from tunebook.search.options import Option, options_of

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "searchers.md"
TEXT = REFERENCE.read_text(encoding="utf-8")

OPTIONS = [(name, o) for name in searcher_names() for o in options_of(searcher_class(name))]


def row_of(searcher: str, option: Option) -> str:
    default = option.default
    shown = "none" if default is None else str(default)
    shown = shown.lower() if isinstance(default, bool) else shown
    cells = [f"`{searcher}`", f"`{option.name}`", option.meaning, option.expected, shown]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("searcher", searcher_names())
def test_the_reference_tells_what_a_searcher_does(searcher: str) -> None:
    assert f"**`{searcher}`**" in TEXT or searcher == "auto"
    assert f"`{searcher}`" in TEXT


@pytest.mark.parametrize(("searcher", "option"), OPTIONS)
def test_the_reference_has_every_option(searcher: str, option: Option) -> None:
    assert row_of(searcher, option) in TEXT.splitlines()


def test_the_reference_has_no_option_that_does_not_exist() -> None:
    rows = {row_of(searcher, option) for searcher, option in OPTIONS}
    table = TEXT.split("## Options")[1].split("##")[0]
    written = [line for line in table.splitlines() if line.startswith("| `")]
    assert set(written) == rows
