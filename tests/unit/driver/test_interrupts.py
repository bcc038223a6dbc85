"""Ctrl-C once: what trains is checkpointed and the study is paused. Twice: now."""

from __future__ import annotations

import signal

import pytest

from tunebook.records import Budget, StudyState, TrialState


class Interrupting:
    """Sends signals to this process when so many steps are done."""

    def __init__(self, *at_steps: int, number: signal.Signals = signal.SIGINT) -> None:
        self.at_steps, self.number = list(at_steps), number

    def update(self, facts, now):
        while self.at_steps and facts.steps_done >= self.at_steps[0]:
            self.at_steps.pop(0)
            signal.raise_signal(self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_pauses_the_study_with_checkpoints(make_rig, number):
    rig = make_rig(n_slots=2)
    handlers = signal.getsignal(number)
    facts = rig.drive(watcher=Interrupting(5, number=number))
    assert facts.state is StudyState.PAUSED
    assert "interrupted" in facts.state_why
    assert {trial.state for trial in facts.trials} == {TrialState.PAUSED}
    assert all(trial.checkpoint is not None for trial in facts.trials)
    assert signal.getsignal(number) == handlers


@pytest.mark.parametrize("at_steps", [(1,), (5,), (12,), (23,)])
def test_interrupted_study_ends_as_the_undisturbed_one(make_rig, at_steps):
    rig = make_rig(n_slots=2)
    rig.drive(watcher=Interrupting(*at_steps))
    rig.drive()
    undisturbed = make_rig(n_slots=2)
    undisturbed.drive()
    assert rig.table == undisturbed.table
    assert rig.facts.steps_done == undisturbed.facts.steps_done


def test_second_signal_ends_the_study_at_once_and_loses_nothing_that_was_written(make_rig):
    rig = make_rig(n_slots=2)
    with pytest.raises(KeyboardInterrupt):
        rig.drive(watcher=Interrupting(5, 5))
    assert rig.facts.state is StudyState.PAUSED
    assert {trial.state for trial in rig.facts.trials} == {TrialState.LOST}
    assert rig.store.lease_of(rig.study) is None
    rig.drive()
    undisturbed = make_rig(n_slots=2)
    undisturbed.drive()
    assert rig.table == undisturbed.table


def test_study_that_is_over_and_waits_for_its_last_trials_can_be_interrupted_too(make_rig):
    rig = make_rig(budget=Budget(trials=200, patience=4), n_slots=3, max_steps=12)

    class Impatient:
        was_asked = False

        def update(self, facts, now):
            if facts.state is StudyState.STOPPED and facts.attempts and not self.was_asked:
                self.was_asked = True
                signal.raise_signal(signal.SIGINT)

    impatient = Impatient()
    facts = rig.drive(watcher=impatient)
    assert impatient.was_asked
    assert (facts.state, facts.limit) == (StudyState.STOPPED, "patience")
    assert TrialState.PAUSED in {trial.state for trial in facts.trials}
