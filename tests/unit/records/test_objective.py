"""The value of a curve: step 0 is the untrained state and never counts."""

from __future__ import annotations

import pytest

from tunebook.records import Objective, Series
from tunebook.search.curves import thinned
from tunebook.search.slices import Slices


@pytest.mark.parametrize(
    ("reduce", "value"), [("best", (0.6, 20)), ("last", (0.5, 40)), ("mean_last_3", (0.55, 40))]
)
def test_untrained_state_is_no_value(reduce: str, value: tuple[float, int]):
    objective = Objective.of(maximize="acc", reduce=reduce)
    found = objective.value_of([0, 20, 40], [0.9, 0.6, 0.5])
    assert found == (pytest.approx(value[0]), value[1])
    assert objective.value_of([0], [0.9]) is None


def test_untrained_state_is_no_point_of_a_searchers_curve():
    objective = Objective.of(minimize="loss")
    slices = Slices(100, 20)
    curve = Series.of([0, 20, 40], [0.1, 0.6, 0.5], [0, 1, 2])
    assert list(curve.trained().steps) == [20, 40]
    without = Series.of([20, 40], [0.6, 0.5], [1, 2])
    for found, right in zip(
        thinned(curve, objective, slices), thinned(without, objective, slices), strict=True
    ):
        assert list(found) == list(right)
