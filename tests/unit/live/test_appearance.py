from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tunebook.live.appearance import (
    brief_text,
    clock_text,
    configuration_text,
    curve_points,
    look_of,
    shortened,
    sparkline,
)
from tunebook.records import Series, TrialState


def test_every_state_has_a_shape_of_its_own():
    for field in ("shape", "ascii_shape"):
        assert len({getattr(look_of(state), field) for state in TrialState}) == len(TrialState)


def test_curve_goes_from_its_lowest_to_its_highest_block():
    assert sparkline([0.0, 0.5, 1.0], 10) == "▁▅█"
    assert sparkline([0.0, 0.5, 1.0], 10, is_ascii=True) == "_=#"


def test_flat_curve_is_drawn_in_the_middle():
    assert sparkline([3.0, 3.0], 10) == "▅▅"


def test_values_that_are_not_finite_are_marked_and_do_not_flatten_the_rest():
    assert sparkline([0.0, math.nan, 1.0, math.inf], 10) == "▁!█!"


def test_long_curve_keeps_its_first_and_last_point():
    series = Series.of(range(1, 1001), range(1000), range(1000))
    points = curve_points(series)
    assert (len(points), points[0], points[-1]) == (24, 0.0, 999.0)
    assert len(sparkline(points, 12)) == 12


@given(st.lists(st.floats()), st.integers(0, 30))
def test_any_curve_fits_its_width(points: list[float], width: int):
    assert len(sparkline(points, width)) <= max(1, width)


def test_configuration_is_told_in_the_order_of_the_names_given():
    config = {"b": 2, "a": 0.123456, "c": "x"}
    assert configuration_text(config, ["a", "c", "missing"]) == "a=0.1235 c=x"
    assert brief_text(config) == "b=2 a=0.123 x"


def test_clock_shows_hours_only_when_there_are_some():
    assert [clock_text(s) for s in (7.9, 750, 3723)] == ["0:07", "12:30", "1:02:03"]


def test_shortened_text_is_one_line_of_at_most_its_width():
    assert shortened("a\n  b", 10) == "a b"
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcdef", 4, is_ascii=True) == "a..."
    assert shortened("abcdef", 0) == ""
