"""One judge of an order: equal conditions, equal budgets, and no order among equals."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tunebook.engine import Facts, apply
from tunebook.records import (
    Budget,
    Configuration,
    Failure,
    FailureKind,
    Objective,
    StudyCreated,
    TaskKind,
    TrialCreated,
    TrialEnded,
    TrialFailed,
    TrialNumber,
)
from tunebook.reports.comparison import comparison_message
from tunebook.reports.messages import StudyMessage
from tunebook.reports.study_messages import study_message
from tunebook.space import Float, Space
from tunebook.testing.samples import sample_report, sample_spec

RECIPE = {
    "fixed": {"optimizer": "adam", "lr": 0.1},
    "defaults": {"lr": 3e-4, "weight_decay": 0.0},
    "conditions": {"recipe": "tabular", "data": "clothes@1"},
    "updates_per_step": 5,
    "arguments": None,
    "data_fraction": 1.0,
}


def message(
    name: str, value: float = 0.5, n_trials: int = 4, n_diverged: int = 0, **options: Any
) -> StudyMessage:
    """A study over ``dropout`` with some trials of ten steps, the first of them the best."""
    spec = sample_spec(
        name=name,
        max_steps=10,
        budget=options.pop("budget", Budget(trials=n_trials)),
        objective=options.pop("objective", Objective.of(maximize="val_accuracy")),
        search={"name": options.pop("search", "random")},
    )
    space = Space(dropout=Float(0.0, 1.0)).to_dict()
    task = replace(spec.task, kind=TaskKind.RECIPE, options={**RECIPE, **options})
    facts, at = Facts(), count(1)
    apply(facts, StudyCreated(0.0, replace(spec, space=space, task=task)))
    for i in range(n_trials):
        number = TrialNumber(i)
        config = Configuration({"dropout": i / n_trials})
        apply(facts, TrialCreated(next(at), number, config, until_step=None))
        if i >= n_trials - n_diverged:
            apply(facts, sample_report(number, 1, 1, value=0.0, at=next(at)))
            failure = Failure(FailureKind.DIVERGED, "val_loss was nan")
            apply(facts, TrialFailed(next(at), number, failure, 1.0))
        else:
            apply(facts, sample_report(number, 1, 10, value=value - i / 100, at=next(at)))
            apply(facts, TrialEnded(next(at), number, 10, 1.0))
    return study_message(facts, 0, 100.0, is_live=False, path_of=lambda ref: ref.digest)


def test_i1_equal_searches_are_ordered_and_equal_values_share_a_rank():
    found = comparison_message([message("a", 0.5), message("b", 0.7), message("c", 0.5)])
    assert found.refusal is None
    assert found.order == ["b", "a", "c"]
    assert found.ranks == {"b": 1, "a": 2, "c": 2}


def test_lower_is_first_where_the_metric_is_minimized():
    loss = Objective.of(minimize="val_accuracy")
    found = comparison_message(
        [message("a", 0.5, objective=loss), message("b", 0.7, objective=loss)]
    )
    values = {study.name: study.best.value for study in found.studies}
    assert found.order == sorted(values, key=values.__getitem__)


def test_tie_is_not_ordered():
    found = comparison_message([message("a", 0.5), message("b", 0.5)])
    assert found.refusal == "Not ordered: all have the same best value, 0.5"
    assert (found.order, found.ranks) == ([], {})


def test_study_without_a_value_has_no_rank():
    found = comparison_message([message("a", 0.5), message("b", 0.4), message("c", 0.3, 4, 4)])
    assert found.ranks == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"data_fraction": 0.25}, r"different data fraction (1.0, 0.25)"),
        ({"conditions": {"recipe": "tabular", "data": "clothes@2"}}, "different data (clothes@1, "),
        ({"updates_per_step": 10}, "different steps (50, 100)"),
        ({"n_trials": 5}, "different budgets (4 trials, 5 trials)"),
        ({"search": "evolution"}, "different beginnings of trials (from scratch, with another's"),
    ],
)
def test_i1_and_s0_24_unequal_searches_are_not_ordered(changes, says):
    found = comparison_message([message("a"), message("b", 0.9, **changes)])
    assert says in (found.refusal or "")
    assert found.ranks == {}
    assert found.unlike["b"] != []


def test_budget_is_what_was_trained_not_what_was_allowed():
    hour = {"budget": Budget(hours=1.0)}
    found = comparison_message([message("a", **hour), message("b", 0.9, 6, search="asha", **hour)])
    assert found.refusal == "Not ordered: the studies have different budgets (40 steps, 60 steps)"
    found = comparison_message([message("a", **hour), message("b", 0.9)])
    assert found.refusal is None
    # Another seed of the same search within the same hour is as fair.
    found = comparison_message([message("a", **hour), message("b", 0.9, 6, **hour)])
    assert found.refusal is None


def test_trial_that_diverged_used_its_share_of_the_budget():
    found = comparison_message([message("a"), message("b", 0.9, n_diverged=2)])
    assert [study.n_steps for study in found.studies] == [40, 40]
    assert found.ranks == {"b": 1, "a": 2}


def test_values_that_a_recipe_held_fixed_are_known():
    study = message("a")
    assert study.fixed == {"optimizer": "adam", "lr": 0.1, "weight_decay": 0.0}
    assert study.best.config == {"dropout": 0.0}
