"""Where a study stands: what is left, and how much of the nearest limit is used."""

from __future__ import annotations

import pytest

from tunebook.records import Budget
from tunebook.stopping import STANDARD_RULES


def test_what_is_left_never_falls_below_nothing(progress):
    over = progress(Budget(trials=5, steps=45))
    assert (over.trials_left, over.steps_left) == (0, 0)


def test_what_is_left_is_counted_from_what_is_promised(progress):
    half = progress(Budget(trials=10, steps=80))
    assert (half.trials_left, half.steps_left) == (4, 30)


def test_nothing_is_left_of_limits_that_do_not_exist(progress):
    free = progress(Budget(target=0.9))
    assert (free.trials_left, free.steps_left, free.cost) == (None, None, None)


@pytest.mark.parametrize(
    ("budget", "share"),
    [
        (Budget(), 0.0),
        (Budget(trials=10), 0.4),
        (Budget(steps=50, trials=10), 0.8),
        (Budget(hours=0.02, trials=10), 60 / 72),
        (Budget(cost=2.0, price_per_hour=60.0), 0.5),
        (Budget(trials=1), 1.0),
        (Budget(target=0.9, patience=2), 0.0),
    ],
)
def test_share_is_that_of_the_nearest_limit(progress, budget, share):
    assert progress(budget).budget_used == pytest.approx(share)


def test_target_is_looked_at_before_any_limit(progress):
    everything = Budget(trials=1, steps=1, hours=0.001, target=0.4, patience=1, max_failures=0)
    endings = [rule(progress(everything)) for rule in STANDARD_RULES]
    assert [ending.limit for ending in endings] == [
        "target",
        "max_failures",
        "hours",
        "steps",
        "patience",
    ]


@pytest.mark.parametrize("rule", STANDARD_RULES)
def test_no_rule_ends_a_study_that_has_just_begun(progress, rule):
    budget = Budget(
        trials=1, steps=1, hours=1, cost=1, price_per_hour=1, target=0.9, patience=1, max_failures=0
    )
    nothing = {
        "n_created": 0,
        "n_running": 0,
        "n_finished": 0,
        "n_failed": 0,
        "n_succeeded": 0,
        "steps_done": 0,
        "steps_granted": 0,
        "active_s": 0.0,
        "best_value": None,
        "best_trial": None,
        "n_since_improvement": 0,
    }
    assert rule(progress(budget, **nothing)) is None
