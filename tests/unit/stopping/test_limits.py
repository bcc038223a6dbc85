from __future__ import annotations

from typing import Any

from tunebook.records import Budget, Objective
from tunebook.stopping.limits import limit_uses, seconds_left
from tunebook.stopping.protocol import Progress


def progress(budget: Budget, **changes: Any) -> Progress:
    values: dict[str, Any] = {
        "n_created": 6,
        "n_running": 2,
        "n_finished": 4,
        "n_failed": 1,
        "n_succeeded": 3,
        "steps_done": 40,
        "steps_granted": 50,
        "active_s": 60.0,
        "best_value": 0.5,
        "best_trial": 1,
        "n_since_improvement": 2,
    }
    return Progress(budget=budget, objective=Objective.of(maximize="acc"), **(values | changes))


def test_only_limits_that_are_set_are_told():
    uses = limit_uses(progress(Budget(trials=10, hours=0.5, target=0.9)))
    assert [(use.name, use.used, use.left) for use in uses] == [
        ("trials", 6, 4),
        ("hours", 60 / 3600, 0.5 - 60 / 3600),
    ]


def test_cost_is_time_at_its_price():
    (use,) = limit_uses(progress(Budget(cost=2, price_per_hour=30)))
    assert (use.name, use.used, use.share) == ("cost", 0.5, 0.25)


def test_use_never_shows_more_than_the_whole():
    (use,) = limit_uses(progress(Budget(hours=0.01)))
    assert (use.left, use.share) == (0, 1.0)


def test_no_failure_allowed_is_a_limit_used_up():
    (use,) = limit_uses(progress(Budget(max_failures=0), n_failed=0))
    assert use.share == 1.0


def test_time_left_follows_the_pace_of_trials():
    left = seconds_left(progress(Budget(trials=10)), trials_trained=5)
    assert left == 60.0


def test_time_left_ends_at_the_first_limit():
    budget = Budget(trials=100, hours=0.02)
    assert seconds_left(progress(budget), trials_trained=5) == 12.0
    assert seconds_left(progress(Budget(trials=100, steps=80)), trials_trained=5) == 60.0


def test_forecast_holds_until_there_is_a_pace():
    budget = Budget(trials=100)
    assert seconds_left(progress(budget), trials_trained=1, total_s=600) == 540
    assert seconds_left(progress(budget), trials_trained=4, total_s=600) == 1440


def test_time_left_is_unknown_without_a_limit_that_time_reaches():
    assert seconds_left(progress(Budget(target=0.9)), trials_trained=5) is None
