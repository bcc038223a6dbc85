"""Verdicts on trials' curves: each trial's own tags, and what the best say together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from results import sample_result
from tunebook.analysis.curve_verdicts import CurveTag
from tunebook.analysis.ranking import error, ranked
from tunebook.analysis.trial_curves import gap_of_best, judge_best, tags_of, verdict_of
from tunebook.records import Objective, Series, Trial, TrialState

OBJECTIVE = Objective.of(maximize="val_accuracy")
STEPS = np.arange(1, 51)
CHANCE = np.random.default_rng(3).normal(size=50)


def trial(values, number: int = 0, state: TrialState = TrialState.DONE) -> Trial:
    series = Series.of(STEPS, values, STEPS)
    result = sample_result(number, {"lr": 0.1}, float(max(values)))
    return replace(result, state=state, curves={"val_accuracy": series})


def tags(given: Trial, **known) -> list[str]:
    verdict = verdict_of(given, OBJECTIVE)
    return [] if verdict is None else [*map(str, tags_of(given, verdict, **({"gap": 1.0} | known)))]


RISING = 0.5 + 0.008 * STEPS + 0.002 * CHANCE
EARLY = 0.9 * (1 - np.exp(-STEPS / 2.0)) + 0.002 * CHANCE
WORSE_AGAIN = EARLY - 0.01 * np.clip(STEPS - 25, 0, None)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [(RISING, "still improves"), (EARLY, "saturated early"), (WORSE_AGAIN, "overfits strongly")],
    ids=["improving", "saturated", "overfitting"],
)
def test_s4_24_s4_26_curve_of_each_shape_has_its_tag(values, wanted):
    assert wanted in tags(trial(values))


def test_s4_26_improving_and_saturated_exclude_each_other():
    rng = np.random.default_rng(0)
    for _ in range(300):
        walk = np.cumsum(rng.normal(scale=rng.uniform(0, 1), size=50)) + rng.normal(size=50)
        assert len({CurveTag.IMPROVING, CurveTag.SATURATED}.intersection(tags(trial(walk)))) <= 1


def test_s4_25_noise_is_held_against_the_best_three():
    settled = trial(EARLY)
    assert "noisy at the end" not in tags(settled, gap=0.1)
    assert "noisy at the end" in tags(settled, gap=0.002)
    assert "noisy at the end" not in tags(settled, gap=None)


def test_trial_that_trains_is_told_of_overfitting_and_of_no_end():
    running = TrialState.RUNNING
    assert tags(trial(RISING, state=running), gap=0.0) == []
    assert tags(trial(WORSE_AGAIN, state=running), gap=0.0) == ["overfits strongly"]


def test_curve_with_a_value_that_is_no_number_gets_no_verdict():
    assert verdict_of(trial([*EARLY[:-1], math.nan]), OBJECTIVE) is None
    assert verdict_of(sample_result(0, {}, 0.5), OBJECTIVE) is None


def test_s4_25_gap_is_that_from_the_best_to_the_third():
    trials = [sample_result(i, {}, v) for i, v in enumerate([0.5, None, 0.9, 0.7, 0.85, 0.1])]
    best = [error(one, OBJECTIVE) for one in ranked(trials, OBJECTIVE)]
    assert gap_of_best(trials, OBJECTIVE) == best[2] - best[0] == pytest.approx(0.2)
    assert gap_of_best(trials[:3], OBJECTIVE) is None


def test_s4_20_best_curves_are_judged_together():
    trials = [trial(EARLY, 0), trial(EARLY - 0.1, 1), trial(RISING - 0.2, 2)]
    found = judge_best([*trials, trial(WORSE_AGAIN - 0.5, 3)], OBJECTIVE)
    assert (found.has_overfitting, found.is_noisy, found.is_improving) == (False, False, True)
    assert found.n_good == 1
    assert judge_best([sample_result(0, {}, 0.5)], OBJECTIVE).is_noisy is None
