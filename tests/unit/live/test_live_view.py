from __future__ import annotations

import pytest

from tunebook.live.view import EndedTrials, take_picture
from tunebook.records import Budget, StudyState, TrialState


def test_picture_shows_what_trains_and_the_incumbent(study):
    study.start(0, 1)
    study.finish(0, 0.7)
    study.report(1, 3, 0.5)
    picture = take_picture(study.facts, 13.0)
    (running,) = picture.running
    assert (running.number, running.step, running.until, running.last) == (1, 3, 10, 0.5)
    assert (picture.best.number, picture.best.value) == (0, 0.7)
    assert picture.counts == {TrialState.RUNNING: 1, TrialState.DONE: 1}
    assert (picture.active_s, picture.n_trained, picture.names) == (12.0, 1, ["lr"])


def test_picture_does_not_change_when_the_study_goes_on(study):
    study.start(0)
    study.report(0, 1, 0.5)
    picture = take_picture(study.facts, 4.0)
    before = repr(picture)
    study.report(0, 5, 0.9)
    study.end("enough")
    assert repr(picture) == before


def test_picture_carries_the_forecast_and_its_warning(make_study):
    study = make_study(budget=Budget(trials=10, hours=0.01), max_steps=10)
    picture = take_picture(study.facts, 1.0)
    assert picture.forecast.trial_s == 20.0
    assert "limit is 36 s" in picture.forecast.warning


def test_half_trained_trial_counts_half_for_the_time_left(study):
    study.start(0)
    study.report(0, 5, 0.5)
    assert take_picture(study.facts, 6.0).left_s == pytest.approx(5 * 9.5 / 0.5)


def test_ended_study_has_no_time_left(study):
    study.end("enough", state=StudyState.STOPPED)
    assert take_picture(study.facts, 20.0).left_s is None


def test_ended_trials_come_once_in_the_order_of_their_end(study):
    ended = EndedTrials(study.facts)
    assert ended.take(study.facts) == []
    study.start(0, 1, 2)
    assert ended.take(study.facts) == []
    study.finish(2, 0.5, at=12.0)
    study.fail(0, at=13.0)
    assert [trial.number for trial in ended.take(study.facts)] == [2, 0]
    assert ended.take(study.facts) == []
    study.start(3)
    study.finish(3, 0.6)
    study.finish(1, 0.4, at=20.0)
    assert [trial.number for trial in ended.take(study.facts)] == [3, 1]


def test_trials_that_had_ended_before_are_not_told_again(study):
    study.start(0, 1)
    study.finish(0, 0.5)
    ended = EndedTrials(study.facts)
    study.finish(1, 0.6)
    assert [trial.number for trial in ended.take(study.facts)] == [1]
