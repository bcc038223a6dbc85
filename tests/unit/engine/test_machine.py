"""What the engine decides: budgets to the letter, targets, failures, losses, clones, people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tunebook.engine import Command, Continue, Halt, Launch, Machine, Release, check_invariants
from tunebook.errors import SearchError
from tunebook.records import (
    Budget,
    CheckpointRef,
    Configuration,
    DriverStarted,
    Event,
    Failure,
    FailureKind,
    Request,
    Series,
    StudyCreated,
    StudyState,
    TrialBegan,
    TrialCheckpointed,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReached,
    TrialReported,
    TrialState,
)
from tunebook.search.protocol import Clone, Decision, History, Resume, Start, Stop
from tunebook.testing.samples import sample_spec

LOST = Failure(FailureKind.LOST, "vanished")


class Scripted:
    """Decides what a list says, one entry for each time it is asked."""

    name = "random"
    watches_running = False

    def __init__(self, *answers: Sequence[Decision]) -> None:
        self._answers = list(answers)

    def decide(self, history: History, slots: int, rng: object) -> Sequence[Decision]:
        if self._answers:
            return self._answers.pop(0)
        return [start() for _ in range(slots)]


def start(until: int | None = None) -> Start:
    return Start(Configuration({"lr": 0.1}), until)


class Study:
    """A machine, and the words to drive it with."""

    def __init__(self, searcher: Any = None, *, n_slots: int = 1, **budget: Any) -> None:
        self.machine = Machine(searcher or Scripted())
        spec = sample_spec(budget=Budget(**budget))
        self.commands: list[Command] = []
        self.now = 0.0
        self.tell(StudyCreated(0.0, spec), DriverStarted(0.0, "host:1", n_slots))

    def tell(self, *events: Event) -> None:
        for event in events:
            self.commands += self.machine.handle(event)

    def decide(self, after: float = 1.0) -> list[Command]:
        self.now += after
        decided = self.machine.decide(self.now)
        self.commands += decided.commands
        check_invariants(self.machine.facts)
        return list(decided.commands)

    def report(self, trial: int, step: int, value: float = 0.5) -> None:
        series = Series.of([step], [value], [float(step)])
        self.tell(TrialReported(self.now, TrialNumber(trial), {"val_accuracy": series}))

    def end(self, trial: int, step: int = 10, value: float = 0.5) -> None:
        self.report(trial, step, value)
        self.tell(TrialEnded(self.now, TrialNumber(trial), step, float(step)))

    def state(self, trial: int) -> TrialState:
        return self.machine.facts.trials[trial].state

    @property
    def study(self) -> StudyState:
        return self.machine.facts.state


def launched(commands: Sequence[Command]) -> list[Launch]:
    return [command for command in commands if isinstance(command, Launch)]


def test_hundred_trials_mean_a_hundred_i7() -> None:
    study = Study(n_slots=3, trials=7)
    for _ in range(20):
        study.decide()
        for number in list(study.machine.facts.attempts):
            study.end(number)
    study.decide()
    assert len(study.machine.facts.trials) == 7
    assert (study.study, study.machine.facts.limit) == (StudyState.DONE, "trials")


def test_steps_are_granted_before_they_are_trained_so_the_limit_is_never_passed_i7() -> None:
    study = Study(n_slots=2, steps=15)
    first, second = launched(study.decide())
    assert (first.until_step, second.until_step) == (10, 5)
    study.report(0, 10)
    study.tell(TrialReached(1.0, TrialNumber(0), 10, 1.0))
    study.report(1, 5)
    study.tell(TrialReached(1.0, TrialNumber(1), 5, 1.0))
    study.decide()
    assert study.machine.facts.steps_done == 15
    assert (study.study, study.machine.facts.limit) == (StudyState.STOPPED, "steps")


def test_target_ends_the_study_and_cancels_the_others_s0_11() -> None:
    study = Study(n_slots=2, trials=10, target=0.9)
    study.decide()
    study.end(0, value=0.95)
    commands = study.decide()
    assert study.study is StudyState.DONE
    assert [c.outcome for c in commands if isinstance(c, Halt)] == [TrialState.CANCELLED]
    study.tell(TrialEnded(2.0, TrialNumber(1), 3, 1.0))
    study.decide()
    assert study.state(1) is TrialState.CANCELLED
    assert study.machine.is_settled


def test_time_counts_while_a_driver_is_at_work_and_stops_what_runs() -> None:
    study = Study(trials=10, hours=1)
    study.decide()
    assert study.study is StudyState.RUNNING
    commands = study.decide(after=3600)
    assert [c.outcome for c in commands if isinstance(c, Halt)] == [TrialState.STOPPED]
    assert (study.study, study.machine.facts.limit) == (StudyState.STOPPED, "hours")


def test_patience_lets_what_runs_finish() -> None:
    study = Study(n_slots=1, trials=20, patience=2)
    for number, value in enumerate([0.5, 0.4, 0.3]):
        study.decide()
        study.end(number, value=value)
    assert not [c for c in study.decide() if isinstance(c, Halt)]
    assert (study.study, study.machine.facts.limit) == (StudyState.STOPPED, "patience")


def test_too_many_failures_end_the_study_as_failed() -> None:
    study = Study(trials=20, max_failures=1)
    for number in range(2):
        study.decide()
        study.tell(TrialFailed(1.0, TrialNumber(number), Failure(FailureKind.USER_ERROR, "bug")))
    study.decide()
    assert study.study is StudyState.FAILED
    assert "bug" in study.machine.facts.state_why


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_value_that_is_not_finite_is_never_ranked_i4(value: float) -> None:
    study = Study(n_slots=2, trials=4)
    study.decide()
    study.end(0, value=0.5)
    study.report(1, 1, value)
    study.tell(TrialFailed(1.0, TrialNumber(1), Failure(FailureKind.DIVERGED, "nan")))
    best = study.machine.facts.best
    assert best is not None
    assert best.number == 0
    assert study.machine.facts.trials[1].value is None
    assert study.state(1) is TrialState.INFEASIBLE


def test_lost_trial_goes_on_from_its_checkpoint_twice_then_is_infeasible_s0_9() -> None:
    study = Study(trials=1)
    study.decide()
    ref = CheckpointRef(TrialNumber(0), 4, "0" * 32)
    study.report(0, 4)
    study.tell(TrialCheckpointed(1.0, TrialNumber(0), ref))
    for _ in range(2):
        study.tell(TrialLost(1.0, TrialNumber(0), LOST))
        assert study.state(0) is TrialState.LOST
        (again,) = launched(study.decide())
        assert again.checkpoints == (ref,)
    study.tell(TrialLost(1.0, TrialNumber(0), LOST))
    study.decide()
    assert study.state(0) is TrialState.INFEASIBLE
    assert study.study is StudyState.DONE


def test_death_of_the_driver_is_not_the_trials_fault() -> None:
    study = Study(trials=1)
    study.decide()
    for _ in range(5):
        for event in study.machine.recover(study.now).events:
            assert isinstance(event, TrialLost)
        study.decide()
    assert study.state(0) is TrialState.RUNNING
    assert study.machine.facts.trials[0].n_losses == 0


def test_steps_trained_again_after_a_loss_count_again() -> None:
    study = Study(trials=1)
    study.decide()
    study.report(0, 6)
    study.tell(TrialLost(1.0, TrialNumber(0), LOST))
    study.decide()
    study.tell(TrialBegan(2.0, TrialNumber(0), 0))
    study.end(0, 10)
    assert study.machine.facts.trials[0].steps_done == 16
    assert study.machine.facts.steps_done == 16


def test_clone_begins_with_its_parents_checkpoint_and_step_s0_15() -> None:
    clone = Clone(TrialNumber(0), Configuration({"lr": 0.2}), None)
    study = Study(Scripted([start(4)], [clone]), n_slots=1, trials=5)
    study.decide()
    ref = CheckpointRef(TrialNumber(0), 4, "0" * 32)
    study.report(0, 4)
    study.tell(TrialCheckpointed(1.0, TrialNumber(0), ref), TrialReached(1.0, TrialNumber(0), 4, 1))
    (launch,) = launched(study.decide())
    assert (launch.trial, launch.checkpoints, launch.is_clone) == (1, (ref,), True)
    assert study.machine.facts.trials[1].parent == 0


def test_resumed_trial_continues_in_its_worker_and_another_is_released() -> None:
    study = Study(Scripted([start(4)], [Resume(TrialNumber(0), 8)], [start(4)]), trials=5)
    study.decide()
    study.report(0, 4)
    study.tell(TrialReached(1.0, TrialNumber(0), 4, 1.0))
    assert study.decide() == [Continue(TrialNumber(0), 8)]
    study.report(0, 8)
    study.tell(TrialReached(1.0, TrialNumber(0), 8, 1.0))
    commands = study.decide()
    assert Release(TrialNumber(0)) in commands
    assert [launch.trial for launch in launched(commands)] == [1]


def test_trial_that_reached_its_slice_while_it_was_stopped_is_stopped() -> None:
    study = Study(Scripted([start(4)], [Resume(TrialNumber(0), 8)]), trials=5)
    study.decide()
    wish = Request(1, 1.0, "stop trial", {"trial": 0})
    study.commands += study.machine.obey(wish, 1.0).commands
    study.report(0, 4)
    study.tell(TrialReached(1.0, TrialNumber(0), 4, 1.0))
    with pytest.raises(SearchError):
        study.decide()
    assert study.state(0) is TrialState.STOPPED


@pytest.mark.parametrize(
    "decision",
    [
        Resume(TrialNumber(0), 8),
        Resume(TrialNumber(9), 8),
        Stop(TrialNumber(9), "why"),
        Clone(TrialNumber(9), Configuration({"lr": 0.1})),
        start(),
    ],
)
def test_decision_that_cannot_be_carried_out_is_the_searchers_mistake(decision: Decision) -> None:
    study = Study(Scripted([start(), decision]), n_slots=1, trials=5)
    with pytest.raises(SearchError, match="cannot be done"):
        study.decide()


def test_trial_set_aside_by_a_person_waits_for_a_person() -> None:
    study = Study(Scripted([start(8)]), n_slots=1, trials=2)
    study.decide()
    study.commands += study.machine.obey(Request(1, 1.0, "pause trial", {"trial": 0}), 1.0).commands
    study.report(0, 3)
    study.tell(TrialReached(1.0, TrialNumber(0), 3, 1.0))
    study.decide()
    assert study.state(0) is TrialState.PAUSED
    study.end(1)
    study.decide()
    assert study.study is StudyState.DONE, "nobody but a person resumes it"
    assert study.state(0) is TrialState.PAUSED


def test_larger_budget_opens_a_study_that_ran_out_and_no_other() -> None:
    study = Study(trials=1)
    study.decide()
    study.end(0)
    study.decide()
    assert study.machine.reopen(2.0).events == []
    study.machine.obey(Request(1, 2.0, "add budget", {"trials": 2}), 2.0)
    assert study.machine.reopen(2.0).events
    assert study.study is StudyState.RUNNING
    study.decide()
    assert len(study.machine.facts.trials) == 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("stop trial", {"trial": 99}),
        ("stop trial", {}),
        ("add budget", {"trails": 3}),
        ("enqueue", {"config": {"lr": 77.0}}),
        ("enqueue", {"config": 3}),
        ("dance", {}),
    ],
)
def test_request_that_cannot_be_obeyed_is_refused_with_a_reason(kind: str, body: Any) -> None:
    study = Study(trials=3)
    study.decide()
    (answer,) = study.machine.obey(Request(1, 1.0, kind, body), 1.0).events
    assert answer.answer.startswith("refused: ")  # type: ignore[union-attr]  # RequestObeyed


def test_interrupted_study_is_paused_and_goes_on_where_it_was() -> None:
    study = Study(trials=2)
    study.decide()
    halts = [c for c in study.machine.interrupt(1.0, "Ctrl-C").commands if isinstance(c, Halt)]
    assert [halt.outcome for halt in halts] == [TrialState.PAUSED]
    study.report(0, 3)
    ref = CheckpointRef(TrialNumber(0), 3, "0" * 32)
    study.tell(TrialReached(1.0, TrialNumber(0), 3, 1.0))
    study.decide()
    study.tell(TrialCheckpointed(1.0, TrialNumber(0), ref))
    assert study.machine.is_settled
    assert study.study is StudyState.PAUSED
    study.tell(DriverStarted(5.0, "host:2", 1))
    study.machine.reopen(5.0)
    (launch,) = launched(study.decide())
    assert (launch.trial, launch.checkpoints) == (0, (ref,))
