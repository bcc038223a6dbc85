"""Searches side by side: no order without equal conditions, no claim beyond the evidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from random import Random as Dice
from typing import Any

import pytest

from tunebook.engine import Facts, apply
from tunebook.presets.confirming import Confirmation
from tunebook.presets.search_comparison import SearchComparison, comparison_sections
from tunebook.presets.strategies import (
    StrategyRow,
    gain_sentence,
    trend_sentences,
    verdicts,
)
from tunebook.records import (
    Budget,
    Configuration,
    Direction,
    Objective,
    StudyCreated,
    TaskKind,
    TrialCreated,
    TrialEnded,
    TrialNumber,
)
from tunebook.records.section import decode, encode
from tunebook.reports.findings import findings_of
from tunebook.reports.recipe_findings import caveats
from tunebook.space import Choice, Float, Space
from tunebook.testing.samples import sample_report, sample_spec

ACCURACY = Objective("val_accuracy", Direction.MAXIMIZE)
CONDITIONS = {"data": "clothes@1", "data_fraction": 1.0, "steps": 200, "metric": "val_accuracy"}


def row(name: str = "a", **changes: Any) -> StrategyRow:
    usual: dict[str, Any] = {
        "study": name,
        "strategy": "random",
        "n_trials": 10,
        "n_unusable": 0,
        "n_steps": 100,
        "seconds": 60.0,
        "cost": None,
        "baseline": 0.80,
        "best": 0.85,
        "n_legs": 1,
        "config": {},
        "conditions": CONDITIONS,
    }
    return StrategyRow(**(usual | changes))


def confirmed(best: list[float], baseline: list[float]) -> Confirmation:
    return Confirmation(baseline, best, None, 0)


def test_i5_gain_of_one_run_is_told_as_such():
    text = gain_sentence(row(), ACCURACY)
    assert "gain 0.05" in text
    assert "in one run" in text
    assert "too high" in text


@pytest.mark.parametrize("best", [0.80, 0.79])
def test_search_that_gained_nothing_says_so(best):
    text = gain_sentence(row(best=best), ACCURACY)
    assert text == "a: no gain: nothing looked better than the baseline, in one run"


def test_s0_10_gain_without_a_baseline_is_unknown():
    assert gain_sentence(row(baseline=None), ACCURACY) == "a: no baseline: gain unknown"


def test_gain_over_seeds_has_an_interval_and_needs_five_of_them():
    few = row(confirmation=confirmed([0.84, 0.86], [0.80, 0.81]))
    many = row(confirmation=confirmed([0.84, 0.86, 0.85] * 2, [0.80, 0.81, 0.79] * 2))
    assert "not enough to claim" in gain_sentence(few, ACCURACY)
    assert "not enough" not in gain_sentence(many, ACCURACY)
    assert "gain 0.05 over the baseline (0.0" in gain_sentence(many, ACCURACY)


def test_gain_of_a_minimized_metric_is_positive_when_it_falls():
    loss = Objective("val_loss", Direction.MINIMIZE)
    assert "gain 0.05" in gain_sentence(row(baseline=0.35, best=0.30), loss)


def test_s0_24_equal_strategies_are_told_apart_in_few_of_200_repeats():
    dice = Dice(0)

    def repeats() -> Confirmation:
        return confirmed([0.8 + dice.gauss(0, 0.001) for _ in range(5)], [])

    rows = [
        [row("a", confirmation=repeats()), row("b", confirmation=repeats())] for _ in range(200)
    ]
    claims = [text for pair in rows for text in verdicts(pair, ACCURACY) if "better" in text]
    assert len(claims) <= 10


def facts_of(n: int, *, search: str = "random") -> Facts:
    """A study of ``n`` trials whose value is their learning rate, beside a useless ``wd``."""
    space = Space(lr=Float(0.0, 1.0), wd=Float(0.0, 1.0))
    spec = sample_spec(budget=Budget(trials=n), max_steps=1, search={"name": search})
    facts, dice, at = Facts(), Dice(3), count(1)
    apply(facts, StudyCreated(0.0, replace(spec, space=space.to_dict())))
    for number in map(TrialNumber, range(n)):
        config = Configuration({"lr": dice.random(), "wd": dice.random()})
        apply(facts, TrialCreated(next(at), number, config, until_step=None))
        apply(facts, sample_report(number, 1, 1, value=config["lr"], at=next(at)))
        apply(facts, TrialEnded(next(at), number, 1, 1.0))
    return facts


def test_s0_25_no_trend_below_ten_trials():
    (text,) = trend_sentences(facts_of(4))
    assert "no trend is shown" in text


def test_s0_25_and_i6_trends_are_associations_and_adaptive_searches_are_labelled():
    lr, wd = trend_sentences(facts_of(40))
    assert "lr: higher is better (rank correlation" in lr
    assert "association in this study" in lr
    assert "wd: no clear effect" in wd
    assert "adaptive" not in lr
    assert all("adaptive" in text for text in trend_sentences(facts_of(40, search="bayes")))


def test_i9_what_was_held_fixed_and_sampled_travels_with_conclusions():
    facts = Facts()
    spec = sample_spec()
    task = replace(spec.task, options={"fixed": {"optimizer": "adam"}, "data_fraction": 0.25})
    apply(facts, StudyCreated(0.0, replace(spec, task=task)))
    assert list(caveats(facts)) == [
        "held fixed: optimizer adam",
        "trained on 25% of the training data",
    ]


def test_i5_and_i9_findings_of_a_search_over_a_recipe_tell_its_gain_and_its_caveats():
    facts = facts_of(12)
    task = replace(facts.known_spec.task, kind=TaskKind.RECIPE, options={"data_fraction": 0.25})
    facts.spec = replace(facts.known_spec, task=task)
    found = {f.id: f.title for f in findings_of(facts, Space.from_dict(facts.space))}
    assert found["gain"] == "No baseline: gain unknown"
    assert found["caveat:0"] == "Trained on 25% of the training data"
    facts.trials[0] = replace(facts.trials[0], source="enqueued")
    found = {f.id: f.title for f in findings_of(facts, Space.from_dict(facts.space))}
    assert found["gain"].startswith("Looked better than the baseline by 0.")
    assert found["gain"].endswith("in one run")


@pytest.mark.parametrize(
    ("space", "held"),
    [
        ({"lr": Float(0.1, 1.0)}, "held fixed: optimizer adam, lr 0.1"),
        ({"adam.lr": Float(0.1, 1.0)}, "held fixed: optimizer adam"),
        (
            {"optimizer": Choice("sgd", "adam"), "adam.lr": Float(0.1, 1.0)},
            "held fixed: optimizer adam, lr 0.1",
        ),
        (
            {
                "optimizer": Choice("sgd", "adam"),
                **{f"{o}.lr": Float(0, 1) for o in ("adam", "sgd")},
            },
            "held fixed: optimizer adam",
        ),
    ],
)
def test_i9_what_was_searched_is_not_held_fixed(space, held):
    facts = facts_of(1)
    options = {"fixed": {"optimizer": "adam", "lr": 0.1}}
    facts.spec = replace(facts.known_spec, task=replace(facts.known_spec.task, options=options))
    facts.space = Space(space).to_dict()
    assert list(caveats(facts)) == [held]


def test_page_of_a_comparison_has_its_tables_and_why_nothing_is_ordered():
    rows = [row("a", config={"lr": 0.1}), row("b", config={"lr": 0.2}, n_steps=200)]
    found = SearchComparison(
        "val_accuracy", rows, "They differ.", "Not ordered: why", [], ["a gained"], [], [], []
    )
    cost, values = comparison_sections(found)
    assert [table.title for table in (*cost.tables, *values.tables)] == ["Searches", "Values found"]
    assert values.tables[0].rows == [["a", 0.1], ["b", 0.2]]
    assert any("Not ordered: why" in text for text in cost.paragraphs)
    assert not any("better" in text for text in cost.paragraphs)
    assert decode(encode([cost, values]))[0].title == "Cost and quality"
