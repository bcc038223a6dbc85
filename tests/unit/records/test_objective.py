"""The value of a curve: step 0 is the untrained state and never counts."""

from __future__ import annotations

import pytest

from tunebook.records import Objective


@pytest.mark.parametrize(
    ("reduce", "value"), [("best", (0.6, 20)), ("last", (0.5, 40)), ("mean_last_3", (0.55, 40))]
)
def test_untrained_state_is_no_value(reduce: str, value: tuple[float, int]):
    objective = Objective.of(maximize="acc", reduce=reduce)
    found = objective.value_of([0, 20, 40], [0.9, 0.6, 0.5])
    assert found == (pytest.approx(value[0]), value[1])
    assert objective.value_of([0], [0.9]) is None
