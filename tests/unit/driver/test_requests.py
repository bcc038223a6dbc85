"""Requests of people are obeyed while a study is driven, and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tunebook.engine import Facts
from tunebook.records import (
    REQUEST_KINDS,
    Budget,
    RequestObeyed,
    StudyState,
    TrialState,
)


class Asking:
    """Leaves a request as soon as ``when`` holds."""

    def __init__(
        self, rig: Any, kind: str, body: Mapping[str, Any], when: Callable[[Facts], bool]
    ) -> None:
        self.rig, self.kind, self.body, self.when = rig, kind, body, when
        self.id: int | None = None

    def update(self, facts: Facts, now: float) -> None:
        """Look at the study as a watcher, and ask when it is time."""
        if self.id is None and self.when(facts):
            self.id = self.rig.store.add_request(self.rig.study, self.kind, self.body, now)

    @property
    def answer(self) -> str:
        """What the driver answered."""
        (answer,) = [e.answer for e in self.rig.all(RequestObeyed) if e.request == self.id]
        return answer


def at_step(step: int, trial: int = 1) -> Callable[[Facts], bool]:
    return lambda facts: len(facts.trials) > trial and facts.trials[trial].step >= step


AT_STEP_2 = at_step(2)


@pytest.fixture
def ask(make_rig):
    def drive(kind: str, body: Mapping[str, Any] | None = None, *, when=AT_STEP_2, **options):
        rig = make_rig(**options)
        asking = Asking(rig, kind, body or {}, when)
        facts = rig.drive(watcher=asking)
        assert asking.id is not None
        return facts, asking.answer, rig

    return drive


def test_trial_is_stopped_and_keeps_its_value(ask):
    facts, answer, _ = ask("stop trial", {"trial": 1})
    assert answer == "done"
    assert facts.trials[1].state is TrialState.STOPPED
    assert 2 <= facts.trials[1].step < 6
    assert facts.trials[1].value is not None
    assert facts.state is StudyState.DONE


def test_trial_that_is_over_is_not_stopped_again(ask):
    facts, answer, _ = ask("stop trial", {"trial": 0})
    assert answer == "nothing to do: trial 0 is done already"
    assert facts.trials[0].state is TrialState.DONE


def test_trial_that_does_not_exist_is_refused(ask):
    _, answer, _ = ask("stop trial", {"trial": 77})
    assert answer.startswith("refused")
    assert "77" in answer


@pytest.mark.parametrize("body", [{}, {"trial": "x"}, {"trial": None}])
def test_request_that_is_not_understood_is_refused_and_the_study_goes_on(ask, body):
    facts, answer, _ = ask("stop trial", body)
    assert answer.startswith("refused")
    assert facts.state is StudyState.DONE


def test_trial_is_paused_and_others_go_on(ask):
    facts, answer, rig = ask("pause trial", {"trial": 1})
    assert answer == "done"
    assert facts.trials[1].state is TrialState.PAUSED
    assert facts.trials[1].checkpoint is not None
    assert [t.state for t in facts.trials if t.number != 1] == [TrialState.DONE] * 3
    assert rig.drive().trials[1].state is TrialState.PAUSED


def test_paused_trial_goes_on_from_its_checkpoint_when_it_is_resumed(ask, make_rig):
    _, _, rig = ask("pause trial", {"trial": 1}, when=AT_STEP_2)
    step = rig.facts.trials[1].step
    rig.store.add_request(rig.study, "resume trial", {"trial": 1}, rig.clock())
    rig.store.add_request(rig.study, "add budget", {"trials": 1}, rig.clock())
    facts = rig.drive()
    assert facts.trials[1].state is TrialState.DONE
    assert facts.trials[1].steps_done == 6
    assert step < 6
    undisturbed = make_rig(budget=Budget(trials=5))
    undisturbed.drive()
    assert rig.table == undisturbed.table


def test_study_is_stopped_and_every_result_is_kept(ask):
    facts, answer, rig = ask("stop study", n_slots=2)
    assert answer == "done"
    assert (facts.state, facts.limit) == (StudyState.STOPPED, "request")
    assert {trial.state for trial in facts.trials} == {TrialState.STOPPED}
    assert all(trial.value is not None for trial in facts.trials)
    assert not facts.attempts
    assert rig.drive().state is StudyState.DONE, "a person may open it again"


def test_study_is_paused_and_ends_as_if_it_had_not_been(ask, make_rig):
    facts, answer, rig = ask("pause study", n_slots=2)
    assert answer == "done"
    assert facts.state is StudyState.PAUSED
    assert {trial.state for trial in facts.trials} == {TrialState.PAUSED}
    assert all(trial.checkpoint is not None for trial in facts.trials)
    rig.drive()
    undisturbed = make_rig(n_slots=2)
    undisturbed.drive()
    assert rig.table == undisturbed.table
    assert rig.facts.steps_done == undisturbed.facts.steps_done


def test_budget_is_raised_while_the_study_runs(ask):
    facts, answer, _ = ask("add budget", {"trials": 3})
    assert answer == "done"
    assert len(facts.trials) == 7
    assert facts.budget.trials == 7


def test_budget_that_is_no_limit_is_refused(ask):
    facts, answer, _ = ask("add budget", {"epochs": 3})
    assert answer.startswith("refused")
    assert len(facts.trials) == 4


def test_enqueued_configuration_is_tried_next(ask):
    facts, answer, _ = ask("enqueue", {"config": {"lr": 0.125}})
    assert answer == "done: it is trial 2"
    assert facts.trials[2].config.lr == 0.125
    assert facts.trials[2].source == "enqueued"
    assert facts.trials[2].state is TrialState.DONE
    assert len(facts.trials) == 4


def test_enqueued_configuration_that_is_not_in_the_space_is_refused(ask):
    facts, answer, _ = ask("enqueue", {"config": {"lr": 12}})
    assert answer.startswith("refused")
    assert len(facts.trials) == 4


def test_notes_are_rewritten(ask):
    facts, answer, _ = ask("edit notes", {"notes": "the third night"})
    assert answer == "done"
    assert facts.notes == "the third night"


def test_every_kind_of_request_is_known_to_the_driver(make_rig):
    for kind in REQUEST_KINDS:
        rig = make_rig()
        rig.store.add_request(rig.study, kind, {}, rig.clock())
        rig.drive()
        (event,) = rig.all(RequestObeyed)
        assert "does not know" not in event.answer


def test_request_left_while_nobody_drove_is_obeyed_first(make_rig):
    rig = make_rig()
    rig.store.add_request(rig.study, "enqueue", {"config": {"lr": 0.25}}, rig.clock())
    facts = rig.drive()
    assert facts.trials[0].config.lr == 0.25
    assert len(facts.trials) == 4


def test_request_is_obeyed_once(make_rig):
    rig = make_rig()
    rig.store.add_request(rig.study, "add budget", {"trials": 2}, rig.clock())
    rig.drive()
    rig.drive()
    assert len(rig.all(RequestObeyed)) == 1
    assert len(rig.facts.trials) == 6


def test_request_is_obeyed_while_a_long_step_is_trained(make_rig):
    rig = make_rig(step_s=600.0, budget=Budget(trials=1))
    asking = Asking(rig, "edit notes", {"notes": "soon"}, lambda facts: bool(facts.attempts))
    rig.drive(watcher=asking)
    (event,) = rig.all(RequestObeyed)
    assert event.at < rig.events[0].at + 1
