"""What becomes of a searcher's decisions, and which of them are its mistakes."""

from __future__ import annotations

import pytest

from tunebook.engine import Continue, Halt, Launch, Machine, Release
from tunebook.errors import ConfigurationError, SearchError
from tunebook.records import (
    Configuration,
    DriverStarted,
    SpaceChanged,
    StudyCreated,
    StudyState,
    TrialNumber,
    TrialState,
)
from tunebook.search.protocol import Clone, Resume, Start, Stop, Wait
from tunebook.testing.samples import SPACE, sample_spec

CONFIG = Configuration({"lr": 0.1})
ZERO = TrialNumber(0)
SLICE = Start(CONFIG, 4)


@pytest.fixture
def paused(make_study):
    """Return a study whose trial 0 is paused at step 4 and held; then comes an answer."""

    def build(*answers, n_slots=1):
        study = make_study([SLICE], *answers, n_slots=n_slots, trials=9)
        study.decide()
        study.report(0, 0.5, first=4)
        study.reach(0, 4)
        return study

    return build


def test_start_is_a_trial_with_a_worker(make_study):
    study = make_study([Start(CONFIG, 4, "because")])
    (launch,) = study.decide()
    assert (launch.trial, launch.config, launch.until_step, launch.max_steps) == (0, CONFIG, 4, 10)
    assert (study.trial(0).why, study.trial(0).source) == ("because", "searcher")
    assert study.state(0) is TrialState.RUNNING


def test_slice_ends_with_the_training(make_study):
    study = make_study([Start(CONFIG, 99)])
    (launch,) = study.decide()
    assert launch.until_step == 10


def test_resumed_trial_continues_in_its_worker(paused):
    study = paused([Resume(ZERO, 8, "promising")])
    assert study.decide() == [Continue(ZERO, 8)]
    assert (study.state(0), study.trial(0).why) == (TrialState.RUNNING, "promising")


def test_paused_trial_gives_its_worker_up_when_it_is_not_resumed(paused):
    study = paused([SLICE])
    launch, release = study.decide()
    assert (launch.trial, release) == (1, Release(ZERO))
    assert study.state(0) is TrialState.PAUSED


def test_released_trial_is_launched_again_from_its_checkpoint(paused):
    study = paused([SLICE], [Resume(ZERO, 8)])
    study.decide()
    saved = study.save(0, 4)
    study.end(1)
    (launch,) = study.decide()
    assert (launch.trial, launch.checkpoints, launch.until_step) == (0, (saved,), 8)
    assert (launch.seconds, launch.is_clone) == (4.0, False)


def test_stopped_trial_is_asked_to_end_once(paused):
    study = paused([Resume(ZERO, 8), Stop(ZERO, "enough"), Stop(ZERO, "enough")])
    assert study.decide() == [Continue(ZERO, 8), Halt(ZERO, TrialState.STOPPED)]
    study.end(0, step=5)
    assert (study.state(0), study.trial(0).why) == (TrialState.STOPPED, "enough")


def test_paused_trial_is_stopped_at_once(paused):
    study = paused([Stop(ZERO, "enough")])
    assert Release(ZERO) in study.decide()
    assert (study.state(0), study.trial(0).value) == (TrialState.STOPPED, 0.5)


def test_trial_that_is_stopped_at_the_end_of_its_slice_is_stopped(make_study):
    study = make_study([SLICE], [], trials=9)
    study.decide()
    study.wish("stop trial", trial=0)
    study.reach(0, 4)
    study.decide()
    assert study.state(0) is TrialState.STOPPED


def test_trial_that_trained_to_its_end_while_it_was_stopped_is_done(study):
    study.wish("stop trial", trial=0)
    study.end(0, step=10)
    assert study.state(0) is TrialState.DONE


def test_waiting_is_nothing(paused):
    study = paused([Wait()], n_slots=2)
    study.searcher.answers.insert(0, [SLICE])
    study.decide()
    events = len(study.log)
    study.wish("edit notes", notes="n")
    assert study.decide() == []
    assert len(study.log) == events + 2


def test_search_is_over_when_nothing_runs_and_nothing_is_wanted(paused):
    study = paused([Wait()])
    assert study.decide() == [Release(ZERO)]
    assert study.study == (StudyState.DONE, None)
    assert study.machine.is_settled


def test_searcher_is_asked_only_when_something_has_changed(study):
    asked = len(study.searcher.seen)
    for step in (1, 2, 3):
        study.report(0, 0.5, first=step)
        study.decide()
    assert len(study.searcher.seen) == asked
    study.end(0)
    study.decide()
    assert len(study.searcher.seen) == asked + 1


