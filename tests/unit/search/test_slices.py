"""Slices: in shares of a full training, and ending where measurements come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.records import Series, Trial
from tunebook.search.slices import Slices, measuring_gap
from tunebook.testing.searcher_suite import finished, mixed_space


@pytest.mark.parametrize(
    ("n_steps", "gap", "first"),
    [(50, 1, 3), (10, 1, 2), (2, 1, 2), (10_000, 500, 1000), (30, 8, 8)],
)
def test_a_first_slice_is_a_small_share_with_a_measurement(
    n_steps: int, gap: int, first: int
) -> None:
    assert Slices(n_steps, gap).first == first


def test_slices_grow_by_a_third_up_to_the_end() -> None:
    slices, step, ends = Slices(50), 0, []
    while step < 50:
        step = slices.after(step)
        ends.append(step)
    assert ends == [3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 50]


def test_trials_that_cannot_pause_are_judged_at_doublings() -> None:
    assert Slices(50).doublings() == [3, 6, 12, 24, 48]


def test_units_are_steps_of_short_trainings_and_shares_of_long_ones() -> None:
    assert Slices(30).units(7) == 7.0
    assert Slices(1000).units(40) == 2.0
    assert Slices(1000).units(1) == 1.0


def with_steps(*steps: int) -> Trial:
    trial = finished(1, mixed_space())[0]
    return replace(trial, curves={"loss": Series.of(steps, [0.0] * len(steps), steps)})


def test_the_gap_is_read_off_the_first_curve_that_shows_it() -> None:
    assert measuring_gap([with_steps(5), with_steps(10, 20, 30)], "loss") == 10
    assert measuring_gap([], "loss") == 1
    assert measuring_gap([with_steps(10, 20)], "accuracy") == 1
