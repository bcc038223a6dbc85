"""Ask and tell: the study's engine for people who have a loop of their own."""

from __future__ import annotations

import math
import time

import pytest

import tunebook as tb
from tunebook.errors import BudgetError, InputError, ReportError, SearchError, StudyBusyError
from tunebook.records import FailureKind, StudyState, TrialState
from tunebook.storage import Lease
from tunebook.storage.memory import MemoryStore
from tunebook.study.opening import Opened, find_or_create, settings_for
from tunebook.testing.samples import sample_spec

SPACE = tb.Space(lr=tb.Float(1e-5, 1.0, log=True))
OPTIONS = {"maximize": "acc", "search": "random", "store": "memory"}


@pytest.fixture
def create():
    return lambda **options: tb.Study.create(SPACE, **(OPTIONS | options))


@pytest.fixture
def home(tmp_path):
    """Return the options of a study that is kept."""
    return {"name": "mine", "home": tmp_path, "store": None}


def test_loop_of_ones_own_finds_the_best(create):
    with create(trials=5) as study:
        for k in range(5):
            asked = study.ask()
            assert asked.number == k
            assert 1e-5 <= asked.config.lr <= 1.0
            study.tell(asked, acc=asked.config.lr)
    assert study.state is StudyState.DONE
    assert [trial.state for trial in study.trials] == [TrialState.DONE] * 5
    assert study.best.value == max(trial.config.lr for trial in study.trials)


def test_measurements_are_told_by_step_and_the_last_one_ends_the_trial(create):
    study = create(trials=2, max_steps=4)
    asked = study.ask()
    for step, acc in enumerate([0.1, 0.9, 0.4], start=1):
        study.tell(asked, step=step, acc=acc, loss=1.0)
    assert study.trials[0].state is TrialState.RUNNING
    assert study.best.value == 0.9
    study.tell(asked, acc=0.5)
    (trial,) = study.trials
    assert trial.state is TrialState.DONE
    assert list(trial.curves["acc"].steps) == [1, 2, 3, 4]
    assert (trial.value, trial.best_step) == (0.9, 2)


def test_last_measurement_of_a_full_training_belongs_to_its_last_step(create):
    study = create(trials=2, max_steps=2, steps=4)
    asked = study.ask()
    study.tell(asked, step=1, acc=0.1)
    study.tell(asked, step=2, acc=0.2)
    study.tell(asked, acc=0.3)
    assert list(study.trials[0].curves["acc"].values) == [0.1, 0.3]
    assert study.facts.steps_done == 2


@pytest.mark.parametrize("number", [0, "configuration"])
def test_trial_is_told_by_its_number_too(create, number):
    study = create(trials=2)
    asked = study.ask()
    if number == 0:
        study.tell(0, acc=0.5)
        assert study.trials[0].value == 0.5
    else:
        with pytest.raises(InputError, match="This is no trial"):
            study.tell(asked.config, acc=0.5)


def test_nan_is_infeasible_and_never_the_best(create):
    study = create(trials=3)
    study.tell(study.ask(), acc=math.nan)
    study.tell(study.ask(), acc=0.25)
    assert study.trials[0].state is TrialState.INFEASIBLE
    assert study.trials[0].failure.kind is FailureKind.DIVERGED
    assert study.best.number == 1


@pytest.mark.parametrize("acc", ["0.9", None, True, [0.1, 0.2]])
def test_what_is_no_number_is_refused_and_the_trial_still_waits(create, acc):
    study = create(trials=2)
    asked = study.ask()
    with pytest.raises(ReportError, match="acc") as caught:
        study.tell(asked, acc=acc)
    assert caught.value.code == "E170"
    assert study.trials[0].state is TrialState.RUNNING
    study.tell(asked, acc=0.5)
    assert study.trials[0].value == 0.5


def test_trial_is_not_told_twice(create):
    study = create(trials=3)
    asked = study.ask()
    study.tell(asked, acc=0.5)
    with pytest.raises(InputError, match="waits for no value") as caught:
        study.tell(asked, acc=0.7)
    assert "trial 0, which is done" in str(caught.value)
    assert study.trials[0].value == 0.5


@pytest.mark.parametrize("number", [7, -1])
def test_unknown_trial_is_refused(create, number):
    study = create(trials=3)
    with pytest.raises(InputError, match=f"trial {number} of 0"):
        study.tell(number, acc=0.5)


def test_missing_objective_is_refused_with_what_was_told(create):
    study = create(trials=3)
    asked = study.ask()
    with pytest.raises(ReportError, match="objective's metric") as caught:
        study.tell(asked, loss=0.5)
    assert caught.value.got == ["loss"]
    with pytest.raises(ReportError, match="no metric"):
        study.tell(asked)


def test_objective_may_have_come_at_an_earlier_step(create):
    study = create(trials=3)
    asked = study.ask()
    study.tell(asked, step=1, acc=0.5)
    study.tell(asked, loss=0.5)
    assert study.trials[0].state is TrialState.DONE
    assert study.trials[0].value == 0.5


