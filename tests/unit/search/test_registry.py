"""Searchers by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tunebook import search
from tunebook.errors import SearchError
from tunebook.search import (
    Grid,
    Halton,
    Random,
    describe,
    make_searcher,
    searcher_class,
    searcher_names,
)
from tunebook.search.options import options_of


@pytest.mark.parametrize("name", searcher_names())
def test_a_described_searcher_can_be_made_again(name: str) -> None:
    made = make_searcher(name)
    assert made.name == name
    assert make_searcher(describe(made)) == made


def test_options_are_taken_and_described() -> None:
    made = make_searcher({"name": "grid", "points_per_float": 7})
    assert made == Grid(points_per_float=7)
    assert describe(made) == {"name": "grid", "points_per_float": 7, "points_per_int": None}


def test_a_searcher_passes_through() -> None:
    mine = Random()
    assert make_searcher(mine) is mine


def test_an_unknown_name_gets_the_nearest_one_and_the_list() -> None:
    with pytest.raises(SearchError) as caught:
        make_searcher("haltn")
    assert "Did you mean 'halton'?" in str(caught.value)
    assert "random" in str(caught.value)


def test_an_unknown_option_gets_the_nearest_one() -> None:
    with pytest.raises(SearchError, match="Did you mean 'points_per_float'"):
        make_searcher({"name": "grid", "points_per_flat": 3})
    with pytest.raises(SearchError, match="no option at all"):
        make_searcher({"name": "random", "initial": 3})


def test_an_option_out_of_range_is_refused_with_the_range() -> None:
    with pytest.raises(SearchError, match="from 1 to 1000"):
        make_searcher({"name": "grid", "points_per_float": 0})


@pytest.mark.parametrize("wanted", [{}, {"name": 3}, 7, Halton, object()])
def test_what_is_no_searcher_is_refused(wanted: object) -> None:
    with pytest.raises(SearchError):
        make_searcher(wanted)  # type: ignore[arg-type]  # what the test is about


@pytest.mark.parametrize("name", searcher_names())
def test_every_option_says_what_it_means(name: str) -> None:
    assert all(option.meaning for option in options_of(searcher_class(name)))


def test_every_public_name_is_there() -> None:
    assert all(hasattr(search, name) for name in search.__all__)


def test_the_package_is_light_to_import() -> None:
    code = (
        "import sys, tunebook.search, tunebook.search.protocol, tunebook.search.registry\n"
        "heavy = {'numpy', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
