"""Errors and their terms, on tasks whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.stories.known_tasks import digits, regression

from tunebook.diagnosis.decomposition import ErrorRate, TermName
from tunebook.errors import TaskError
from tunebook.probes.error_rates import ErrorFigures, measure_errors
from tunebook.recipes.loop import Training
from tunebook.training.task import Task


def errors_of(task: Task, n_updates: int, **config: float) -> ErrorFigures:
    training = Training(task, config, n_updates=n_updates)
    for _ in range(n_updates):
        training.update()
    return measure_errors(training)


def test_s2_10_terms_add_up_to_the_validation_error():
    found = errors_of(digits(), 100, lr=0.01)
    terms = found.decompose(ErrorRate(0.01))
    assert sum(term.size for term in terms.terms) == pytest.approx(found.train_val.rate, abs=1e-12)
    assert terms.unknown == (TermName.SHIFT, TermName.VALIDATION_OVERFITTING)
    assert found.train.n == found.train_val.n == 300


def test_s2_10_test_set_stays_closed_and_dropout_is_off():
    task = digits()
    opened = []
    watched = replace(task, data=lambda split: opened.append(split) or task.data(split))
    found = errors_of(watched, 200, lr=0.01, dropout=0.5)
    assert "train" in opened
    assert "test" not in opened
    assert found.train.rate <= found.train_val.rate + 0.03


def test_s2_10_metric_that_is_no_rate_is_refused():
    with pytest.raises(TaskError, match="no rate"):
        errors_of(regression(), 1, lr=1e-6)
