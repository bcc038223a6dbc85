from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tunebook.cli.chart import chart


def test_rising_curve_goes_from_the_lower_left_to_the_upper_right():
    lines = chart([1, 2, 3], [0.0, 0.5, 1.0], width=12, height=3, is_ascii=True)
    assert lines[0].rstrip().endswith("*")
    assert lines[2].startswith("0 |*")


def test_ends_of_the_axes_are_labelled():
    lines = chart([1, 50], [0.25, 0.75], width=40, height=4)
    assert lines[0].startswith("0.75 ┤")
    assert lines[3].startswith("0.25 ┤")
    assert lines[-1].split() == ["step", "1", "50"]


def test_curve_without_a_finite_value_is_not_drawn():
    assert chart([1, 2], [math.nan, math.inf]) == []
    assert chart([], []) == []


def test_flat_curve_is_drawn_in_the_middle():
    lines = chart([1, 2], [3.0, 3.0], width=20, height=3, is_ascii=True)
    assert "*" in lines[1]
    assert "*" not in lines[0] + lines[2]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.booleans())
def test_any_curve_fits_its_width_and_height(values: list[float], is_ascii: bool):
    lines = chart(range(1, len(values) + 1), values, width=30, height=5, is_ascii=is_ascii)
    assert len(lines) == 7
    assert max(map(len, lines)) <= 31
