"""Whatever happens in whatever order: the invariants hold, and the log tells the whole state.

A scripted executor answers the engine's commands with any legal sequence of observations, a
searcher decides at random, people wish at random, and drivers die.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tunebook.engine import (
    Command,
    Continue,
    Facts,
    Halt,
    Launch,
    Machine,
    Release,
    check_invariants,
    replay,
)
from tunebook.records import (
    REQUEST_KINDS,
    Budget,
    CheckpointRef,
    CheckpointRejected,
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
from tunebook.search.protocol import (
    Clone,
    Decision,
    History,
    Randomness,
    Resume,
    Start,
    Stop,
    Wait,
)
from tunebook.testing.samples import sample_spec

MAX_STEPS = 6


class Chaotic:
    """Decides anything that may be decided."""

    name = "random"
    watches_running = True

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        found: list[Decision] = []
        paused = [t for t in history.in_state(TrialState.PAUSED) if t.step < MAX_STEPS]
        for trial in history.in_state(TrialState.RUNNING, TrialState.PAUSED, TrialState.LOST):
            if self._random.random() < 0.05:
                found.append(Stop(trial.number, "at random"))
                paused = [t for t in paused if t.number != trial.number]
        for _ in range(slots):
            kind = self._random.random()
            if kind < 0.3 and paused:
                trial = paused.pop(self._random.randrange(len(paused)))
                found.append(Resume(trial.number, self._until(trial.step)))
            elif kind < 0.45 and history.trials:
                parent = self._random.choice(history.trials).number
                found.append(Clone(parent, self._config(), self._until(0)))
            elif kind < 0.9:
                found.append(Start(self._config(), self._until(0)))
            else:
                found.append(Wait())
        return found

    def _config(self) -> Configuration:
        return Configuration({"lr": 10 ** self._random.uniform(-5, 0)})

    def _until(self, step: int) -> int | None:
        return self._random.choice([None, *range(step + 1, MAX_STEPS + 1)])


@dataclass
class Worker:
    step: int
    until: int | None
    has_begun: bool = False
    is_held: bool = False
    halt: TrialState | None = None

    @property
    def end(self) -> int:
        return MAX_STEPS if self.until is None else min(self.until, MAX_STEPS)


class AnySequence(RuleBasedStateMachine):
    @initialize(
        seed=st.integers(0, 10_000),
        n_slots=st.integers(1, 3),
        budget=st.builds(
            Budget,
            trials=st.none() | st.integers(1, 12),
            steps=st.none() | st.integers(1, 40),
            hours=st.none() | st.just(0.02),
            target=st.none() | st.just(0.98),
            patience=st.none() | st.integers(1, 5),
            max_failures=st.none() | st.integers(0, 2),
        ),
    )
    def begin(self, seed: int, n_slots: int, budget: Budget) -> None:
        self.seed, self.n_slots, self.now, self.n_requests = seed, n_slots, 1.0, 0
        self.random = random.Random(seed)
        self.log: list[Event] = [StudyCreated(0.0, sample_spec(budget=budget, max_steps=MAX_STEPS))]
        self.workers: dict[int, Worker] = {}
        self.take_up()

    def take_up(self) -> None:
        """Begin as a driver does: replay, recover, start, reopen."""
        self.machine = Machine(Chaotic(self.seed))
        for event in self.log:
            self.machine.handle(event)
        self.workers.clear()
        self.log += self.machine.recover(self.now).events
        started = DriverStarted(self.now, "host:1", self.n_slots)
        self.machine.handle(started)
        self.log.append(started)
        self.log += self.machine.reopen(self.now).events

    def tell(self, *events: Event) -> None:
        commands: list[Command] = []
        for event in events:
            commands += self.machine.handle(event)
            self.log.append(event)
        self.obey(commands)

    def obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Launch(trial=trial, checkpoints=kept, until_step=until):
                    assert trial not in self.workers, "a trial has two workers"
                    self.workers[trial] = Worker(kept[-1].step if kept else 0, until)
                case Continue(trial=trial, until_step=until):
                    worker = self.workers[trial]
                    assert worker.is_held
                    worker.until, worker.is_held, worker.halt = until, False, None
                case Release(trial=trial):
                    assert self.workers.pop(trial).is_held
                case Halt(trial=trial, outcome=outcome):
                    if trial in self.workers:
                        self.workers[trial].halt = outcome
        n_training = sum(not worker.is_held for worker in self.workers.values())
        assert n_training <= self.n_slots

    @rule()
    def decide(self) -> None:
        self.now += 1.0
        decided = self.machine.decide(self.now)
        self.log += decided.events
        self.obey(decided.commands)

    def is_training(self) -> bool:
        return any(not worker.is_held for worker in self.workers.values())

    def some_worker(self, choice: int) -> tuple[TrialNumber, Worker]:
        training = sorted(n for n, worker in self.workers.items() if not worker.is_held)
        number = training[choice % len(training)]
        return TrialNumber(number), self.workers[number]

    @precondition(is_training)
    @rule(choice=st.integers(0, 9), value=st.sampled_from([0.1, 0.5, 0.97, 0.99, math.nan]))
    def train_a_step(self, choice: int, value: float) -> None:
        self.now += 0.5
        number, worker = self.some_worker(choice)
        events: list[Event] = []
        if not worker.has_begun:
            events.append(TrialBegan(self.now, number, worker.step))
            worker.has_begun = True
        if worker.step < worker.end:
            worker.step += 1
            series = Series.of([worker.step], [value], [self.now])
            events.append(TrialReported(self.now, number, {"val_accuracy": series}))
        if math.isnan(value) and events:
            failure = Failure(FailureKind.DIVERGED, "nan")
            events.append(TrialFailed(self.now, number, failure, self.now))
            del self.workers[number]
        elif worker.halt in {TrialState.STOPPED, TrialState.CANCELLED} or worker.step >= MAX_STEPS:
            events.append(TrialEnded(self.now, number, worker.step, self.now))
            del self.workers[number]
        elif worker.step >= worker.end or worker.halt is TrialState.PAUSED:
            worker.is_held = True
            events.append(TrialReached(self.now, number, worker.step, self.now))
        self.tell(*events)

    @precondition(is_training)
    @rule(choice=st.integers(0, 9))
    def save(self, choice: int) -> None:
        number, worker = self.some_worker(choice)
        if worker.has_begun and worker.step > 0:
            digest = f"{len(self.log):032x}"
            ref = CheckpointRef(number, worker.step, digest, 1)
            self.tell(TrialCheckpointed(self.now, number, ref))

    @precondition(is_training)
    @rule(choice=st.integers(0, 9), kind=st.sampled_from(FailureKind))
    def break_down(self, choice: int, kind: FailureKind) -> None:
        number, _ = self.some_worker(choice)
        del self.workers[number]
        failure = Failure(kind, "broken")
        if kind in {FailureKind.LOST, FailureKind.KILLED}:
            self.tell(TrialLost(self.now, number, failure))
        else:
            self.tell(TrialFailed(self.now, number, failure, self.now))

    @rule(choice=st.integers(0, 9))
    def reject_a_checkpoint(self, choice: int) -> None:
        refs = [ref for trial in self.machine.facts.trials for ref in trial.checkpoints]
        if refs:
            ref = refs[choice % len(refs)]
            self.tell(CheckpointRejected(self.now, ref.trial, ref, "torn"))

    @rule(
        kind=st.sampled_from([*sorted(REQUEST_KINDS), "something else"]),
        body=st.sampled_from(
            [
                {"trial": 0},
                {"trial": 2},
                {"trial": "x"},
                {},
                {"trials": 2},
                {"hours": -1},
                {"config": {"lr": 0.1}},
                {"config": {"lr": 7}},
                {"notes": "n"},
            ]
        ),
    )
    def wish(self, kind: str, body: dict[str, Any]) -> None:
        if kind in {"stop study", "pause study"} and self.random.random() < 0.8:
            return
        self.n_requests += 1
        decided = self.machine.obey(Request(self.n_requests, self.now, kind, body), self.now)
        self.log += decided.events
        self.obey(decided.commands)
        assert self.machine.facts.last_request == self.n_requests

    @rule()
    def kill_the_driver(self) -> None:
        self.now += 5.0
        self.take_up()

    @rule()
    def interrupt(self) -> None:
        if self.random.random() < 0.2:
            decided = self.machine.interrupt(self.now, "Ctrl-C")
            self.log += decided.events
            self.obey(decided.commands)

    @invariant()
    def facts_are_consistent(self) -> None:
        if not hasattr(self, "machine"):
            return
        facts = self.machine.facts
        check_invariants(facts)
        budget = facts.budget
        if budget.steps is not None:
            assert facts.steps_done <= budget.steps

    @invariant()
    def log_tells_the_whole_state(self) -> None:
        if hasattr(self, "machine"):
            assert_same(replay(self.log), self.machine.facts)

    def teardown(self) -> None:
        """Let everything come to its end: no trial may be left in limbo."""
        if not hasattr(self, "machine"):
            return
        for _ in range(400):
            self.decide()
            if self.is_training():
                self.train_a_step(0, 0.5)
            elif self.machine.facts.state is not StudyState.RUNNING:
                break
            elif self.machine.facts.budget == Budget() and len(self.machine.facts.trials) > 60:
                self.tell_end()
        self.decide()
        if self.machine.facts.state is not StudyState.RUNNING:
            assert not self.workers
            assert self.machine.is_settled
            states = {trial.state for trial in self.machine.facts.trials}
            assert TrialState.RUNNING not in states
            if self.machine.facts.state.is_over:
                assert not states & {TrialState.QUEUED, TrialState.LOST}

    def tell_end(self) -> None:
        self.n_requests += 1
        wish = Request(self.n_requests, self.now, "stop study")
        decided = self.machine.obey(wish, self.now)
        self.log += decided.events
        self.obey(decided.commands)


def assert_same(one: Facts, other: Facts) -> None:
    for field in fields(Facts):
        if field.name != "story":
            assert getattr(one, field.name) == getattr(other, field.name), field.name


def test_any_sequence_keeps_the_invariants_and_equals_its_replay() -> None:
    run_state_machine_as_test(
        AnySequence,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
            deadline=None,
        ),
    )
