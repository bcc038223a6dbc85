"""Two drivers at once, Ctrl-C, a clock that was set back, a study that nobody drives any more."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

import tunebook as tb
from tunebook.driver import Clock, Driver
from tunebook.execution.inline import InlineExecutor
from tunebook.records import DriverStarted, StudyState, TrialState

RAISED = 3


def wait_for(holds, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "what was waited for never came"
        time.sleep(0.02)


def has_trained(study):
    return study.has_begun and any(trial.curves for trial in study.facts.trials)


@pytest.mark.parametrize("workers", [0, 2])
def test_second_driver_is_refused_and_the_first_one_is_not_disturbed(crash, undisturbed, workers):
    study = crash(workers=workers, step_s=0.02)
    first = study.start()
    wait_for(lambda: has_trained(study))
    assert study.live() == RAISED
    assert "StudyBusyError: [E203]" in study.said
    assert f":{first}" in study.said
    assert study.end_of(first) == 0, study.said
    study.check_finished(undisturbed)
    assert sum(isinstance(event, DriverStarted) for event in study.events) == 1


def test_study_whose_driver_was_killed_is_paused_and_free(crash, undisturbed, kill):
    study = crash(workers=2, step_s=0.02)
    driver = study.start()
    wait_for(lambda: has_trained(study))
    loaded = tb.load("crashing", home=study.home)
    assert loaded.state is StudyState.RUNNING
    kill.driver(driver)
    assert loaded.state is StudyState.PAUSED
    loaded._store.close()  # noqa: SLF001 - the next driver is a fork of this process
    assert study.live() == 0, study.said
    study.check_finished(undisturbed)


def test_processes_of_a_killed_driver_are_gone_soon(crash, kill):
    study = crash(workers=2, step_s=0.05)
    driver = study.start()
    wait_for(lambda: has_trained(study))
    started = psutil.Process(driver).children(recursive=True)
    assert len(started) == 3
    kill.driver(driver)
    _, alive = psutil.wait_procs(started, timeout=10)
    assert not alive


@pytest.mark.parametrize(
    ("number", "workers", "why"),
    [
        (signal.SIGINT, 0, "Ctrl-C"),
        (signal.SIGINT, 2, "Ctrl-C"),
        (signal.SIGTERM, 2, "SIGTERM"),
        (signal.SIGHUP, 0, "SIGHUP"),
        (signal.SIGHUP, 2, "SIGHUP"),
    ],
)
def test_signal_pauses_the_study_with_checkpoints_and_it_goes_on(
    crash, undisturbed, number, workers, why
):
    study = crash(workers=workers, step_s=0.02)
    # Whatever the tests themselves were started with.
    driver = study.start(lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    wait_for(lambda: has_trained(study))
    os.kill(driver, number)
    assert study.end_of(driver) == 0, study.said
    facts = study.facts
    assert facts.state is StudyState.PAUSED
    assert facts.state_why == f"interrupted by {why}"
    assert not facts.attempts
    assert TrialState.LOST not in {trial.state for trial in facts.trials}
    study.check_so_far(undisturbed)
    assert study.live() == 0, study.said
    study.check_finished(undisturbed)
    # Nothing was trained twice.
    assert all(trial.steps_done == trial.step for trial in study.facts.trials)


def test_hangup_that_nohup_ignores_is_ignored(crash, undisturbed):
    study = crash(workers=2, step_s=0.02)
    driver = study.start(lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for(lambda: has_trained(study))
    os.kill(driver, signal.SIGHUP)
    assert study.end_of(driver) == 0, study.said
    study.check_finished(undisturbed)
    assert sum(isinstance(event, DriverStarted) for event in study.events) == 1


def in_another_time(offset_s: float):
    """Return what makes the time of day of a driver wrong by so many seconds."""

    def prepare():
        right = time.time
        time.time = now = lambda: right() + offset_s
        # Those who have taken the function over already, in the child alone.
        Driver.__init__.__kwdefaults__["clock"] = Clock(now)
        InlineExecutor.__init__.__kwdefaults__["now"] = now

    return prepare


def test_study_goes_on_though_the_clock_was_set_back_a_day(crash, undisturbed, kill):
    study = crash(options={"hours": 1.0, "dry_run": False})
    tomorrow, die = in_another_time(86_400.0), kill.at_append(40, "driver", is_after=True)
    assert study.live(lambda: (tomorrow(), die())) == -signal.SIGKILL
    assert study.events[-1].at > time.time() + 80_000
    assert study.live() == 0, study.said
    study.check_finished(undisturbed)
    assert study.facts.worked_s < 60


def test_study_goes_on_though_it_lay_for_a_year(crash, undisturbed, kill):
    study = crash(options={"hours": 1.0, "dry_run": False})
    assert study.live(kill.at_append(40, "driver", is_after=True)) == -signal.SIGKILL
    assert study.live(in_another_time(365 * 86_400.0)) == 0, study.said
    study.check_finished(undisturbed)
    assert study.facts.worked_s < 60
