"""Budgets to the letter (I7), and what becomes of the trials that run when a limit is reached."""

from __future__ import annotations

import pytest

from tunebook.engine import Halt
from tunebook.records import (
    Configuration,
    FailureKind,
    StudyState,
    TrialNumber,
    TrialState,
)
from tunebook.search.protocol import Clone, Resume, Start
from tunebook.stopping import Ending, RunningTrials

CONFIG = Configuration({"lr": 0.1})
ZERO = TrialNumber(0)


def train_all(study, *, rounds: int, value: float = 0.5) -> None:
    """Decide, and train what runs to its end; again and again."""
    for _ in range(rounds):
        study.decide()
        for number in list(study.machine.facts.attempts):
            study.end(number, value=value)
    study.decide()


# -- trials ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_slots", [1, 3, 7, 20])
def test_hundred_trials_mean_a_hundred_whatever_the_number_of_workers_i7(make_study, n_slots):
    study = make_study(n_slots=n_slots, trials=100)
    train_all(study, rounds=101)
    assert len(study.machine.facts.trials) == 100
    assert study.machine.facts.n_final == {TrialState.DONE: 100}
    assert study.study == (StudyState.DONE, "trials")
    assert study.machine.is_settled


def test_starts_and_clones_beyond_the_budget_are_nothing(make_study):
    wanted = [Start(CONFIG), Start(CONFIG), Clone(ZERO, CONFIG)]
    study = make_study(wanted, n_slots=3, trials=1)
    study.decide()
    assert [launch.trial for launch in study.launches] == [0]


def test_trials_that_fail_count(make_study):
    study = make_study(trials=2)
    for number in range(2):
        study.decide()
        study.fail(number, FailureKind.OUT_OF_MEMORY)
    study.decide()
    assert study.study == (StudyState.DONE, "trials")


def test_trials_called_off_before_they_began_do_not_count(study):
    study.wish("enqueue", config={"lr": 0.5})
    study.wish("stop trial", trial=1)
    study.end(0)
    train_all(study, rounds=3)
    assert study.machine.facts.n_final == {TrialState.DONE: 3, TrialState.CANCELLED: 1}


def test_paused_trials_are_continued_after_the_last_one_has_started(make_study):
    study = make_study([Start(CONFIG, 4)], [Resume(ZERO, 8)], trials=1)
    study.decide()
    study.reach(0, 4)
    study.decide()
    assert study.state(0) is TrialState.RUNNING


# -- steps -----------------------------------------------------------------------------------------


def test_steps_are_granted_before_they_are_trained_so_the_limit_is_never_passed_i7(make_study):
    study = make_study(n_slots=2, steps=15)
    first, second = study.decide()
    assert (first.until_step, second.until_step) == (10, 5)
    study.end(0, 10)
    study.report(1, 0.5, first=5)
    study.reach(1, 5)
    study.decide()
    assert study.machine.facts.steps_done == 15
    assert study.study == (StudyState.STOPPED, "steps")
    assert study.state(1) is TrialState.PAUSED, "it may go on if steps are added"


def test_worker_stays_idle_while_all_steps_are_granted(make_study):
    study = make_study(n_slots=3, steps=10)
    assert [launch.until_step for launch in study.decide()] == [10]
    study.end(0, step=6)
    assert [launch.until_step for launch in study.decide()] == [4], "what is not used is free again"


def test_resumed_trial_gets_the_steps_that_are_left(make_study):
    study = make_study([Start(CONFIG, 4)], [Resume(ZERO, 9)], steps=6)
    study.decide()
    study.reach(0, 4)
    (command,) = study.decide()
    assert command.until_step == 6
    assert study.trial(0).until_step == 9


