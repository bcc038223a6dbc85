"""Importance finds what matters, leaves the rest near nothing, and refuses small studies."""

from __future__ import annotations

import numpy as np
import pytest

from results import sample_result
from tunebook.analysis.importance import MAX_TRIALS, MIN_TRIALS, importance, refusal, table_of
from tunebook.records import Objective
from tunebook.space import Choice, Float, Space

SPACE = Space(
    lr=Float(1e-5, 1.0, log=True),
    momentum=Float(0.5, 0.99, log="1-x"),
    optimizer=Choice("sgd", "adam"),
    useless=Float(0.0, 1.0),
)


def study(n: int, *, seed: int = 0, sign: float = 1.0) -> list:
    rng = np.random.default_rng(seed)
    trials = []
    for i in range(n):
        config = SPACE.sample(rng)
        error = (np.log10(config.lr) + 2.0) ** 2 + 0.5 * (config.optimizer == "sgd")
        trials.append(sample_result(i, config, sign * float(error + 0.1 * rng.normal())))
    return trials


def test_learning_rate_comes_first_and_the_useless_axis_last():
    found = importance(study(80), SPACE, Objective.of(minimize="error"))
    shares = {i.parameter: i.share for i in found}
    assert found[0].parameter == "lr"
    assert shares["lr"] > 0.5
    assert shares["useless"] < 0.1
    assert sum(shares.values()) == pytest.approx(1.0)
    assert all(i.low <= i.share <= i.high for i in found)


def test_direction_of_the_objective_changes_nothing():
    lower = importance(study(60), SPACE, Objective.of(minimize="error"))
    higher = importance(study(60, sign=-1.0), SPACE, Objective.of(maximize="score"))
    assert lower == higher


def test_too_few_feasible_trials_are_refused():
    trials = [*study(MIN_TRIALS - 1), sample_result(99, SPACE.default(), None)]
    assert importance(trials, SPACE, Objective.of(minimize="error")) == []
    told = refusal(trials)
    assert told is not None
    assert "19" in told
    assert refusal(study(MIN_TRIALS)) is None


def test_conditional_parameter_counts_where_it_is_active():
    space = Space(optimizer=Choice("sgd", "adam"), beta=Float(0.0, 1.0, when={"optimizer": "adam"}))
    rng = np.random.default_rng(1)
    trials = []
    for i in range(60):
        config = space.sample(rng)
        error = 5.0 if config.optimizer == "sgd" else abs(config.beta - 0.5)
        trials.append(sample_result(i, config, error))
    found = importance(trials, space, Objective.of(minimize="error"))
    assert {i.parameter for i in found} == {"optimizer", "beta"}
    assert all(np.isfinite([i.share, i.low, i.high]).all() for i in found)


def test_large_study_is_judged_by_trials_from_all_of_it():
    trials = study(2 * MAX_TRIALS)
    table = table_of(trials, SPACE, Objective.of(minimize="error"))
    assert list(table.errors) == [trial.value for trial in trials[::2]]
