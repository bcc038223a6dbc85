"""Which checkpoints are kept (S4.37), and which of them a launch goes on from."""

from __future__ import annotations

import pytest

from tunebook.engine import Discard
from tunebook.engine.retention import N_BEST, best_checkpoint
from tunebook.records import (
    CheckpointRejected,
    Configuration,
    FailureKind,
    Objective,
    TrialNumber,
    TrialState,
)
from tunebook.search.protocol import Clone, Resume, Start

CONFIG = Configuration({"lr": 0.1})
ZERO = TrialNumber(0)


def steps(study, trial: int = 0) -> list[int]:
    return [ref.step for ref in study.trial(trial).checkpoints]


def discarded(study) -> list[tuple[int, int]]:
    refs = [c.checkpoint for c in study.commands if isinstance(c, Discard)]
    return [(ref.trial, ref.step) for ref in refs]


def test_living_trial_keeps_its_best_checkpoint_and_the_last_two(study):
    for step, value in enumerate([0.5, 0.9, 0.4, 0.3, 0.2], 1):
        study.report(0, value, first=step)
        study.save(0, step)
    assert steps(study) == [2, 4, 5]
    assert discarded(study) == [(0, 1), (0, 3)]


def test_finished_trial_keeps_its_best_checkpoint_and_the_last_one(study):
    for step, value in enumerate([0.5, 0.9, 0.4, 0.3, 0.2], 1):
        study.report(0, value, first=step)
        study.save(0, step)
    study.end(0, step=6, value=0.1)
    assert steps(study) == [2, 5]
    assert discarded(study) == [(0, 1), (0, 3), (0, 4)]


def test_latest_of_equally_good_checkpoints_is_the_best(study):
    for step in (1, 2, 3, 4, 5):
        study.report(0, 0.5, first=step)
        study.save(0, step)
    assert best_checkpoint(study.machine.facts, study.trial(0)).step == 5


def test_checkpoints_that_nobody_measured_are_as_good_as_the_latest(study):
    for step in (1, 2, 3):
        study.save(0, step)
    assert best_checkpoint(study.machine.facts, study.trial(0)).step == 3
    assert steps(study) == [2, 3]


def test_smallest_value_is_the_best_checkpoint_when_the_objective_is_minimised(make_study):
    study = make_study(spec={"objective": Objective.of(minimize="val_accuracy")})
    study.decide()
    for step, value in enumerate([0.5, 0.1, 0.4, 0.3, 0.2], 1):
        study.report(0, value, first=step)
        study.save(0, step)
    assert steps(study) == [2, 4, 5]


def test_checkpoints_of_all_but_the_best_finished_trials_go(make_study):
    study = make_study(trials=8)
    for number, value in enumerate([0.5, 0.9, 0.1, 0.7, 0.8]):
        study.decide()
        study.save(number, 10)
        study.end(number, value=value)
    assert [t.number for t in study.machine.facts.trials if t.checkpoints] == [1, 3, 4]
    assert N_BEST == 3
    assert discarded(study) == [(2, 10), (0, 10)]


@pytest.mark.parametrize("kind", [FailureKind.DIVERGED, FailureKind.USER_ERROR])
def test_trial_without_a_value_keeps_no_checkpoint(study, kind):
    study.report(0, 0.9)
    study.save(0, 1)
    study.fail(0, kind)
    assert steps(study) == []


def test_checkpoint_that_comes_after_the_end_is_kept_only_if_it_is_among_the_best(make_study):
    study = make_study(trials=8)
    for number, value in enumerate([0.5, 0.9, 0.1, 0.7]):
        study.decide()
        study.end(number, value=value)
        study.save(number, 10)
    assert [t.number for t in study.machine.facts.trials if t.checkpoints] == [0, 1, 3]


def test_paused_trial_keeps_its_checkpoint_however_bad_it_is(make_study):
    study = make_study([Start(CONFIG, 4)], trials=9)
    study.decide()
    study.report(0, 0.01)
    study.save(0, 4)
    study.reach(0, 4)
    for number in range(1, 6):
        study.decide()
        study.save(number, 10)
        study.end(number, value=0.5 + number / 100)
    assert steps(study) == [4]


def test_rejected_checkpoint_is_not_used_again(study):
    first, last = study.save(0, 2), study.save(0, 4)
    study.tell(CheckpointRejected(1.0, ZERO, last, "torn"))
    study.lose(0)
    study.decide()
    assert study.launches[-1].checkpoints == (first,)


