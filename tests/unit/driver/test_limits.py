"""Limits of the budget, in simulated time (I7, S0.8, S0.11)."""

from __future__ import annotations

import math

import pytest

from tunebook.records import (
    Budget,
    Configuration,
    RequestObeyed,
    StudyState,
    TrialHaltAsked,
    TrialState,
)

HOUR = 3600.0
STEP_S = 70.0


def slow(limit: Budget, **options):
    return {"budget": limit, "step_s": STEP_S} | options


@pytest.mark.parametrize(
    ("budget", "limit", "hours"),
    [
        (Budget(hours=0.5), "hours", 0.5),
        (Budget(cost=1.0, price_per_hour=4.0), "cost", 0.25),
        (Budget(hours=0.5, cost=1.0, price_per_hour=4.0), "cost", 0.25),
    ],
)
@pytest.mark.parametrize("n_slots", [1, 3])
def test_deadline_ends_the_study_and_keeps_every_result(make_rig, budget, limit, hours, n_slots):
    rig = make_rig(**slow(budget, n_slots=n_slots))
    facts = rig.drive()
    assert (facts.state, facts.limit) == (StudyState.STOPPED, limit)
    asked = rig.all(TrialHaltAsked)
    assert len(asked) == n_slots
    for event in asked:
        assert event.at == pytest.approx(rig.events[0].at + hours * HOUR, abs=1)
    # The step that was being trained is finished, nothing more.
    assert facts.worked_s == pytest.approx(hours * HOUR, abs=STEP_S + 1)
    states = [trial.state for trial in facts.trials]
    n_done = math.floor(hours * HOUR / STEP_S / 6) * n_slots
    assert states.count(TrialState.DONE) == n_done
    assert all(trial.value is not None for trial in facts.trials if trial.curves)
    assert not facts.attempts


def test_time_limit_holds_over_all_drivers(make_rig):
    rig = make_rig(**slow(Budget(hours=1)))
    facts, table = rig.drive(), rig.table
    rig.clock.advance(50 * HOUR)
    assert rig.drive().state is StudyState.STOPPED
    assert rig.facts.worked_s == facts.worked_s
    assert rig.table == table


def test_hours_may_be_added_to_a_study_that_used_them_up(make_rig):
    rig = make_rig(**slow(Budget(hours=0.5)))
    n_before = len(rig.drive().trials)
    rig.store.add_request(rig.study, "add budget", {"hours": 0.5}, rig.clock())
    facts = rig.drive()
    assert facts.budget.hours == 1.0
    assert facts.limit == "hours"
    assert facts.worked_s == pytest.approx(HOUR, abs=2 * STEP_S)
    assert len(facts.trials) == pytest.approx(2 * n_before, abs=1)


def test_cost_of_the_trials_adds_up_to_no_more_than_the_cost_of_the_study(make_rig):
    rig = make_rig(**slow(Budget(cost=2.0, price_per_hour=4.0), n_slots=2))
    facts = rig.drive()
    total = sum(trial.cost for trial in facts.trials if trial.cost is not None)
    assert 1.9 < total <= 2.0 + 4.0 * (STEP_S + 1) / HOUR


def test_target_ends_the_study_and_calls_off_what_runs(make_rig):
    rig = make_rig(budget=Budget(trials=50, target=0.2), n_slots=3)
    facts = rig.drive()
    assert (facts.state, facts.limit) == (StudyState.DONE, "target")
    assert facts.best.value >= 0.2
    assert facts.best.state is TrialState.STOPPED
    cancelled = [t for t in facts.trials if t.state is TrialState.CANCELLED]
    assert cancelled
    assert all(trial.value is None for trial in cancelled)


def test_patience_lets_running_trials_finish(make_rig):
    rig = make_rig(budget=Budget(trials=200, patience=4), n_slots=3)
    facts = rig.drive()
    assert (facts.state, facts.limit) == (StudyState.STOPPED, "patience")
    assert {trial.state for trial in facts.trials} == {TrialState.DONE}


def test_divergence_is_infeasible_and_never_the_best(make_rig):
    """I4: NaN is no score."""

    def curve(config: Configuration) -> list[float]:
        value = float(config.lr)
        return [value, value, math.nan if value > 0.01 else value, value, value, value]

    facts = make_rig(budget=Budget(trials=20), curve=curve).drive()
    states = {trial.state for trial in facts.trials}
    assert states == {TrialState.DONE, TrialState.INFEASIBLE}
    assert facts.best.value <= 0.01
    assert all((t.value is None) == (t.state is TrialState.INFEASIBLE) for t in facts.trials)


def test_steps_are_never_exceeded(make_rig):
    for n_slots in (1, 2, 5):
        facts = make_rig(budget=Budget(steps=25), n_slots=n_slots).drive()
        assert facts.steps_done == 25
        assert (facts.state, facts.limit) == (StudyState.STOPPED, "steps")


def test_trials_are_never_exceeded_whatever_is_added_while_they_run(make_rig):
    rig = make_rig(budget=Budget(trials=5), n_slots=4)

    class Adding:
        def update(self, facts, now):
            if facts.steps_done in (3, 4, 5):
                body = {"config": {"lr": 0.5}}
                rig.store.add_request(rig.study, "enqueue", body, now)

    facts = rig.drive(watcher=Adding())
    assert len(facts.trials) == 5
    answers = [event.answer for event in rig.all(RequestObeyed)]
    assert any(answer.startswith("done") for answer in answers)
    assert any(answer.startswith("refused") for answer in answers)
