"""Ends of a study: Ctrl-C once and twice, requests from another process, a study in use."""

from __future__ import annotations

import os
import signal

import pytest

FILE = """\
name: slow
function: task:slow
space:
  lr: {type: float, low: 1e-4, high: 1, log: true}
  pace: PACE
objective: {maximize: val_acc}
max_steps: 300
budget: {trials: 4}
search: random
workers: 2
"""


@pytest.fixture
def slow(tunebook):
    """Start a study whose steps take so many seconds; wait until two trials have measured."""

    def start(pace: float = 0.2):
        tunebook.study(FILE.replace("PACE", str(pace)))
        process = tunebook.start("run", "study.yaml")
        tunebook.wait_for(
            lambda: [r["step"] > 0 or pace > 1 for r in tunebook.trials("slow")] == [True, True]
        )
        return process

    return start


def test_ctrl_c_once_keeps_everything_and_resume_finishes(tunebook, slow):
    process = slow()
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "paused: interrupted by Ctrl-C" in err
    assert "tunebook resume slow" in err
    assert "Traceback" not in err
    assert tunebook("show", "slow", "--json").json["state"] == "paused"
    assert [row["state"] for row in tunebook.trials("slow")] == ["paused", "paused"]
    tunebook.go()
    assert tunebook("resume", "slow", "-q").code == 0
    assert [row["state"] for row in tunebook.trials("slow")] == ["done"] * 4


def test_ctrl_c_twice_ends_at_once_and_resume_goes_on(tunebook, slow):
    process = slow(300)
    os.kill(process.pid, signal.SIGINT)
    tunebook.wait_for(
        lambda: tunebook("show", "slow", "--json").json["why"].startswith("interrupted")
    )
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopped at once; what was measured is kept" in err
    assert "Traceback" not in err
    assert tunebook("show", "slow", "--json").json["state"] == "paused"
    tunebook.go()
    assert tunebook("resume", "slow", "-q").code == 0
    assert [row["state"] for row in tunebook.trials("slow")] == ["done"] * 4


def test_terminated_study_is_put_down_like_an_interrupted_one(tunebook, slow):
    process = slow()
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted by SIGTERM" in err


def test_study_is_stopped_from_another_process(tunebook, slow):
    process = slow()
    answer = tunebook("stop", "slow", "--json").json
    assert answer == {"study": "slow", "trial": None, "answer": "done"}
    assert process.wait(timeout=60) == 0
    told = tunebook("show", "slow", "--json").json
    assert (told["state"], told["limit"]) == ("stopped", "request")


def test_one_trial_is_stopped_and_the_study_goes_on(tunebook, slow):
    process = slow()
    done = tunebook("stop", "slow", "--trial", "0")
    assert "trial 0 of slow: stopped" in done.err
    tunebook.wait_for(lambda: tunebook.trials("slow")[0]["state"] == "stopped")
    tunebook.go()
    assert process.wait(timeout=60) == 0
    assert [row["state"] for row in tunebook.trials("slow")] == ["stopped", "done", "done", "done"]


def test_study_in_use_is_refused_with_the_name_of_its_holder(tunebook, slow):
    process = slow()
    done = tunebook("run", "study.yaml")
    assert done.code == 2
    assert done.err.startswith("[E203]")
    assert str(process.pid) in done.err
    assert tunebook("resume", "slow").code == 2
    assert process.poll() is None


def test_request_to_a_study_that_nobody_drives_waits(tunebook, slow):
    process = slow()
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    done = tunebook("stop", "slow", "--trial", "1")
    assert "the request waits" in done.err
    tunebook.go()
    assert tunebook("resume", "slow", "-q").code == 0
    assert [row["state"] for row in tunebook.trials("slow")] == ["done", "stopped", "done", "done"]
