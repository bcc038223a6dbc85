from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.engine import replay
from tunebook.errors import StudyExistsError
from tunebook.records import Budget, Objective, StudySpec, TaskKind, TaskRef
from tunebook.storage.memory import MemoryStore
from tunebook.study.opening import find_or_create
from tunebook.testing.samples import sample_spec, sample_trial

SPEC = sample_spec(budget=Budget(trials=3))
OTHER = replace(SPEC, objective=Objective.of(minimize="loss"))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_same_description_is_the_same_study(store):
    study = find_or_create(store, SPEC)
    assert find_or_create(store, SPEC) == study
    assert store.last_seq(study) == 1


def test_budget_may_change(store):
    study = find_or_create(store, SPEC)
    store.append(study, sample_trial(0), 1)
    assert find_or_create(store, replace(SPEC, budget=Budget(trials=9))) == study
    assert replay(event for _, event in store.events_after(study)).budget.trials == 9


def test_study_with_trials_keeps_its_objective(store):
    study = find_or_create(store, SPEC)
    store.append(study, sample_trial(0), 1)
    with pytest.raises(StudyExistsError, match=r"objective was maximize val_accuracy \(best\)"):
        find_or_create(store, OTHER)


def script(command: str, *patterns: str) -> StudySpec:
    options = {"patterns": list(patterns), "folder": "/somewhere"}
    return replace(SPEC, task=TaskRef(TaskKind.SCRIPT, command, True, options))


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (script("python b.py {lr}"), r"command was python a.py {lr}, is python b.py {lr}"),
        (script("python a.py {lr} --epochs 9"), "is python a.py {lr} --epochs 9"),
        (script("python a.py {lr}", "acc (.*)"), r"pattern was \[\], is \['acc \(\.\*\)'\]"),
        (SPEC, "command was python a.py {lr}, is"),
    ],
)
def test_i1_another_command_under_the_name_of_an_old_study_is_refused(store, other, says):
    study = find_or_create(store, script("python a.py {lr}"))
    store.append(study, sample_trial(0), 1)
    with pytest.raises(StudyExistsError, match=says) as refused:
        find_or_create(store, other)
    assert f"tunebook resume {SPEC.name}" in str(refused.value)
    facts = replay(event for _, event in store.events_after(study))
    assert facts.known_spec.task.reference == "python a.py {lr}"


def test_same_command_written_with_other_spaces_goes_on(store):
    study = find_or_create(store, script("python a.py {lr}"))
    store.append(study, sample_trial(0), 1)
    moved = replace(script("python  a.py\n{lr}").task, options={"folder": "/elsewhere"})
    assert find_or_create(store, replace(SPEC, task=moved)) == study


def test_study_that_has_tried_nothing_may_become_another_one(store):
    find_or_create(store, SPEC)
    study = find_or_create(store, OTHER)
    (entry,) = store.list_studies()
    assert (entry.id, entry.name) == (study, SPEC.name)
    facts = replay(event for _, event in store.events_after(study))
    assert facts.known_spec.objective.metric == "loss"