def test_trial_that_goes_on_is_granted_the_steps_after_its_latest_checkpoint_i7(make_study):
    study = make_study([Start(CONFIG, 8)], [], steps=20)
    study.decide()
    study.report(0, *[0.1] * 6)
    study.save(0, 2)
    study.save(0, 6)
    study.lose(0)
    study.decide()
    facts = study.machine.facts
    assert facts.attempts[ZERO].step == 6
    assert facts.attempts[ZERO].promised == 2
    assert facts.progress(study.now).steps_granted == 8
    assert study.launch_of(0).max_new_steps == 2


def test_training_of_unknown_length_gets_the_steps_that_are_left(make_study):
    study = make_study(steps=7, n_slots=2, spec={"max_steps": None})
    (launch,) = study.decide()
    assert (launch.until_step, launch.max_steps) == (7, None)


def test_clone_is_granted_steps_after_those_it_inherits(make_study):
    study = make_study([Start(CONFIG, 4)], [Clone(ZERO, CONFIG, 9)], steps=7)
    study.decide()
    study.save(0, 4)
    study.reach(0, 4)
    study.decide()
    launch = study.launch_of(1)
    assert (launch.until_step, launch.max_new_steps) == (7, 3)


def test_trial_whose_checkpoints_are_torn_trains_no_more_than_it_was_granted_i7(make_study):
    study = make_study([Start(CONFIG, 8)], [], steps=12)
    study.decide()
    study.report(0, 0.5, first=6)
    study.save(0, 6)
    study.lose(0)
    study.decide()
    launch = study.launch_of(0)
    assert (launch.until_step, launch.max_new_steps) == (8, 2)
    study.begin(0, 0)
    assert study.machine.facts.progress(1.0).steps_granted == 8
    study.report(0, 0.1, 0.2)
    study.reach(0, 2)
    (command,) = study.decide()
    assert command.until_step == 6, "it goes on with what is left"


def test_no_slice_is_cut_without_a_limit_of_steps(study):
    study.save(0, 6)
    study.lose(0)
    study.decide()
    assert study.launch_of(0).max_new_steps is None
    study.begin(0, 0)
    assert study.machine.facts.attempts[ZERO].granted == 10


def test_steps_of_a_training_that_began_further_on_are_free_again(make_study):
    # The process of an untracked trial was kept: it goes on, though a launch is from the start.
    study = make_study([Start(CONFIG, 4)], [Start(CONFIG, 1)], [Resume(ZERO, 8)], steps=20)
    study.decide()
    study.reach(0, 4)
    study.decide()
    study.end(1, step=1)
    study.decide()
    assert study.machine.facts.progress(1.0).steps_granted == 13
    study.begin(0, 4)
    assert study.machine.facts.progress(1.0).steps_granted == 9


# -- target, patience, failures --------------------------------------------------------------------


def test_target_ends_the_study_and_cancels_the_others_s0_11(make_study):
    study = make_study(n_slots=3, trials=10, target=0.9)
    study.decide()
    study.report(2, 0.5)
    study.end(0, value=0.9)
    study.decide()
    assert study.study == (StudyState.DONE, "target")
    assert study.halts == [(1, TrialState.CANCELLED), (2, TrialState.CANCELLED)]
    study.end(1, step=3)
    study.reach(2, 4)
    study.decide()
    assert [study.state(n) for n in (0, 1, 2)] == [
        TrialState.DONE,
        TrialState.CANCELLED,
        TrialState.CANCELLED,
    ]
    assert study.machine.is_settled
    assert study.machine.facts.best == study.trial(0)


def test_trial_that_reaches_the_target_while_it_runs_is_stopped_and_keeps_its_value(make_study):
    study = make_study(n_slots=2, trials=10, target=0.9)
    study.decide()
    study.report(0, 0.95)
    study.decide()
    assert study.halts == [(0, TrialState.STOPPED), (1, TrialState.CANCELLED)]
    study.end(0, step=2, value=0.3)
    assert (study.state(0), study.trial(0).value) == (TrialState.STOPPED, 0.95)