@pytest.mark.parametrize(
    ("step", "said"),
    [(1, "backwards"), (0, "from 1"), (True, "from 1"), ("3", "from 1"), (9, "end")],
)
def test_impossible_step_is_refused(create, step, said):
    study = create(trials=2, max_steps=8)
    asked = study.ask()
    study.tell(asked, step=2, acc=0.5)
    with pytest.raises(ReportError, match=said):
        study.tell(asked, step=step, acc=0.5)


def test_broken_trial_is_failed_or_infeasible(create):
    study = create(trials=3)
    study.fail(study.ask(), "CUDA out of memory")
    study.fail(study.ask(), "KeyError: 'layer3'")
    assert [trial.state for trial in study.trials] == [TrialState.INFEASIBLE, TrialState.FAILED]
    assert study.trials[0].failure.kind is FailureKind.OUT_OF_MEMORY
    assert study.trials[1].error == "user error: KeyError: 'layer3'"


def test_budget_is_never_exceeded(create):
    """100 trials mean 100, those included whose values are not told yet."""
    study = create(trials=3)
    asked = [study.ask() for _ in range(3)]
    with pytest.raises(BudgetError, match="allows no further trial"):
        study.ask()
    assert study.state is StudyState.RUNNING
    for trial in asked:
        study.tell(trial, acc=0.5)
    assert study.state is StudyState.DONE
    with pytest.raises(BudgetError):
        study.ask()
    assert len(study.trials) == 3


def test_target_ends_the_study(create):
    study = create(trials=30, target=0.9)
    study.tell(study.ask(), acc=0.95)
    assert study.state is StudyState.DONE
    assert study.facts.limit == "target"
    with pytest.raises(BudgetError):
        study.ask()


def test_used_up_hours_end_the_study(create):
    study = create(hours=1e-9)
    with pytest.raises(BudgetError, match="time limit"):
        study.ask()
    assert not study.trials


def test_grid_that_is_exhausted_has_nothing_to_suggest(create):
    space = tb.Space(width=tb.Choice(1, 2))
    study = tb.Study.create(space, **(OPTIONS | {"search": "grid", "trials": 9}))
    study.tell(study.ask(), acc=0.1)
    study.tell(study.ask(), acc=0.1)
    with pytest.raises(SearchError, match="nothing to suggest"):
        study.ask()


def test_trial_whose_value_was_not_told_comes_again_after_close(create, home):
    with create(trials=3, **home) as study:
        first, second = study.ask(), study.ask()
        study.tell(second, acc=0.5)
    assert study.state is StudyState.PAUSED
    assert study.trials[0].state is TrialState.LOST
    with create(trials=3, **home) as again:
        asked = again.ask()
        assert (asked.number, asked.config) == (0, first.config)
        again.tell(asked, acc=0.25)
        again.tell(again.ask(), acc=0.25)
        assert again.state is StudyState.DONE
    assert len(again.trials) == 3


def test_value_of_a_trial_that_was_asked_for_before_may_still_be_told(create, home):
    with create(trials=2, max_steps=9, **home) as study:
        study.tell(study.ask(), step=3, acc=0.1)
    with create(trials=2, max_steps=9, **home) as again:
        with pytest.raises(ReportError, match="backwards"):
            again.tell(0, step=2, acc=0.2)
        again.tell(0, step=7, acc=0.7)
        again.tell(0, acc=0.8)
    assert again.trials[0].state is TrialState.DONE
    assert list(again.trials[0].curves["acc"].steps) == [3, 7, 8]
    assert again.facts.steps_done == 8


@pytest.fixture
def opened():
    store = MemoryStore()
    study = find_or_create(store, sample_spec(search={"name": "random"}))
    return Opened(store, study, settings_for({"store": "memory"}))


def test_trials_of_a_process_that_died_are_asked_for_again(opened):
    """Never an eternal RUNNING: nobody told, so whoever comes next is asked for it again."""
    asked = tb.Study(opened).ask()
    again = tb.Study(opened)
    assert again.ask().config == asked.config
    assert [trial.state for trial in again.trials] == [TrialState.RUNNING]


def test_requests_are_obeyed_by_who_asks(create):
    study = create(trials=9)
    study.request("enqueue", {"config": {"lr": 0.125}})
    assert study.ask().config.lr == 0.125
    study.stop()
    with pytest.raises(BudgetError, match="asked for by a person"):
        study.ask()
    assert study.state is StudyState.STOPPED


def test_study_that_somebody_else_drives_cannot_be_asked(opened):
    lease = Lease(opened.study, "elsewhere:7", "elsewhere", 7, 1.0, renewed_at=time.time())
    opened.store._logs[opened.study].lease = lease  # noqa: SLF001 - no store lends to other machines
    with pytest.raises(StudyBusyError, match="elsewhere:7"):
        tb.Study(opened).ask()


def test_study_that_is_asked_can_be_run_with_a_function_instead(create):
    study = create(trials=3)
    study.tell(study.ask(), acc=0.5)
    study.ask()
    study.run(lambda trial: trial.config.lr, workers=0, progress=False)
    assert [trial.state for trial in study.trials] == [TrialState.DONE] * 3
    assert study.state is StudyState.DONE
