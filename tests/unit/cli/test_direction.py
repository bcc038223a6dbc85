"""A direction that a metric's name contradicts is noticed; a name that says nothing is not."""

from __future__ import annotations

import pytest

from tunebook.execution.readings import usual_direction


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        ("val_loss", "minimize"),
        ("error_rate", "minimize"),
        ("Test loss", "minimize"),
        ("eval/wer", "minimize"),
        ("val_acc", "maximize"),
        ("Acc@1", "maximize"),
        ("mAP50", "maximize"),
        ("eval_f1", "maximize"),
        ("neg_loss", None),
        ("quality", None),
        ("accuracy_loss", None),
    ],
)
def test_usual_direction(metric: str, direction: str | None):
    assert usual_direction(metric) == direction
