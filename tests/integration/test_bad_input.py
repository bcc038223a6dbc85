"""Bad input from end to end: each has its error and code, says what to do, and loses nothing.

Shown elsewhere: a study in use and a full disk in tests/crash, files that are no stores in
tests/unit/storage, functions that no worker can import in tests/integration/execution.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import tunebook as tb
from tunebook.errors import (
    BudgetError,
    MetricMissingError,
    NotAStoreError,
    ReportError,
    SpaceError,
    StoreVersionError,
    StudyNotFoundError,
    TaskError,
)
from tunebook.records import FailureKind, StudyState, TrialState

SPACE = tb.Space(lr=tb.Float(1e-5, 1.0, log=True))


def good(trial):
    for step in trial.steps():
        trial.report(acc=trial.config.lr * step)


def silent(trial):
    for _ in trial.steps():
        trial.report(accuracy=0.5)


def backwards(trial):
    trial.report(step=2, acc=0.5)
    trial.report(step=1, acc=0.5)


def worded(trial):
    trial.report(acc="0.5")


def doubled(trial):
    for _ in trial.steps():
        trial.report(acc=0.5)
        trial.report(acc=0.6)


@pytest.fixture
def tune(tmp_path):
    def call(function=good, space=SPACE, **options):
        defaults = {
            "maximize": "acc",
            "max_steps": 3,
            "trials": 6,
            "search": "random",
            "workers": 0,
            "name": "digits",
            "home": tmp_path,
            "progress": False,
        }
        return tb.tune(function, space, **(defaults | options))

    return call


@pytest.fixture
def kept(tune, tmp_path):
    """Return a check that a study which was there before is there as it was."""
    before = tune(name="before").trials
    return lambda: tb.load("before", home=tmp_path).trials == before


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("function", "error", "said"),
    [
        (silent, MetricMissingError, "'acc' never came"),
        (backwards, ReportError, "backwards, from 2 to 1"),
        (worded, ReportError, "not one number but a str"),
        (doubled, ReportError, "two metrics with one name"),
    ],
)
def test_training_that_reports_wrongly_fails_with_the_code_of_its_mistake(
    tune, kept, function, error, said, workers
):
    study = tune(function, workers=workers)
    assert study.state is StudyState.FAILED
    assert [trial.state for trial in study.trials] == [TrialState.FAILED] * 3
    failure = study.trials[0].failure
    kinds = {MetricMissingError: FailureKind.METRIC_MISSING, ReportError: FailureKind.USER_ERROR}
    assert failure.kind is kinds[error]
    assert f"[{error.code}]" in failure.message
    assert said in failure.message
    assert study.why.count(said) == 1
    assert kept()


@pytest.mark.parametrize(
    ("function", "error", "code"),
    [
        (silent, MetricMissingError, "E171"),
        (backwards, TaskError, "E160"),
        (worded, TaskError, "E160"),
        (doubled, TaskError, "E160"),
    ],
)
def test_timing_run_refuses_such_a_training_before_anything_is_tuned(
    tune, kept, function, error, code
):
    with pytest.raises(error) as caught:
        tune(function, dry_run=True, max_steps=2)
    assert caught.value.code == code
    assert caught.value.do
    assert kept()


def test_description_of_a_refused_training_does_not_stand_in_the_way(tune):
    with pytest.raises(MetricMissingError):
        tune(silent, dry_run=True, max_steps=2)
    assert tune(silent, maximize="accuracy", dry_run=True).state is StudyState.DONE


@pytest.mark.parametrize("limit", ["trials", "steps", "hours", "patience"])
def test_budget_of_nothing_is_refused(tune, kept, tmp_path, limit):
    with pytest.raises(BudgetError, match=f"budget's {limit} leaves nothing") as caught:
        tune(**{limit: 0})
    assert caught.value.code == "E130"
    assert caught.value.got == 0
    with pytest.raises(StudyNotFoundError):
        tb.load("digits", home=tmp_path)
    assert kept()


def test_million_choices_are_refused_with_what_to_use(tune, kept):
    with pytest.raises(SpaceError, match="1000000 choices") as caught:
        tune(space=tb.Space(seed=tb.Choice(*range(10**6))))
    assert caught.value.code == "E110"
    assert "Int" in caught.value.do
    assert kept()


def test_most_choices_that_there_may_be_are_searched(tune):
    choices = tb.Choice(*range(10_000), ordered=True)
    study = tune(lambda trial: trial.config.n, space=tb.Space(n=choices), search="auto", trials=9)
    assert study.state is StudyState.DONE
    assert len({trial.config.n for trial in study.trials}) == 9


def test_store_of_a_newer_version_is_refused_and_stays_as_it_is(tune, kept, tmp_path):
    path = tmp_path / "tunebook.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE tunebook_meta SET schema_version = schema_version + 1")
        database.commit()
    with pytest.raises(StoreVersionError, match="newer tunebook") as caught:
        tune()
    assert caught.value.code == "E205"
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE tunebook_meta SET schema_version = schema_version - 1")
        database.commit()
    assert kept()


def test_file_that_is_no_store_is_refused_and_stays_as_it_is(tune, tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("my notes")
    with pytest.raises(NotAStoreError) as caught:
        tune(store=str(path))
    assert caught.value.code == "E206"
    assert path.read_text() == "my notes"
