from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.engine import replay
from tunebook.errors import StudyExistsError
from tunebook.records import Budget, Objective
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


def test_study_that_has_tried_nothing_may_become_another_one(store):
    find_or_create(store, SPEC)
    study = find_or_create(store, OTHER)
    (entry,) = store.list_studies()
    assert (entry.id, entry.name) == (study, SPEC.name)
    facts = replay(event for _, event in store.events_after(study))
    assert facts.known_spec.objective.metric == "loss"
