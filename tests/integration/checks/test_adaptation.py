"""S2.15: labelled target examples against a shift of known strength (T-SHIFT)."""

from __future__ import annotations

import pytest
from benchmarks.stories.e4_decomposition import CONFIG, Regime

from tunebook.checks.decomposition import TermName
from tunebook.checks.looks.errors import ADDED, FINE_TUNED, adapt
from tunebook.errors import TaskError
from tunebook.training.task import read_task


def test_s2_15_labelled_target_examples_cut_the_shift_by_half():
    found = adapt(read_task(Regime(brightness=0.6)), CONFIG, n_target=130, n_updates=600)
    shift = {
        kind: one.decompose().term(TermName.SHIFT).size
        for kind, one in {"before": found.before, **found.after}.items()
    }
    assert shift["before"] > 0.1
    assert min(shift[ADDED], shift[FINE_TUNED]) <= 0.5 * shift["before"]
    told = found.judge()
    assert "by half or more" in told.title
    assert abs(found.n_target - 130) <= 5


def test_s2_15_without_a_shift_no_labels_are_asked_for():
    found = adapt(read_task(Regime()), CONFIG, n_target=100, n_updates=200)
    assert "do not cut" in found.judge().title


def test_i2_adaptation_does_not_read_the_test_set():
    class Locked(Regime):
        def data(self, split: str):
            assert split != "test"
            return super().data(split)

    adapt(read_task(Locked()), CONFIG, n_target=20, n_updates=4)


def test_more_examples_than_test_val_can_give_are_refused():
    with pytest.raises(TaskError, match="1 to"):
        adapt(read_task(Regime()), CONFIG, n_target=10_000, n_updates=10)