def test_cancelled_trial_that_breaks_or_vanishes_is_cancelled(make_study):
    study = make_study(n_slots=3, trials=10, target=0.9)
    study.decide()
    study.end(0, value=0.9)
    study.decide()
    study.fail(1)
    study.lose(2)
    study.decide()
    assert study.machine.facts.n_final == {TrialState.DONE: 1, TrialState.CANCELLED: 2}
    assert study.machine.facts.last_error is None


def test_patience_lets_what_runs_finish(make_study):
    study = make_study(n_slots=2, trials=20, patience=2)
    study.decide()
    study.end(0, value=0.5)
    for number, value in [(2, 0.4), (3, 0.3)]:
        study.decide()
        study.end(number, value=value)
    study.decide()
    assert study.study == (StudyState.STOPPED, "patience")
    assert (study.halts, study.machine.is_settled) == ([], False)
    study.end(1, value=0.9)
    study.decide()
    assert (study.state(1), study.machine.is_settled) == (TrialState.DONE, True)
    assert study.machine.facts.best == study.trial(1)


def test_trial_that_is_lost_after_the_end_is_not_retried(make_study):
    study = make_study(n_slots=2, trials=20, patience=1)
    study.decide()
    study.report(1, 0.2)
    study.end(0, value=0.5)
    study.decide()
    study.end(2, value=0.4)
    study.decide()
    study.lose(1)
    study.decide()
    assert (study.state(1), study.trial(1).value) == (TrialState.STOPPED, 0.2)
    assert study.machine.is_settled


@pytest.mark.parametrize(("limit", "n"), [(0, 1), (1, 2), (4, 5)])
def test_one_failure_more_than_may_fail_ends_the_study_as_failed(make_study, limit, n):
    study = make_study(n_slots=2, trials=20, max_failures=limit)
    for number in range(n):
        study.decide()
        assert study.study == (StudyState.RUNNING, None)
        study.fail(number, why=f"bug {number}")
    study.decide()
    assert study.study == (StudyState.FAILED, "max_failures")
    assert f"bug {n - 1}" in study.machine.facts.state_why
    assert study.halts == [(n, TrialState.STOPPED)]


def test_study_whose_code_always_fails_ends_without_a_limit(make_study):
    study = make_study(trials=20)
    for number in range(3):
        study.decide()
        study.fail(number)
    study.decide()
    assert study.study == (StudyState.FAILED, "max_failures")


def test_study_with_a_value_is_not_hopeless(make_study):
    study = make_study(n_slots=2, trials=20)
    study.decide()
    study.report(0, 0.4)
    for number in (1, 2, 3):
        study.fail(number)
        study.decide()
    assert study.study == (StudyState.RUNNING, None)


def test_infeasible_trials_are_no_failures_of_the_code(make_study):
    study = make_study(trials=20, max_failures=0)
    for number, kind in enumerate([FailureKind.DIVERGED, FailureKind.OUT_OF_MEMORY]):
        study.decide()
        study.fail(number, kind)
    study.decide()
    assert study.study == (StudyState.RUNNING, None)


# -- time and money --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "budget"),
    [("hours", {"hours": 1}), ("cost", {"cost": 0.5, "price_per_hour": 0.5})],
)
def test_time_and_money_stop_what_runs_and_keep_its_value(make_study, limit, budget):
    study = make_study(trials=10, **budget)
    study.decide()
    study.report(0, 0.6)
    assert study.decide(after=3598) == []
    commands = study.decide()
    assert commands == [Halt(ZERO, TrialState.STOPPED)]
    assert study.study == (StudyState.STOPPED, limit)
    study.end(0, step=4, value=0.5)
    assert (study.state(0), study.trial(0).value) == (TrialState.STOPPED, 0.6)


def test_time_without_a_driver_is_free(make_study):
    study = make_study(trials=10, hours=1)
    study.decide()
    study.interrupt()
    study.reach(0, 3)
    study.now += 7200
    study.take_up()
    study.decide(after=3000)
    assert study.study == (StudyState.RUNNING, None)


