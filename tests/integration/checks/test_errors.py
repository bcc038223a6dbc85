"""Errors of the splits: rates from 0 to 1, and others in the unit of the metric (S2.10)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.stories.known_tasks import digits, regression

from tunebook.checks.decomposition import SplitError, TermName, decompose
from tunebook.checks.looks.errors import as_error, measure_errors, unit_of
from tunebook.errors import TaskError
from tunebook.recipes.loop import Training
from tunebook.training.task import Task


def errors_of(task: Task, n_updates: int, **config: float) -> dict[str, SplitError]:
    training = Training(task, config, n_updates=n_updates)
    for _ in range(n_updates):
        training.update()
    return measure_errors(training)


def test_s2_10_terms_add_up_to_the_validation_error():
    found = errors_of(digits(), 100, lr=0.01)
    terms = decompose(found, SplitError(0.01))
    assert sum(term.size for term in terms.terms) == pytest.approx(
        found["train-val"].size, abs=1e-12
    )
    assert terms.unknown == (TermName.SHIFT, TermName.VALIDATION_OVERFITTING)
    assert found["train"].n == found["train-val"].n == 300


def test_s2_10_test_set_stays_closed_and_dropout_is_off():
    task = digits()
    opened = []
    watched = replace(task, data=lambda split: opened.append(split) or task.data(split))
    found = errors_of(watched, 200, lr=0.01, dropout=0.5)
    assert "train" in opened
    assert "test" not in opened
    assert found["train"].size <= found["train-val"].size + 0.03


def test_s2_10_metric_that_is_not_a_rate_is_decomposed_in_its_unit():
    found = errors_of(regression(), 1, lr=1e-6)["train-val"]
    assert unit_of(regression()) == "error"
    assert unit_of(digits()) == ""
    assert found.size > 1.0
    assert 0.0 < found.standard_error < found.size


def test_errors_of_rates_and_scores_are_lower_where_they_are_better():
    task = digits()
    assert as_error(task, 0.9) == pytest.approx(0.1)
    assert as_error(task, 90.0) == pytest.approx(0.1)
    assert as_error(replace(task, metric="r2"), 0.9) == pytest.approx(-0.9)
    assert as_error(replace(task, metric="bleu"), 40.0) == pytest.approx(-40.0)
    with pytest.raises(TaskError, match="not a rate"):
        as_error(task, 140.0)
