"""Whatever happens in whatever order: the invariants hold, and the log tells the whole state.

A fleet of scripted workers answers the engine's commands with any observations that the protocol
of executors allows, a searcher decides at random, people wish at random, and drivers die.
"""

from __future__ import annotations

import math
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest
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

from invariants import check_invariants
from tunebook.engine import (
    Command,
    Continue,
    Decided,
    Discard,
    Facts,
    Halt,
    Launch,
    Machine,
    Release,
    replay,
)
from tunebook.records import (
    Budget,
    CheckpointRef,
    CheckpointRejected,
    Configuration,
    DriverStarted,
    DriverStopped,
    Event,
    Failure,
    FailureKind,
    Objective,
    Request,
    Series,
    SpaceChanged,
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
from tunebook.storage import Store
from tunebook.storage.sql import SqlStore
from tunebook.storage.sqlite_file import open_sqlite
from tunebook.testing.samples import SPACE, sample_spec

MAX_STEPS = 6
ENDS = (TrialState.STOPPED, TrialState.CANCELLED)


class Chaotic:
    """Decides anything that may be decided."""

    name = "random"

    def __init__(self, seed: int, *, watches_running: bool) -> None:
        self._random = random.Random(seed)
        self.watches_running = watches_running

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
        return self._random.choice([None, *range(step + 1, MAX_STEPS + 3)])


@dataclass
class Worker:
    """What a worker knows: its launch, where it stands, and what it was told since."""

    launch: Launch
    step: int
    until: float
    has_begun: bool = False
    is_held: bool = False
    halt: TrialState | None = None

    @property
    def end(self) -> float:
        return min(self.until, MAX_STEPS)


@dataclass
class Fleet:
    """The workers. Every third trial tracks nothing, but its process may be kept over a pause.

    ``on_disk`` are the checkpoints that exist; ``leaving`` are trials that were released and are
    being saved.
    """

    n_slots: int
    workers: dict[TrialNumber, Worker] = field(default_factory=dict)
    on_disk: set[CheckpointRef] = field(default_factory=set)
    leaving: dict[TrialNumber, int] = field(default_factory=dict)
    waiting: dict[TrialNumber, int] = field(default_factory=dict)
    n_trained: int = 0

    def obey(self, command: Command) -> None:
        match command:
            case Launch(trial=trial, checkpoints=kept):
                assert trial not in self.workers, "a trial has two workers"
                assert set(kept) <= self.on_disk, "a checkpoint is gone that is needed"
                self.workers[trial] = Worker(command, *self._start_of(command))
            case Continue(trial=trial, until_step=until):
                worker = self.workers[trial]
                assert worker.is_held
                worker.until = math.inf if until is None else until
                worker.is_held, worker.halt = False, None
            case Release(trial=trial):
                worker = self.workers.pop(trial)
                assert worker.is_held
                (self.leaving if self.is_tracked(trial) else self.waiting)[trial] = worker.step
            case Halt(trial=trial, outcome=outcome):
                assert not self.workers[trial].is_held
                self.workers[trial].halt = outcome
            case Discard(checkpoint=ref):
                self.on_disk.remove(ref)

    def _start_of(self, launch: Launch) -> tuple[int, float]:
        kept = self.waiting.pop(launch.trial, None)
        self.leaving.pop(launch.trial, None)
        until = math.inf if launch.until_step is None else launch.until_step
        if kept is not None and kept < until and not launch.checkpoints:
            return kept, until
        start = launch.checkpoints[-1].step if launch.checkpoints else 0
        return start, launch.slice_end(start)

    @staticmethod
    def is_tracked(trial: int) -> bool:
        return trial % 3 != 2

    def training(self) -> list[TrialNumber]:
        return sorted(n for n, worker in self.workers.items() if not worker.is_held)

    def held(self) -> list[TrialNumber]:
        return sorted(n for n, worker in self.workers.items() if worker.is_held)

    def begin(self, trial: TrialNumber, now: float, n_torn: int = 0) -> Iterator[Event]:
        """Say from where training goes on, once; ``n_torn`` checkpoints cannot be read."""
        worker = self.workers[trial]
        if worker.has_begun:
            return
        worker.has_begun = True
        usable = list(worker.launch.checkpoints)
        for _ in range(min(n_torn, len(usable))):
            torn = usable.pop()
            yield CheckpointRejected(now, trial, torn, "torn")
        if len(usable) < len(worker.launch.checkpoints):
            worker.step = usable[-1].step if usable else 0
            worker.until = worker.launch.slice_end(worker.step)
        yield TrialBegan(now, trial, worker.step)

    def train(self, trial: TrialNumber, now: float, n_steps: int, value: float) -> Iterator[Event]:
        """Train up to so many steps, to the end of the slice at most."""
        worker = self.workers[trial]
        n_steps = int(min(n_steps, worker.end - worker.step))
        if n_steps > 0:
            steps = range(worker.step + 1, worker.step + n_steps + 1)
            self.n_trained += n_steps
            worker.step += n_steps
            series = Series.of(steps, [value] * n_steps, [float(step) for step in steps])
            yield TrialReported(now, trial, {"val_accuracy": series})

    def save(self, trial: TrialNumber, step: int, now: float, digest: int) -> Iterator[Event]:
        ref = CheckpointRef(trial, step, f"{digest:032x}", 1)
        self.on_disk.add(ref)
        yield TrialCheckpointed(now, trial, ref)

    def finish_step(self, trial: TrialNumber, now: float) -> Iterator[Event]:
        """Say that the training or the slice has come to its end, if it has."""
        worker = self.workers[trial]
        if worker.step >= MAX_STEPS or worker.halt in ENDS:
            del self.workers[trial]
            yield TrialEnded(now, trial, worker.step, float(worker.step))
        elif worker.step >= worker.end or worker.halt is TrialState.PAUSED:
            worker.is_held = True
            yield TrialReached(now, trial, worker.step, float(worker.step))


class AnySequence(RuleBasedStateMachine):
    """One study. ``store`` is shared by all examples."""

    store: Store

    @initialize(
        seed=st.integers(0, 10_000),
        n_slots=st.integers(1, 3),
        reduce=st.sampled_from(["best", "last", "mean_last_2"]),
        budget=st.builds(
            Budget,
            trials=st.sampled_from([None, 1, 5, 12, 30]),
            steps=st.sampled_from([None, 9, 40, 100]),
            hours=st.sampled_from([None, None, 0.05]),
            price_per_hour=st.just(2.0),
            cost=st.sampled_from([None, None, 0.05]),
            target=st.sampled_from([None, None, None, 0.98]),
            patience=st.sampled_from([None, None, None, 2, 5]),
            max_failures=st.sampled_from([None, 0, 2, 9, 9]),
        ),
    )
    def begin(self, seed: int, n_slots: int, reduce: str, budget: Budget) -> None:
        self.seed, self.now, self.n_requests = seed, 1.0, 0
        self.fleet = Fleet(n_slots)
        spec = sample_spec(
            f"study {len(self.store.list_studies())}",
            budget=budget,
            max_steps=MAX_STEPS,
            objective=Objective.of(maximize="val_accuracy", reduce=reduce),
        )
        self.study = self.store.create_study(spec, 0.0)
        self.log: list[Event] = [StudyCreated(0.0, spec)]
        self.take_up()

    # -- the driver ------------------------------------------------------------------------

    def take_up(self) -> None:
        """Begin as a driver does: replay what the store gives back, recover, start, reopen."""
        self.machine = Machine(Chaotic(self.seed, watches_running=bool(self.seed % 2)))
        for _, event in self.store.events_after(self.study):
            self.machine.handle(event)
        assert_same(self.machine.facts, replay(self.log))
        fleet = self.fleet = Fleet(
            self.fleet.n_slots, on_disk=self.fleet.on_disk, n_trained=self.fleet.n_trained
        )
        self.tell(DriverStarted(self.now, "host:1", fleet.n_slots))
        self.carry_out(self.machine.recover(self.now))
        self.carry_out(self.machine.reopen(self.now))
        # What is not in the facts is swept away.
        fleet.on_disk &= self.known_checkpoints()

    def tell(self, *events: Event) -> None:
        commands: list[Command] = []
        for event in events:
            commands += self.machine.handle(event)
        self.carry_out(Decided(events, commands))

    def carry_out(self, decided: Decided) -> None:
        self.store.append(self.study, decided.events, after_seq=len(self.log))
        self.log += decided.events
        for command in decided.commands:
            self.fleet.obey(command)

    def wish_for(self, kind: str, body: dict[str, Any]) -> None:
        self.n_requests += 1
        request = Request(self.n_requests, self.now, kind, body)
        self.carry_out(self.machine.obey(request, self.now))
        assert self.machine.facts.last_request == self.n_requests

    def known_checkpoints(self) -> set[CheckpointRef]:
        return {ref for trial in self.machine.facts.trials for ref in trial.checkpoints}

    # -- what may happen -------------------------------------------------------------------

    @rule()
    def decide(self) -> None:
        """Decide, as a driver does after each batch of events."""
        self.now += 1.0
        self.carry_out(self.machine.decide(self.now))
        assert len(self.fleet.training()) <= self.fleet.n_slots

    def is_training(self) -> bool:
        return bool(self.fleet.training())

    def is_holding(self) -> bool:
        return bool(self.fleet.held())

    def some_training(self, choice: int) -> TrialNumber:
        training = self.fleet.training()
        return training[choice % len(training)]

    @rule(n_turns=st.integers(1, 8), seed=st.integers(0, 999))
    def train(self, n_turns: int, seed: int) -> None:
        """Let trials train on, now and then save, and decide after most of it."""
        chance = random.Random(seed)
        for _ in range(n_turns):
            if self.is_training():
                self.train_one(chance.choice(self.fleet.training()), chance)
            if chance.random() < 0.8:
                self.decide()

    def train_one(self, trial: TrialNumber, chance: random.Random) -> None:
        self.now += 0.5
        fleet, worker = self.fleet, self.fleet.workers[trial]
        self.tell(*fleet.begin(trial, self.now, chance.choice([0, 0, 0, 1, 2])))
        value = chance.choice([0.1, 0.2, 0.5, 0.5, 0.8, 0.9, 0.99])
        events = list(fleet.train(trial, self.now, chance.choice([1, 1, 2]), value))
        if events and fleet.is_tracked(trial) and chance.random() < 0.6:
            events += fleet.save(trial, worker.step, self.now, len(self.log))
        self.tell(*events, *fleet.finish_step(trial, self.now))

    def is_alive(self) -> bool:
        return not self.machine.facts.state.is_over and bool(self.machine.facts.alive)

    @precondition(is_training)
    @rule(choice=st.integers(0, 9), value=st.sampled_from([math.nan, math.inf, 0.5]))
    def end_early(self, choice: int, value: float) -> None:
        """Diverge, or return before the last step."""
        trial, fleet = self.some_training(choice), self.fleet
        self.tell(*fleet.begin(trial, self.now), *fleet.train(trial, self.now, 1, value))
        step = fleet.workers.pop(trial).step
        if math.isfinite(value):
            self.tell(TrialEnded(self.now, trial, step, 2.0))
        else:
            self.tell(TrialFailed(self.now, trial, Failure(FailureKind.DIVERGED, "nan"), 3.0))

    def is_saving(self) -> bool:
        return bool(self.fleet.leaving)

    @precondition(is_saving)
    @rule()
    def finish_saving(self) -> None:
        for trial, step in list(self.fleet.leaving.items()):
            del self.fleet.leaving[trial]
            if step > 0:
                self.tell(*self.fleet.save(trial, step, self.now, len(self.log)))

    @precondition(is_training)
    @rule(choice=st.integers(0, 9), kind=st.sampled_from(FailureKind))
    def break_down(self, choice: int, kind: FailureKind) -> None:
        trial = self.some_training(choice)
        del self.fleet.workers[trial]
        failure = Failure(kind, "broken")
        if kind in {FailureKind.LOST, FailureKind.KILLED, FailureKind.NO_SPACE}:
            self.tell(TrialLost(self.now, trial, failure))
        else:
            self.tell(TrialFailed(self.now, trial, failure, self.now))

    @precondition(is_holding)
    @rule(choice=st.integers(0, 9))
    def vanish_while_held(self, choice: int) -> None:
        held = self.fleet.held()
        trial = held[choice % len(held)]
        del self.fleet.workers[trial]
        self.tell(TrialLost(self.now, trial, Failure(FailureKind.LOST, "vanished")))

    @precondition(is_alive)
    @rule(
        kind=st.sampled_from(["stop trial", "pause trial", "pause trial", "resume trial"]),
        choice=st.integers(0, 30),
    )
    def wish_about_a_trial(self, kind: str, choice: int) -> None:
        n_trials = len(self.machine.facts.trials)
        alive = sorted(self.machine.facts.alive)
        self.wish_for(kind, {"trial": alive[choice % len(alive)] if alive else n_trials})

    @rule(
        wish=st.sampled_from(
            [
                ("add budget", {"trials": 2}),
                ("add budget", {"steps": 7}),
                ("add budget", {"trials": -5}),
                ("enqueue", {"config": {"lr": 0.1}}),
                ("enqueue", {"config": {"lr": 0.2}}),
                ("enqueue", {"config": {"lr": -1}}),
                ("edit notes", {"notes": "n"}),
                ("pause study", {}),
                ("stop study", {}),
                ("something else", {}),
            ]
        )
    )
    def wish(self, wish: tuple[str, dict[str, Any]]) -> None:
        self.wish_for(*wish)

    @rule(what=st.sampled_from(["widen", "kill", "kill", "interrupt"]))
    def disturb(self, what: str) -> None:
        if what == "widen":
            version = self.machine.facts.space_version + 1
            wider = {"lr": SPACE["lr"] | {"high": float(version)}}
            self.tell(SpaceChanged(self.now, wider, version))
        elif what == "kill":
            self.now += 5.0
            self.take_up()
        else:
            self.carry_out(self.machine.interrupt(self.now, "Ctrl-C"))

    def is_settled(self) -> bool:
        return self.machine.is_settled

    @precondition(is_settled)
    @rule()
    def resume(self) -> None:
        self.tell(DriverStopped(self.now, "settled"))
        self.now += 1000.0
        self.take_up()

    # -- what must hold --------------------------------------------------------------------

    @invariant()
    def facts_are_consistent(self) -> None:
        if not hasattr(self, "machine"):
            return
        facts = self.machine.facts
        check_invariants(facts)
        assert facts.steps_done == self.fleet.n_trained, "every step is counted, and only once"
        if facts.budget.steps is not None:
            assert facts.progress(self.now).steps_granted <= facts.budget.steps
        assert self.known_checkpoints() <= self.fleet.on_disk
        assert set(facts.attempts) == set(self.fleet.workers)

    @invariant()
    def log_tells_the_whole_state(self) -> None:
        if hasattr(self, "machine"):
            assert_same(replay(self.log), self.machine.facts)

    def teardown(self) -> None:
        """Let everything come to its end: no trial may be left in limbo."""
        if not hasattr(self, "machine"):
            return
        chance = random.Random(self.seed)
        for turn in range(1000):
            self.decide()
            if self.is_training():
                self.train_one(chance.choice(self.fleet.training()), chance)
            elif self.machine.facts.state.is_over:
                break
            elif self.machine.facts.state is StudyState.PAUSED:
                self.take_up()
            if turn == 100:
                self.wish_for("stop study", {})
        facts = self.machine.facts
        assert facts.state.is_over
        assert self.machine.is_settled
        assert not self.fleet.workers
        states = {trial.state for trial in facts.trials if not trial.state.is_final}
        assert states <= {TrialState.PAUSED}
        stored = replay(event for _, event in self.store.events_after(self.study))
        assert_same(stored, facts)


def assert_same(one: Facts, other: Facts) -> None:
    """Compare all but the story, whose measurements a store may have merged."""
    for name in [known.name for known in fields(Facts) if known.name != "story"]:
        assert getattr(one, name) == getattr(other, name), name
    assert curves_of(one) == curves_of(other)


def curves_of(facts: Facts) -> list[dict[str, tuple[bytes, bytes, bytes]]]:
    # As bytes, because NaN is not itself.
    return [
        {
            metric: (s.steps.tobytes(), s.values.tobytes(), s.seconds.tobytes())
            for metric, s in trial.curves.items()
        }
        for trial in facts.trials
    ]


@pytest.fixture
def machine_with_a_store() -> Iterator[type[AnySequence]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tunebook.db"

        class WithStore(AnySequence):
            store = SqlStore(open_sqlite(path, busy_timeout_s=1.0))

        yield WithStore
        WithStore.store.close()


def test_any_sequence_keeps_the_invariants_and_equals_its_replay(
    machine_with_a_store: type[AnySequence],
) -> None:
    run_state_machine_as_test(
        machine_with_a_store,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
            deadline=None,
        ),
    )
