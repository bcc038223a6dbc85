"""One study of the driver's tests: real driver, engine and store; simulated time and trainings."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from invariants import check_invariants
from simulated_executor import SimulatedExecutor
from tunebook.driver import Clock, Driver
from tunebook.engine import Facts, Machine, replay
from tunebook.engine.commands import Command
from tunebook.execution.protocol import Executor
from tunebook.records import Budget, Configuration, Event, StudyId, Trial
from tunebook.search import Random
from tunebook.search.protocol import Searcher
from tunebook.storage import Store
from tunebook.storage.memory import MemoryStore
from tunebook.testing.samples import sample_spec
from tunebook.testing.training import ManualClock

LONGEST = 12
BEGINNING = 1_000_000.0


def curve_of(config: Configuration) -> Sequence[float]:
    """Return a curve that rises to lr, so that no two trials have one value."""
    return [float(config.lr) * (1 - 0.5**step) for step in range(1, LONGEST + 1)]


@dataclass
class Rig:
    """Drives one study as often as wanted; each time with a machine and an executor of its own."""

    searcher: Searcher = field(default_factory=Random)
    budget: Budget = Budget(trials=4)
    max_steps: int = 6
    n_slots: int = 1
    curve: Callable[[Configuration], Sequence[float]] = curve_of
    step_s: float = 1.0
    is_tracked: bool = True
    seed: int = 0
    store: Store = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=lambda: ManualClock(BEGINNING))
    commands: list[Command] = field(default_factory=list)
    study: StudyId = field(init=False)

    def __post_init__(self) -> None:
        spec = sample_spec(budget=self.budget, seed=self.seed, max_steps=self.max_steps)
        self.study = self.store.create_study(spec, self.clock())

    @classmethod
    def of_log(cls, events: Sequence[Event], **options: Any) -> Rig:
        """Return a rig whose study has exactly these events; a driver wrote them and died."""
        rig = cls(**options)
        rig.store.append(rig.study, events[1:], after_seq=1)
        rig.clock.now = events[-1].at + 1000.0
        return rig

    def drive(self, **options: Any) -> Facts:
        """Drive the study until it is put down; its facts are sound and are those of its log."""
        facts = self.driver(**options).run()
        check_invariants(facts)
        assert without_story(facts) == without_story(self.facts)
        return facts

    def driver(self, *, executor: Executor | None = None, **options: Any) -> Driver:
        """Return a driver that has not begun."""
        return Driver(
            self.store,
            self.study,
            Machine(self.searcher),
            executor or self.make_executor(),
            clock=Clock(self.clock, self.clock),
            **options,
        )

    def make_executor(self) -> SimulatedExecutor:
        """Return an executor whose commands the rig sees."""
        executor = SimulatedExecutor(
            self.curve,
            n_slots=self.n_slots,
            step_s=self.step_s,
            is_tracked=self.is_tracked,
            clock=self.clock,
        )
        executor.commands = self.commands
        return executor

    @property
    def events(self) -> list[Event]:
        """The log."""
        return [event for _, event in self.store.events_after(self.study)]

    @property
    def facts(self) -> Facts:
        """What the log adds up to."""
        facts = replay(self.events)
        check_invariants(facts)
        return facts

    @property
    def table(self) -> list[tuple[object, ...]]:
        """What must not depend on what disturbed the study."""
        return table_of(self.facts)

    def all(self, kind: type[Event]) -> list[Any]:
        """Return the log's events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


def without_story(facts: Facts) -> Facts:
    """Return the facts without their last events, among whose measurements NaN is not itself."""
    return replace(facts, story=deque())


def table_of(facts: Facts) -> list[tuple[object, ...]]:
    """Return of each trial what must not depend on what disturbed the study."""
    return [
        (t.number, str(t.state), t.config, t.value, t.best_step, _steps_of(t), t.parent)
        for t in facts.trials
    ]


def _steps_of(trial: Trial) -> list[int]:
    # The first one of a clone tells from which checkpoint of its parent it came.
    return list(trial.curves["val_accuracy"].steps) if trial.curves else []


@pytest.fixture
def make_rig() -> Callable[..., Rig]:
    return Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()
