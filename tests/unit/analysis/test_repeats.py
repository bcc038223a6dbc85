"""Seed noise is told from configurations that were trained more than once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from results import sample_result
from tunebook.analysis.ranking import deviation_of_repeats
from tunebook.records import Objective, TrialNumber

OBJECTIVE = Objective.of(minimize="loss")


def test_s4_45_deviation_is_pooled_over_configurations_that_were_repeated():
    rng = np.random.default_rng(0)
    trials = [
        sample_result(3 * i + k, {"lr": 0.1 * (i + 1)}, float(i + 0.01 * rng.normal()))
        for i in range(60)
        for k in range(3)
    ]
    alone = [sample_result(900 + i, {"lr": 100.0 + i}, 5.0 + i) for i in range(5, 9)]
    assert deviation_of_repeats([*trials, *alone], OBJECTIVE) == pytest.approx(0.01, rel=0.2)


def test_trials_of_other_lengths_and_of_other_weights_are_no_repeats():
    first, again = (sample_result(i, {"lr": 0.1}, 0.1 * i) for i in range(2))
    assert deviation_of_repeats([first, again], OBJECTIVE) == pytest.approx(0.0707, abs=1e-4)
    assert deviation_of_repeats([first, replace(again, step=5)], OBJECTIVE) is None
    assert deviation_of_repeats([first, replace(again, parent=TrialNumber(0))], OBJECTIVE) is None
    assert deviation_of_repeats([first], OBJECTIVE) is None
