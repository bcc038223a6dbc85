from __future__ import annotations

from tunebook.live.plain import (
    HEARTBEAT_S,
    MAX_LINES,
    PlainWatcher,
    closing_lines,
    limits_text,
)
from tunebook.live.view import take_picture
from tunebook.records import Budget, StudyState


def watched(study) -> tuple[PlainWatcher, list[str]]:
    lines: list[str] = []
    return PlainWatcher(study.facts, lines.append), lines


def test_first_lines_say_what_is_wanted_and_what_it_takes(study):
    watcher, lines = watched(study)
    watcher.update(study.facts, 1.0)
    assert lines == [
        "digits: maximize val_accuracy, 10 trials, search auto, 2 workers",
        "expected: at most 100 s, 20 s for a trial",
    ]


def test_each_ended_trial_has_a_line(study):
    watcher, lines = watched(study)
    watcher.update(study.facts, 1.0)
    study.start(0, 1)
    study.finish(0, 0.75)
    study.fail(1)
    watcher.update(study.facts, 13.0)
    assert lines[2:] == [
        "[0:12] trial 0 done after 10 s: 0.75 at step 1; lr=0.1 (best so far)",
        "[0:12] trial 1 failed after 0.0 s: user error: ValueError: no such layer; lr=0.1",
    ]


def test_new_incumbent_that_still_trains_has_a_line(study):
    watcher, lines = watched(study)
    watcher.update(study.facts, 1.0)
    study.start(0)
    study.report(0, 2, 0.4)
    watcher.update(study.facts, 4.0)
    assert lines[2:] == ["[0:03] best so far: 0.4 at step 1, trial 0"]
    study.report(0, 4, 0.5)
    watcher.update(study.facts, 6.0)
    assert len(lines) == 3


def test_many_trials_at_once_are_counted_only(study):
    watcher, lines = watched(study)
    watcher.update(study.facts, 1.0)
    n = MAX_LINES + 1
    study.start(*range(n))
    for trial in range(n):
        study.finish(trial, 0.5)
    watcher.update(study.facts, 13.0)
    assert lines[2:] == [
        f"[0:12] {n} trials ended: {n} done",
        "[0:12] best so far: 0.5 at step 1, trial 0",
    ]


def test_lines_are_a_second_apart(study):
    watcher, lines = watched(study)
    watcher.update(study.facts, 1.0)
    study.start(0)
    study.finish(0, 0.5)
    watcher.update(study.facts, 1.9)
    assert len(lines) == 2
    watcher.close()
    assert len(lines) == 3


def test_quiet_study_gives_a_sign_of_life_once_a_minute(study):
    watcher, lines = watched(study)
    watcher.update(study.facts, 1.0)
    study.start(0)
    for second in range(2, int(2.5 * HEARTBEAT_S)):
        watcher.update(study.facts, float(second))
    assert lines[2:] == [
        "[1:00] 0 of 10 trials, 1 running, about 40 s left",
        "[2:00] 0 of 10 trials, 1 running, about 0.0 s left",
    ]


def test_study_that_was_never_driven_has_no_lines(study):
    watcher, lines = watched(study)
    watcher.close()
    assert lines == []


def test_end_says_why_and_what_is_best(study):
    study.start(0)
    study.finish(0, 0.75)
    study.end("time limit: 0.05 h of work are used", state=StudyState.STOPPED)
    picture = take_picture(study.facts, 20.0)
    assert list(closing_lines(picture, "/x/best.ckpt", ["look"])) == [
        "stopped: time limit: 0.05 h of work are used",
        "trials: 1 done, in 19 s",
        "best: 0.75 at step 1, trial 0: lr=0.1",
        "checkpoint: /x/best.ckpt",
        "look",
    ]


def test_interrupted_study_says_that_everything_is_kept(study):
    study.end("interrupted by Ctrl-C", state=StudyState.PAUSED)
    lines = list(closing_lines(take_picture(study.facts, 20.0), None, []))
    assert lines == [
        "paused: interrupted by Ctrl-C",
        "trials: no trial, in 19 s",
        "everything is kept",
    ]


def test_every_limit_is_told():
    budget = Budget(
        trials=1000, steps=5, hours=2, cost=40, price_per_hour=2.7, target=0.9, patience=7
    )
    assert limits_text(budget) == (
        "1,000 trials or 5 steps or 2.0 h or cost 40 or target 0.9 or patience 7"
    )
    assert limits_text(Budget()) == "no limit"
