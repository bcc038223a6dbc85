"""S2.15: labelled target examples against a shift of known strength (T-SHIFT)."""

from __future__ import annotations

import re

from benchmarks.stories.e4_decomposition import CONFIG, Regime

from tunebook.checks.looks.errors import adapt
from tunebook.records.finding import Verdict
from tunebook.training.task import read_task


def test_s2_15_labelled_target_examples_cut_the_shift_by_half():
    told = adapt(read_task(Regime(brightness=0.6)), CONFIG, n_target=130, n_updates=600)
    assert told.verdict is Verdict.NOTICE
    n_target = int(re.match(r"\d+", told.title)[0])
    assert abs(n_target - 130) <= 5
    assert "by half or more" in told.title
    before, *after = (float(share) for share in re.findall(r"(-?[\d.]+)% \(se", told.value))
    assert len(after) == 2
    assert before > 10
    assert min(after) <= 0.5 * before


def test_s2_15_without_a_shift_no_labels_are_asked_for():
    told = adapt(read_task(Regime()), CONFIG, n_target=100, n_updates=200)
    assert told.verdict is Verdict.PASS
    assert "do not cut" in told.title


def test_i2_adaptation_does_not_read_the_test_set():
    class Locked(Regime):
        def data(self, split: str):
            assert split != "test"
            return super().data(split)

    adapt(read_task(Locked()), CONFIG, n_target=20, n_updates=4)
