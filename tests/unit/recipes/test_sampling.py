"""Samples are of the training data alone, and their share is checked (S0.11)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunebook.errors import DatasetError
from tunebook.recipes.sampling import classes_of, sampled
from tunebook.training.preset import checked_share
from tunebook.training.task import Split, load_task

EXAMPLE = Path(__file__).parents[3] / "examples" / "digits_task.py"


def test_s0_11_validation_data_are_never_sampled():
    task = load_task(f"{EXAMPLE}:Digits")
    part = sampled(task, 0.25)
    assert len(part.examples(Split.TRAIN)) == pytest.approx(300, abs=10)
    assert len(part.examples(Split.TRAIN_VAL)) == len(task.examples(Split.TRAIN_VAL))
    assert len(set(classes_of(part.examples(Split.TRAIN)))) == 10


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5, 25.0])
def test_s0_11_share_out_of_range_is_refused_with_the_range(share):
    with pytest.raises(DatasetError, match="above 0, up to 1"):
        checked_share(share)
