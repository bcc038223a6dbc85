"""Wishes of people: obeyed, or refused with a reason. Nothing that somebody asks for raises."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tunebook.engine import Continue, Halt
from tunebook.records import (
    REQUEST_KINDS,
    Budget,
    Configuration,
    FailureKind,
    StudyState,
    TrialNumber,
    TrialState,
)
from tunebook.search.protocol import Start

CONFIG = Configuration({"lr": 0.1})


# -- stop trial ------------------------------------------------------------------------------------


def test_running_trial_is_asked_to_end_and_keeps_its_value(study):
    assert study.wish("stop trial", trial=0) == "done"
    assert study.halts == [(0, TrialState.STOPPED)]
    study.end(0, step=3, value=0.7)
    assert (study.state(0), study.trial(0).value) == (TrialState.STOPPED, 0.7)


def test_trial_that_is_being_ended_is_not_asked_again(study):
    study.wish("stop trial", trial=0)
    assert study.wish("stop trial", trial=0) == "nothing to do: trial 0 is being ended already"
    assert len(study.halts) == 1


def test_trial_that_is_being_paused_can_still_be_stopped(study):
    study.wish("pause trial", trial=0)
    assert study.wish("stop trial", trial=0) == "done"
    assert study.halts[-1] == (0, TrialState.STOPPED)
    study.reach(0, 3)
    study.decide()
    assert study.state(0) is TrialState.STOPPED


def test_ended_trial_is_left_as_it_is(study):
    study.end(0)
    for kind in ("stop trial", "pause trial"):
        assert study.wish(kind, trial=0) == "nothing to do: trial 0 is done already"


def test_queued_trial_is_called_off(study):
    study.wish("enqueue", config={"lr": 0.5})
    assert study.wish("stop trial", trial=1) == "done"
    assert study.state(1) is TrialState.CANCELLED


def test_lost_trial_is_stopped_and_not_retried(study):
    study.report(0, 0.6)
    study.lose(0)
    study.wish("stop trial", trial=0)
    assert (study.state(0), study.trial(0).value) == (TrialState.STOPPED, 0.6)


@pytest.mark.parametrize("end", ["lose", "recover"])
def test_wish_outlives_the_worker_that_came_to_its_slices_end(make_study, end):
    study = make_study([Start(CONFIG, 4)], trials=3)
    study.decide()
    study.wish("stop trial", trial=0)
    study.reach(0, 4)
    if end == "lose":
        study.lose(0)
    else:
        study.take_up()
    assert study.state(0) is TrialState.STOPPED


def test_wish_outlives_the_worker_that_trained(study):
    study.report(0, 0.4)
    study.wish("stop trial", trial=0)
    study.lose(0)
    assert (study.state(0), study.trial(0).value) == (TrialState.STOPPED, 0.4)


def test_trial_that_breaks_while_it_is_stopped_is_infeasible(study):
    study.wish("stop trial", trial=0)
    study.fail(0, FailureKind.DIVERGED)
    assert study.state(0) is TrialState.INFEASIBLE


# -- pause and resume trial ------------------------------------------------------------------------


def test_trial_set_aside_by_a_person_waits_for_a_person(study):
    study.wish("pause trial", trial=0)
    assert study.halts == [(0, TrialState.PAUSED)]
    study.reach(0, 3)
    for number in (1, 2):
        study.decide()
        study.end(number)
    study.decide()
    assert study.study == (StudyState.DONE, "trials"), "nobody but a person resumes it"
    assert study.state(0) is TrialState.PAUSED


def test_trial_that_a_person_resumes_goes_on_where_it_was(study):
    study.wish("pause trial", trial=0)
    saved = study.save(0, 3)
    study.reach(0, 3)
    study.decide()
    assert study.wish("resume trial", trial=0) == "done"
    study.end(1)
    study.decide()
    launch = study.launch_of(0)
    assert (launch.checkpoints, launch.until_step) == ((saved,), 10)


def test_trial_that_a_person_resumes_at_once_keeps_its_worker(study):
    study.wish("pause trial", trial=0)
    study.reach(0, 3)
    study.wish("resume trial", trial=0)
    assert study.decide() == [Continue(TrialNumber(0), 10)]


def test_trial_paused_at_the_end_of_its_slice_goes_on_when_the_searcher_wants(make_study):
    study = make_study([Start(CONFIG, 4)], trials=2)
    study.decide()
    study.reach(0, 4)
    study.wish("pause trial", trial=0)
    study.wish("resume trial", trial=0)
    study.decide()
    assert [launch.trial for launch in study.launches] == [0, 1]


def test_only_what_a_person_paused_can_a_person_resume(study):
    answer = study.wish("resume trial", trial=0)
    assert answer == "nothing to do: trial 0 was not paused by a person"


def test_queued_trial_that_is_set_aside_lets_others_go_first(study):
    study.wish("enqueue", config={"lr": 0.5})
    study.wish("pause trial", trial=1)
    study.end(0)
    study.decide()
    assert [launch.trial for launch in study.launches] == [0, 2]
    study.wish("resume trial", trial=1)
    study.end(2)
    study.decide()
    assert study.launches[-1].trial == 1


def test_lost_trial_that_is_set_aside_is_not_retried(study):
    study.wish("pause trial", trial=0)
    study.lose(0)
    study.decide()
    assert [launch.trial for launch in study.launches] == [0, 1]


# -- stop and pause study --------------------------------------------------------------------------


def test_stopped_study_keeps_every_result_and_may_be_opened_again(study):
    assert study.wish("stop study") == "done"
    assert study.halts == [(0, TrialState.STOPPED)]
    study.end(0, step=3, value=0.7)
    study.decide()
    assert study.study == (StudyState.STOPPED, "request")
    assert (study.state(0), study.machine.is_settled) == (TrialState.STOPPED, True)
    study.take_up()
    assert study.study == (StudyState.RUNNING, None)


def test_stopped_study_calls_off_what_waits(study):
    study.report(0, 0.6)
    study.lose(0)
    study.wish("enqueue", config={"lr": 0.5})
    study.wish("stop study")
    study.decide()
    assert (study.state(0), study.trial(0).value) == (TrialState.STOPPED, 0.6)
    assert study.state(1) is TrialState.CANCELLED


def test_paused_study_goes_on_where_it_was(study):
    assert study.wish("pause study") == "done"
    assert study.halts == [(0, TrialState.PAUSED)]
    saved = study.save(0, 3)
    study.reach(0, 3)
    study.decide()
    assert (study.study, study.machine.is_settled) == ((StudyState.PAUSED, None), True)
    study.take_up()
    study.decide()
    assert study.launch_of(0).checkpoints == (saved,)


@pytest.mark.parametrize("kind", ["stop study", "pause study"])
def test_study_that_is_over_stays_as_it_is(study, kind):
    study.wish("stop study")
    assert study.wish(kind) == "nothing to do: the study is stopped already"


def test_study_that_is_being_paused_can_still_be_stopped(study):
    study.wish("pause study")
    assert study.wish("pause study") == "nothing to do: the study is paused already"
    assert study.wish("stop study") == "done"
    assert study.study == (StudyState.STOPPED, "request")


# -- add budget, enqueue, edit notes ---------------------------------------------------------------


def test_sums_are_added_to_and_other_limits_are_replaced(make_study):
    study = make_study(
        trials=3, steps=100, hours=1.0, cost=2.0, price_per_hour=1.0, patience=4, target=0.9
    )
    wish = {"trials": 2, "steps": 50, "hours": 0.5, "cost": 1, "patience": 9, "target": 0.95}
    assert study.wish("add budget", **wish) == "done"
    assert study.machine.facts.budget == Budget(
        trials=5, steps=150, hours=1.5, cost=3.0, price_per_hour=1.0, patience=9, target=0.95
    )


def test_limit_that_a_study_does_not_have_is_not_made_up(study):
    assert study.wish("add budget", hours=2) == "nothing to do: the study has no such limit"
    assert study.machine.facts.budget == Budget(trials=3)


@pytest.mark.parametrize(
    "body",
    [
        {"trials": -1},
        {"trials": 0},
        {"trials": 1.5},
        {"trials": "2"},
        {"trials": None},
        {"trails": 3},
        {"trials": 10**400},
        {"trials": float("inf")},
        {"trials": float("nan")},
        {"patience": 0},
        {},
    ],
)
def test_budget_that_makes_no_sense_is_refused(study, body):
    study.end(0)
    assert study.wish("add budget", **body).startswith("refused: ")
    assert study.machine.facts.budget == Budget(trials=3)


def test_enqueued_configuration_is_tried_next(study):
    assert study.wish("enqueue", config={"lr": 0.5}) == "done: it is trial 1"
    assert (study.state(1), study.trial(1).source) == (TrialState.QUEUED, "enqueued")
    study.end(0)
    study.decide()
    assert study.launches[-1].config == Configuration({"lr": 0.5})


def test_enqueued_trials_count_against_the_budget_i7(study):
    for _ in range(2):
        study.wish("enqueue", config={"lr": 0.5})
    answer = study.wish("enqueue", config={"lr": 0.5})
    assert answer == "refused: the budget allows no more trials"
    for number in range(3):
        study.end(number)
        study.decide()
    assert len(study.machine.facts.trials) == 3
    assert study.study == (StudyState.DONE, "trials")


def test_notes_are_replaced(study):
    assert study.wish("edit notes", notes="lr too high?") == "done"
    assert study.machine.facts.notes == "lr too high?"


# -- what cannot be done ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("stop trial", {"trial": 99}, "no such trial"),
        ("stop trial", {"trial": -1}, "no such trial"),
        ("stop trial", {}, "is not understood"),
        ("pause trial", {"trial": None}, "is not understood"),
        ("pause trial", {"trial": float("inf")}, "is not understood"),
        ("resume trial", {"trial": "x"}, "is not understood"),
        ("enqueue", {"config": {"lr": 77.0}}, "lr"),
        ("enqueue", {"config": {"lr": [0.1]}}, "lr"),
        ("enqueue", {"config": {"rate": 0.1}}, "rate"),
        ("enqueue", {"config": 3}, "is not understood"),
        ("enqueue", {}, "is not understood"),
        ("edit notes", {}, "is not understood"),
        ("dance", {}, "does not know such a request"),
    ],
)
def test_request_that_cannot_be_obeyed_is_refused_with_a_reason(study, kind, body, reason):
    before = len(study.log)
    answer = study.wish(kind, **body)
    assert answer.startswith("refused: ")
    assert reason in answer
    assert len(study.log) == before + 1, "nothing else happened"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["lr", "x"]) | st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)
words = ["trial", "config", "notes", "trials", "steps", "hours", "cost", "target", "patience"]
bodies = st.dictionaries(st.sampled_from(words) | st.text(max_size=2), json_values, max_size=3)


@settings(max_examples=300)
@given(kind=st.sampled_from(sorted(REQUEST_KINDS)), body=bodies)
def test_nothing_that_somebody_asks_for_raises(make_study, kind, body):
    study = make_study(n_slots=2, trials=5, steps=100)
    study.decide()
    study.end(0)
    study.wish(kind, **body)
    study.decide()
    assert not [c for c in study.commands if isinstance(c, Halt) and c.trial == 0]