def test_searcher_that_watches_is_asked_after_each_measurement(make_study):
    study = make_study([SLICE], [], [Stop(ZERO, "bad")])
    study.searcher.watches_running = True
    study.decide()
    study.report(0, 0.5)
    study.decide()
    study.report(0, 0.4, first=2)
    assert study.decide() == [Halt(ZERO, TrialState.STOPPED)]


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (Resume(ZERO, 8), "resume a trial that is running"),
        (Resume(TrialNumber(9), 8), "does not exist"),
        (Resume(TrialNumber(-1), 8), "does not exist"),
        (Stop(TrialNumber(9), "why"), "does not exist"),
        (Clone(TrialNumber(9), CONFIG), "does not exist"),
        (Start(CONFIG, 0), "a slice without a step"),
        (Clone(ZERO, CONFIG, 0), "a slice without a step"),
    ],
)
def test_decision_that_cannot_be_carried_out_is_the_searchers_mistake(make_study, decision, why):
    study = make_study([SLICE, decision], n_slots=2)
    with pytest.raises(SearchError, match=why):
        study.decide()


@pytest.mark.parametrize("until", [4, 3, 0])
def test_trial_cannot_be_resumed_to_a_step_it_has_reached(paused, until):
    study = paused([Resume(ZERO, until)])
    with pytest.raises(SearchError, match="before step 5"):
        study.decide()


@pytest.mark.parametrize("decision", [Resume(ZERO, 8), Stop(ZERO, "why")])
def test_trial_that_has_ended_is_left_alone(make_study, decision):
    study = make_study([SLICE], [decision])
    study.decide()
    study.end(0)
    with pytest.raises(SearchError, match="that is done"):
        study.decide()


@pytest.mark.parametrize("decision", [SLICE, Clone(ZERO, CONFIG), Resume(ZERO, 8)])
def test_more_trials_than_free_workers_are_a_mistake(paused, decision):
    study = paused([SLICE, decision])
    with pytest.raises(SearchError, match="more trials than there are free workers"):
        study.decide()


def test_trial_is_not_resumed_twice(paused):
    study = paused([Resume(ZERO, 8), Resume(ZERO, 9)], n_slots=2)
    with pytest.raises(SearchError, match="resume a trial that is running"):
        study.decide()


def test_configuration_outside_of_the_space_is_refused(make_study):
    study = make_study([Start(Configuration({"lr": 7.0}))])
    with pytest.raises(ConfigurationError):
        study.decide()


def test_searcher_sees_what_is_left(make_study):
    study = make_study([SLICE], [], trials=5, steps=40, n_slots=2)
    study.decide()
    study.report(0, 0.5, first=4)
    study.reach(0, 4)
    study.decide()
    first, second = study.searcher.seen
    assert (first.trials_left, first.steps_left, first.workers) == (5, 40, 2)
    assert (second.trials_left, second.steps_left, second.budget_used) == (4, 36, 0.1)
    assert (second.max_steps, second.can_pause) == (10, True)


# -- trials that a searcher does not see as they are -----------------------------------------------


def test_trial_set_aside_by_a_person_is_stopped_in_the_searchers_eyes(paused):
    study = paused([])
    study.wish("pause trial", trial=0)
    study.decide()
    (seen,) = study.searcher.seen[-1].trials
    assert (seen.state, seen.value) == (TrialState.STOPPED, 0.5)
    assert study.state(0) is TrialState.PAUSED


def test_trials_outside_of_a_narrowed_space_are_called_off_in_the_searchers_eyes(make_study):
    study = make_study([Start(Configuration({"lr": 0.5}))], [Start(CONFIG)], [])
    study.decide()
    study.end(0, value=0.9)
    study.decide()
    study.end(1, value=0.8)
    narrow = {"lr": {"type": "float", "low": 0.01, "high": 0.2, "log": True}}
    study.tell(SpaceChanged(study.now, narrow, 2))
    study.decide()
    before, after = study.searcher.seen[-1].trials
    assert (before.state, before.value) == (TrialState.CANCELLED, None)
    assert (after.state, after.value) == (TrialState.DONE, 0.8)
    assert study.machine.facts.best == study.trial(0), "the study itself forgets nothing"


def test_new_trials_belong_to_the_present_space(make_study):
    study = make_study()
    study.tell(SpaceChanged(0.0, {"lr": SPACE["lr"] | {"high": 9.0}}, 2))
    study.searcher.answers = [[Start(Configuration({"lr": 7.0}))]]
    study.decide()
    assert study.trial(0).space_version == 2


def test_replay_asks_no_searcher(paused):
    study = paused([Resume(ZERO, 8)])
    study.decide()

    class Silent:
        name, watches_running = "random", True

        def decide(self, history, slots, rng):
            raise AssertionError

    again = Machine(Silent())
    for event in study.log:
        again.handle(event)
    assert again.facts == study.machine.facts


def test_commands_that_follow_from_events_are_the_same_in_a_replay(paused):
    study = paused([Resume(ZERO, 8)])
    study.decide()
    again = Machine(study.searcher)
    commands = [command for event in study.log for command in again.handle(event)]
    assert commands == study.commands
    assert [type(command) for command in commands] == [Launch, Continue]


def test_study_without_workers_starts_nothing():
    machine = Machine(object())
    machine.handle(StudyCreated(0.0, sample_spec()))
    machine.handle(DriverStarted(0.0, "host:1", 0))
    assert machine.facts.n_free_slots == 0