# -- what a limit closes ---------------------------------------------------------------------------


def test_limit_leaves_paused_trials_paused_and_calls_off_those_that_wait(make_study):
    study = make_study([Start(CONFIG, 4)], trials=9, hours=1)
    study.decide()
    study.reach(0, 4)
    study.decide()
    study.wish("enqueue", config={"lr": 0.5})
    study.decide(after=3600)
    study.end(1, step=3)
    study.decide()
    assert [study.state(n) for n in (0, 1, 2)] == [
        TrialState.PAUSED,
        TrialState.STOPPED,
        TrialState.CANCELLED,
    ]
    assert study.machine.is_settled


def test_nothing_is_started_once_a_limit_is_reached(make_study):
    study = make_study(trials=9, hours=1)
    study.decide()
    study.decide(after=3600)
    study.end(0, step=3)
    for _ in range(3):
        study.decide()
    assert len(study.machine.facts.trials) == 1


@pytest.mark.parametrize(
    ("running", "halts"),
    [
        (RunningTrials.FINISH, []),
        (RunningTrials.STOP, [(0, TrialState.STOPPED), (1, TrialState.STOPPED)]),
        (RunningTrials.CANCEL, [(0, TrialState.CANCELLED), (1, TrialState.CANCELLED)]),
    ],
)
def test_rule_says_what_becomes_of_the_trials_that_run(make_study, running, halts):
    def after_two(progress):
        is_over = progress.n_created == 2
        return Ending(StudyState.STOPPED, "two", "because", running) if is_over else None

    study = make_study(n_slots=2, rules=[after_two])
    study.decide()
    study.decide()
    assert study.halts == halts
    assert study.machine.facts.state_why == "because"


# -- opening again ---------------------------------------------------------------------------------


def test_larger_budget_opens_a_study_that_ran_out(study):
    study.end(0)
    train_all(study, rounds=3)
    study.take_up()
    assert study.study == (StudyState.DONE, "trials"), "nothing has changed"
    study.wish("add budget", trials=2)
    study.take_up()
    assert study.study == (StudyState.RUNNING, None)
    train_all(study, rounds=3)
    assert len(study.machine.facts.trials) == 5


def test_study_that_ran_out_of_steps_goes_on_where_it_was_cut(make_study):
    study = make_study(steps=6)
    study.decide()
    study.report(0, 0.5, first=6)
    saved = study.save(0, 6)
    study.reach(0, 6)
    study.decide()
    assert study.study == (StudyState.STOPPED, "steps")
    study.wish("add budget", steps=3)
    study.take_up()
    study.decide()
    launch = study.launch_of(0)
    assert (launch.checkpoints, launch.until_step) == ((saved,), 9)


@pytest.mark.parametrize(
    ("wish", "is_open"),
    [({"hours": 1}, True), ({"target": 0.99}, False), ({"trials": 5}, False)],
)
def test_only_more_of_what_ran_out_opens_a_study(make_study, wish, is_open):
    study = make_study(trials=9, hours=1)
    study.decide()
    study.decide(after=3600)
    study.end(0, step=3)
    study.decide()
    study.wish("add budget", **wish)
    study.take_up()
    assert (study.study[0] is StudyState.RUNNING) == is_open


def test_higher_target_opens_a_study_that_reached_its_target(make_study):
    study = make_study(trials=9, target=0.9)
    study.decide()
    study.end(0, value=0.92)
    study.decide()
    study.take_up()
    assert study.study == (StudyState.DONE, "target")
    study.wish("add budget", target=0.95)
    study.take_up()
    assert study.study == (StudyState.RUNNING, None)


def test_search_that_is_exhausted_is_not_opened_again(make_study):
    study = make_study([Start(CONFIG)], [], trials=9)
    study.decide()
    study.end(0)
    study.decide()
    assert study.study == (StudyState.DONE, None)
    study.take_up()
    assert study.study == (StudyState.DONE, None)