def test_checkpoints_are_tried_from_the_last_to_the_first(study):
    first, last = study.save(0, 2), study.save(0, 4)
    study.lose(0)
    study.decide()
    assert study.launches[-1].checkpoints == (first, last)


def test_checkpoint_that_comes_late_is_put_in_its_place(study):
    last, late = study.save(0, 4), study.save(0, 2)
    assert study.trial(0).checkpoints == (late, last)


# -- clones ----------------------------------------------------------------------------------------


@pytest.fixture
def family(make_study):
    """Trial 0 is paused at step 4 with a checkpoint; trial 1 is its clone and runs."""
    clone = Clone(ZERO, Configuration({"lr": 0.2}))
    study = make_study([Start(CONFIG, 4)], [clone], [Resume(ZERO, 8)], trials=9, n_slots=2)
    study.decide()
    study.report(0, 0.5, first=4)
    study.save(0, 4)
    study.reach(0, 4)
    study.decide()
    return study


def test_clone_begins_with_its_parents_checkpoints_and_step_s0_15(family):
    launch = family.launches[-1]
    assert (launch.trial, launch.is_clone) == (1, True)
    assert launch.checkpoints == family.trial(0).checkpoints
    assert family.trial(1).parent == 0
    family.begin(1, 4)
    family.end(1)
    assert family.trial(1).steps_done == 6, "the steps of its parent are not its own"


def test_clone_of_a_trial_without_a_checkpoint_begins_at_the_start(make_study):
    clone = Clone(ZERO, Configuration({"lr": 0.2}))
    study = make_study([Start(CONFIG)], [clone], trials=9, n_slots=2)
    study.decide()
    study.wish("edit notes", notes="something new")
    study.decide()
    launch = study.launches[-1]
    assert (launch.trial, launch.checkpoints, launch.is_clone) == (1, (), False)


def test_parent_goes_on_and_its_clone_still_finds_what_it_inherited(family):
    (inherited,) = family.trial(0).checkpoints
    family.decide()
    for step in (5, 6, 7, 8):
        family.report(0, 0.5 + step / 100, first=step)
        family.save(0, step)
    assert steps(family) == [4, 7, 8]
    family.lose(1)
    family.decide()
    assert family.launch_of(1).checkpoints == (inherited,)


def test_clone_that_is_lost_begins_again_with_what_it_inherited(family):
    (inherited,) = family.trial(0).checkpoints
    family.begin(1, 4)
    family.report(1, 0.6, first=5)
    family.lose(1)
    family.decide()
    launch = family.launch_of(1)
    assert (launch.checkpoints, launch.is_clone) == ((inherited,), True)


def test_clone_goes_on_from_its_own_checkpoint_once_it_has_one(family):
    own = family.save(1, 6)
    family.lose(1)
    family.decide()
    launch = family.launch_of(1)
    assert (launch.checkpoints, launch.is_clone) == ((own,), False)


def finish_parent_behind_better_ones(family) -> None:
    """End trial 0 with a value that three others beat, so that nobody but a clone needs it."""
    family.wish("stop trial", trial=0)
    while len([t for t in family.machine.facts.trials if t.state is TrialState.DONE]) < N_BEST:
        family.decide()
        last = len(family.machine.facts.trials) - 1
        family.save(last, 10)
        family.end(last, value=0.9)


def test_what_a_clone_inherits_outlives_its_parent_until_it_has_its_own(family):
    family.searcher.answers.clear()
    finish_parent_behind_better_ones(family)
    assert steps(family) == [4]
    family.save(1, 6)
    assert steps(family) == []
    assert (0, 4) in discarded(family)


def test_what_a_clone_inherits_goes_when_the_clone_ends(family):
    family.searcher.answers.clear()
    finish_parent_behind_better_ones(family)
    family.fail(1)
    assert steps(family) == []


def test_torn_checkpoint_of_a_parent_is_not_given_to_its_clone_again(family):
    (inherited,) = family.trial(0).checkpoints
    family.tell(CheckpointRejected(1.0, TrialNumber(1), inherited, "torn"))
    family.lose(1)
    family.decide()
    assert family.launch_of(1).checkpoints == ()
    assert steps(family) == []


def test_checkpoint_that_only_a_clone_needed_goes_though_its_parent_still_trains(family):
    family.decide()
    for step in (5, 6, 7, 8):
        family.report(0, 0.5 + step / 100, first=step)
        family.save(0, step)
    assert steps(family) == [4, 7, 8]
    family.save(1, 6)
    assert steps(family) == [7, 8]
    assert (0, 4) in discarded(family)
