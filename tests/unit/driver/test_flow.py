"""The one flow: events are appended before anything that follows from them is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import pytest

from tunebook.engine import Launch
from tunebook.errors import SearchError
from tunebook.records import (
    Budget,
    Configuration,
    DriverStarted,
    DriverStopped,
    Failure,
    FailureKind,
    StudyState,
    TrialCreated,
    TrialEnded,
    TrialLost,
    TrialState,
)
from tunebook.search import Asha, Random
from tunebook.search.protocol import Decision, History, Randomness, Resume, Start


def test_study_is_driven_to_its_end(rig):
    facts = rig.drive()
    assert facts.state is StudyState.DONE
    assert facts.limit == "trials"
    assert [trial.state for trial in facts.trials] == [TrialState.DONE] * 4
    assert [len(trial.curves["val_accuracy"]) for trial in facts.trials] == [6] * 4
    assert facts.best is max(facts.trials, key=lambda trial: trial.value)
    assert isinstance(rig.events[-1], DriverStopped)


def test_nothing_is_carried_out_that_is_not_in_the_log(rig):
    class Watchful:
        """Carries nothing out, but looks whether the log knows of it."""

        n_slots = 1
        can_pause = True
        is_saving = False

        def __init__(self, inner):
            self.inner = inner
            self.n_launches = 0

        def carry_out(self, command):
            if isinstance(command, Launch):
                assert any(event.trial == command.trial for event in rig.all(TrialCreated))
                self.n_launches += 1
            self.inner.carry_out(command)

        def events(self, deliver, timeout_s):
            self.inner.events(deliver, timeout_s)

        def close(self):
            self.inner.close()

    executor = Watchful(rig.make_executor())
    rig.drive(executor=executor)
    assert executor.n_launches == 4


def test_watcher_sees_the_study_grow(rig):
    seen = []

    class Notes:
        def update(self, facts, now):
            seen.append((len(facts.trials), facts.steps_done, now))

    rig.drive(watcher=Notes())
    assert seen == sorted(seen)
    assert seen[0][:2] == (1, 0)
    assert seen[-1][:2] == (4, 24)
    assert {steps for _, steps, _ in seen} == set(range(25))


def test_study_that_is_over_is_left_as_it_is(rig):
    rig.drive()
    before, commands = rig.table, len(rig.commands)
    facts = rig.drive()
    assert facts.state is StudyState.DONE
    assert rig.table == before
    assert len(rig.commands) == commands


@dataclass
class Raising:
    """Starts ``n`` trials, then raises."""

    n: int
    error: Exception
    name: str = "raising"
    watches_running: bool = False
    asked: list[int] = field(default_factory=list)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        if len(history.trials) >= self.n:
            raise self.error
        return [Start(history.space.default(history.max_steps))]


@pytest.mark.parametrize("error", [ValueError("no such thing"), SearchError("cannot")])
def test_searcher_that_raises_puts_the_study_down_and_loses_nothing(make_rig, error):
    rig = make_rig(searcher=Raising(2, error))
    with pytest.raises(type(error), match=str(error.args[0])):
        rig.drive()
    assert rig.facts.state is StudyState.PAUSED
    assert str(error.args[0]) in rig.facts.state_why
    assert [trial.state for trial in rig.facts.trials] == [TrialState.DONE] * 2
    assert rig.store.lease_of(rig.study) is None
    rig.searcher = Random()
    assert rig.drive().state is StudyState.DONE


def test_searcher_that_raises_while_trials_run_leaves_them_to_be_retried(make_rig):
    searcher = Raising(1, ValueError("no such thing"), watches_running=True)
    rig = make_rig(searcher=searcher, n_slots=2)
    with pytest.raises(ValueError, match="no such thing"):
        rig.drive()
    assert [trial.state for trial in rig.facts.trials] == [TrialState.LOST]
    rig.searcher = Random()
    assert [trial.state for trial in rig.drive().trials] == [TrialState.DONE] * 4


def test_time_of_a_driver_counts_from_its_start_to_its_stop(rig):
    rig.clock.advance(500)
    rig.drive()
    rig.clock.advance(5000)
    facts = rig.drive()
    assert facts.worked_s == pytest.approx(4 * 6, abs=2)


def test_time_between_the_death_of_a_driver_and_the_next_one_is_not_counted(rig, make_rig):
    rig.drive()
    n_events = rig.events.index(rig.all(TrialEnded)[1])
    again = make_rig.of_log(rig.events[:n_events])
    facts = again.drive()
    assert len(again.all(TrialLost)) == 1
    assert len(again.all(DriverStarted)) == 2
    assert facts.worked_s == pytest.approx(12 + 18, abs=2)


def test_trial_that_is_lost_too_often_is_infeasible(make_rig):
    """S0.9: retried a bounded number of times."""
    rig = make_rig(budget=Budget(trials=2))
    inner = rig.make_executor()

    class Losing:
        """Loses trial 0 whenever it is launched."""

        n_slots = 1
        can_pause = True
        is_saving = False
        lost = ()

        def carry_out(self, command):
            if isinstance(command, Launch) and command.trial == 0:
                failure = Failure(FailureKind.LOST, "its worker vanished")
                self.lost = (TrialLost(rig.clock(), command.trial, failure),)
            else:
                inner.carry_out(command)

        def events(self, deliver, timeout_s):
            if self.lost:
                events, self.lost = self.lost, ()
                deliver(events)
            else:
                inner.events(deliver, timeout_s)

        def close(self):
            inner.close()

    facts = rig.drive(executor=Losing())
    assert len(rig.all(TrialLost)) == 3
    assert [trial.state for trial in facts.trials] == [TrialState.INFEASIBLE, TrialState.DONE]
    assert "lost 3 times" in facts.trials[0].error


@pytest.mark.parametrize("n_slots", [1, 2, 5])
def test_same_seed_gives_the_same_configurations_whatever_the_number_of_workers(make_rig, n_slots):
    alone = make_rig(budget=Budget(trials=12), seed=3)
    together = make_rig(budget=Budget(trials=12), seed=3, n_slots=n_slots)
    assert together.drive().trials[7].config == alone.drive().trials[7].config
    assert together.table == alone.table


def test_same_order_of_completions_gives_the_same_log(make_rig):
    logs = []
    for _ in range(2):
        rig = make_rig(searcher=Asha(), budget=Budget(trials=30), n_slots=3)
        rig.drive()
        logs.append(rig.events)
    assert logs[0] == logs[1]


@dataclass
class Thirds:
    """Trains every trial for two steps and every third one to its end."""

    name: str = "thirds"
    watches_running: bool = False

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        paused = (t.number for t in history.in_state(TrialState.PAUSED) if t.number % 3 == 0)
        resumed = [Resume(number) for number in islice(paused, slots)]
        n_new = min(slots - len(resumed), history.trials_left or 0)
        numbers = range(len(history.trials), len(history.trials) + n_new)
        return [*resumed, *(Start(draw(history, rng, n), until_step=2) for n in numbers)]


def draw(history: History, rng: Randomness, number: int) -> Configuration:
    return history.space.sample(rng.of_trial(number), history.max_steps)


def test_thousand_trials_in_slices_take_seconds(make_rig):
    rig = make_rig(searcher=Thirds(), budget=Budget(trials=1000), n_slots=8)
    facts = rig.drive()
    assert facts.n_final[TrialState.DONE] == 334
    assert facts.steps_done == 1000 * 2 + 334 * 4
    assert not facts.attempts
