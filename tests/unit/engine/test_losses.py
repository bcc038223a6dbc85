"""Workers that vanish, drivers that die, interrupts: a trial goes on, or is given up for good."""

from __future__ import annotations

import pytest

from invariants import check_invariants
from tunebook.engine import Discard, Release
from tunebook.engine.machine import MAX_LOSSES
from tunebook.errors import TunebookError
from tunebook.records import (
    Configuration,
    Failure,
    FailureKind,
    StudyState,
    TrialLost,
    TrialNumber,
    TrialState,
)
from tunebook.search.protocol import Start

CONFIG = Configuration({"lr": 0.1})
ZERO = TrialNumber(0)


def test_lost_trial_goes_on_from_its_checkpoint_twice_then_is_infeasible_s0_9(study):
    study.report(0, 0.5, first=4)
    saved = study.save(0, 4)
    for n in range(1, MAX_LOSSES + 1):
        study.lose(0)
        assert (study.state(0), study.trial(0).n_losses) == (TrialState.LOST, n)
        study.decide()
        assert study.state(0) is TrialState.RUNNING
        assert study.launch_of(0).checkpoints == (saved,)
    study.lose(0)
    study.decide()
    assert (study.state(0), study.trial(0).value) == (TrialState.INFEASIBLE, None)
    assert study.trial(0).error == "killed: lost 3 times; the last time: vanished"
    assert len([launch for launch in study.launches if launch.trial == 0]) == 3


def test_lost_trial_without_a_checkpoint_begins_again(study):
    study.report(0, 0.1, 0.2)
    study.lose(0)
    study.decide()
    assert study.launch_of(0).checkpoints == ()
    assert study.launch_of(0).seconds == 2.0


def test_lost_trial_is_retried_before_anything_new_is_started(study):
    study.lose(0)
    study.decide()
    assert [launch.trial for launch in study.launches] == [0, 0]


def test_lost_trial_keeps_its_value_until_it_is_trained_again(study):
    study.report(0, 0.7)
    study.lose(0)
    assert study.machine.facts.best == study.trial(0)


def test_trial_whose_worker_vanishes_at_the_end_of_a_slice_stays_paused(make_study):
    study = make_study([Start(CONFIG, 4)], [], trials=9)
    study.decide()
    study.save(0, 4)
    study.reach(0, 4)
    study.lose(0)
    assert (study.state(0), study.trial(0).n_losses) == (TrialState.PAUSED, 0)
    assert study.decide() == []


def test_death_of_the_driver_is_not_the_trials_fault(study):
    saved = study.save(0, 2)
    for _ in range(MAX_LOSSES + 3):
        study.take_up()
        assert study.state(0) is TrialState.LOST
        study.decide()
        assert study.launch_of(0).checkpoints == (saved,)
    assert (study.state(0), study.trial(0).n_losses) == (TrialState.RUNNING, 0)


def test_no_trial_has_a_worker_after_a_recovery_and_no_worker_is_told_anything(make_study):
    study = make_study([Start(CONFIG, 4), Start(CONFIG)], n_slots=2, trials=9)
    study.decide()
    study.reach(0, 4)
    before = len(study.commands)
    study.take_up()
    assert study.machine.facts.attempts == {}
    assert [study.state(n) for n in (0, 1)] == [TrialState.PAUSED, TrialState.LOST]
    assert study.commands[before:] == []


def test_recovery_frees_the_checkpoints_of_a_trial_that_was_being_ended(study):
    study.wish("stop trial", trial=0)
    saved = study.save(0, 2)
    study.take_up()
    assert study.state(0) is TrialState.STOPPED
    assert Discard(saved) in study.commands


def test_second_recovery_has_nothing_to_do(study):
    study.take_up()
    assert study.machine.recover(study.now).events == []


def test_trial_that_was_asked_to_pause_when_the_driver_died_is_tried_again(study):
    study.interrupt()
    study.take_up()
    assert study.state(0) is TrialState.LOST
    study.decide()
    assert study.state(0) is TrialState.RUNNING


def test_interrupted_study_is_paused_and_goes_on_where_it_was(study):
    study.interrupt()
    assert study.halts == [(0, TrialState.PAUSED)]
    assert (study.study, study.machine.is_settled) == ((StudyState.PAUSED, None), False)
    study.reach(0, 3)
    assert study.decide() == [Release(ZERO)]
    saved = study.save(0, 3)
    assert study.machine.is_settled
    study.take_up()
    assert study.study == (StudyState.RUNNING, None)
    study.decide()
    launch = study.launch_of(0)
    assert (launch.checkpoints, launch.until_step) == ((saved,), 10)


def test_second_interrupt_asks_nobody_again(study):
    study.interrupt()
    assert study.interrupt() == []


def test_interrupt_lets_go_of_trials_that_are_held(make_study):
    study = make_study([Start(CONFIG, 4)], trials=9)
    study.decide()
    study.reach(0, 4)
    assert study.interrupt() == [Release(ZERO)]
    assert study.machine.is_settled


def test_interrupted_study_starts_nothing(study):
    study.interrupt()
    study.end(0)
    study.decide()
    assert study.study == (StudyState.PAUSED, None)
    assert len(study.machine.facts.trials) == 1


def test_interrupt_of_a_study_that_is_over_only_pauses_what_still_runs(make_study):
    study = make_study(n_slots=2, trials=9, patience=1)
    study.decide()
    study.end(0, value=0.5)
    study.decide()
    study.end(2, value=0.4)
    study.decide()
    study.interrupt()
    assert study.study == (StudyState.STOPPED, "patience")
    assert study.halts == [(1, TrialState.PAUSED)]
    study.reach(1, 3)
    study.decide()
    assert study.machine.is_settled


def test_full_disk_loses_a_trial_like_any_other_loss(study):
    failure = Failure(FailureKind.NO_SPACE, "disk full")
    study.tell(TrialLost(1.0, ZERO, failure))
    assert (study.state(0), study.trial(0).failure) == (TrialState.LOST, failure)
    study.decide()
    assert study.trial(0).failure is None, "it runs again"


def test_running_trial_without_a_worker_is_a_contradiction(study):
    study.machine.facts.attempts.clear()
    with pytest.raises(TunebookError, match="it runs without a worker"):
        check_invariants(study.machine.facts)
