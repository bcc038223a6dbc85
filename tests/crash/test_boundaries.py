"""kill -9 right before and right after what is written: the study ends as if nothing had been."""

from __future__ import annotations

import signal

import pytest

KILLED = -signal.SIGKILL
FIRST_NEW = 4
"""A driver's first three appends take a study up; with this one it gets further.

With two workers on a busy machine one append takes in what several slices said: thirty trials of
two slices make thirty appends or more, so no later one is named below.
"""


def test_study_killed_at_every_boundary_in_turn_ends_as_the_undisturbed_one(
    crash, undisturbed, kill
):
    study = crash()
    n_lives, is_after, exit_code = 0, False, KILLED
    while exit_code == KILLED:
        is_after = not is_after
        exit_code = study.live(kill.at_append(FIRST_NEW, "driver", is_after=is_after))
        n_lives += 1
        if n_lives % 50 == 0:
            study.check_so_far(undisturbed)
    assert exit_code == 0, study.said
    assert n_lives > 100, "a driver was killed far less often than it wrote"
    study.check_finished(undisturbed)


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("n", "workers"),
    [(n, 0) for n in (1, 2, 3, 8, 40, 90)] + [(n, 2) for n in (1, 2, 3, 8, 16, 25)],
)
def test_driver_killed_once_is_followed_by_one_that_finishes(
    crash, undisturbed, kill, n, workers, is_after
):
    study = crash(workers=workers)
    assert study.live(kill.at_append(n, "driver", is_after=is_after)) == KILLED, study.said
    study.check_so_far(undisturbed)
    assert study.live() == 0, study.said
    study.check_finished(undisturbed)


@pytest.mark.parametrize("n", [3, 5, 12, 18, 25])
def test_study_whose_worker_is_killed_at_a_boundary_finishes_without_help(
    crash, undisturbed, kill, n
):
    study = crash(workers=2)
    assert study.live(kill.at_append(n, "worker", is_after=n % 2 == 0)) == 0, study.said
    study.check_finished(undisturbed)
    assert sum(trial.n_losses for trial in study.facts.trials) <= 1


@pytest.mark.parametrize("n", [4, 6, 14, 20, 25])
def test_study_whose_worker_and_driver_are_killed_at_a_boundary_finishes(
    crash, undisturbed, kill, n
):
    study = crash(workers=2)
    assert study.live(kill.at_append(n, "both", is_after=n % 2 == 0)) == KILLED, study.said
    study.check_so_far(undisturbed)
    assert study.live() == 0, study.said
    study.check_finished(undisturbed)
