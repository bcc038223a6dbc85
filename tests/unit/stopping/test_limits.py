"""How much of each limit is used, and how long a study may still take."""

from __future__ import annotations

from tunebook.records import Budget
from tunebook.stopping.limits import limit_uses, seconds_left


def test_only_limits_that_are_set_are_told(progress):
    uses = limit_uses(progress(Budget(trials=10, hours=0.5, target=0.9)))
    assert [(use.name, use.used, use.left) for use in uses] == [
        ("trials", 6, 4),
        ("hours", 60 / 3600, 0.5 - 60 / 3600),
    ]


def test_cost_is_time_at_its_price(progress):
    (use,) = limit_uses(progress(Budget(cost=2, price_per_hour=30)))
    assert (use.name, use.used, use.share) == ("cost", 0.5, 0.25)


def test_use_never_shows_more_than_the_whole(progress):
    (use,) = limit_uses(progress(Budget(hours=0.01)))
    assert (use.left, use.share) == (0, 1.0)


def test_no_failure_allowed_is_a_limit_used_up(progress):
    (use,) = limit_uses(progress(Budget(max_failures=0), n_failed=0))
    assert use.share == 1.0


def test_time_left_follows_the_pace_of_trials(progress):
    left = seconds_left(progress(Budget(trials=10)), trials_trained=5)
    assert left == 60.0


def test_time_left_ends_at_the_first_limit(progress):
    budget = Budget(trials=100, hours=0.02)
    assert seconds_left(progress(budget), trials_trained=5) == 12.0
    assert seconds_left(progress(Budget(trials=100, steps=80)), trials_trained=5) == 60.0


def test_forecast_holds_until_there_is_a_pace(progress):
    budget = Budget(trials=100)
    assert seconds_left(progress(budget), trials_trained=1, total_s=600) == 540
    assert seconds_left(progress(budget), trials_trained=4, total_s=600) == 1440


def test_time_left_is_unknown_without_a_limit_that_time_reaches(progress):
    assert seconds_left(progress(Budget(target=0.9)), trials_trained=5) is None
