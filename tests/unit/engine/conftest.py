"""A study of the engine's tests: a machine, a log, and the words to drive them with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from invariants import check_invariants
from tunebook.engine import Command, Decided, Halt, Launch, Machine
from tunebook.records import (
    Budget,
    CheckpointRef,
    Configuration,
    DriverStarted,
    Event,
    Failure,
    FailureKind,
    Request,
    RequestObeyed,
    Series,
    StudyCreated,
    StudyState,
    Trial,
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
from tunebook.search.protocol import Decision, History, Start
from tunebook.stopping import STANDARD_RULES, StoppingRule
from tunebook.testing.samples import sample_spec


class Scripted:
    """Decides what a list says, one entry for each time it is asked; then starts all it can."""

    name = "random"
    watches_running = False

    def __init__(self, answers: Sequence[Sequence[Decision]]) -> None:
        self.answers = list(answers)
        self.seen: list[History] = []

    def decide(self, history: History, slots: int, rng: object) -> Sequence[Decision]:
        self.seen.append(history)
        if self.answers:
            return self.answers.pop(0)
        return [Start(Configuration({"lr": 0.1})) for _ in range(slots)]


class Study:
    """Drives a machine by hand. ``answers`` are what the searcher decides, time after time."""

    def __init__(
        self,
        *answers: Sequence[Decision],
        n_slots: int = 1,
        spec: dict[str, Any] | None = None,
        rules: Sequence[StoppingRule] = STANDARD_RULES,
        **budget: Any,
    ) -> None:
        self.searcher = Scripted(answers)
        self.machine = Machine(self.searcher, rules=rules)
        self.log: list[Event] = []
        self.commands: list[Command] = []
        self.now = 0.0
        self.n_requests = 0
        self.tell(StudyCreated(0.0, sample_spec(budget=Budget(**budget), **(spec or {}))))
        self.tell(DriverStarted(0.0, "host:1", n_slots))

    # -- what happens ----------------------------------------------------------------------

    def tell(self, *events: Event) -> list[Command]:
        """Let something happen; return the commands that follow."""
        found: list[Command] = []
        for event in events:
            self.log.append(event)
            found += self.machine.handle(event)
            check_invariants(self.machine.facts)
        self.commands += found
        return found

    def report(self, trial: int, *values: float, first: int = 1, metric: str = "val_accuracy"):
        """Measure values from step ``first`` on."""
        steps = range(first, first + len(values))
        series = Series.of(steps, values, [float(step) for step in steps])
        return self.tell(TrialReported(self.now, TrialNumber(trial), {metric: series}))

    def begin(self, trial: int, step: int = 0):
        return self.tell(TrialBegan(self.now, TrialNumber(trial), step))

    def reach(self, trial: int, step: int):
        return self.tell(TrialReached(self.now, TrialNumber(trial), step, float(step)))

    def end(self, trial: int, step: int = 10, value: float = 0.5):
        """Measure ``value`` at ``step`` and return from training."""
        self.report(trial, value, first=step)
        return self.tell(TrialEnded(self.now, TrialNumber(trial), step, float(step)))

    def fail(self, trial: int, kind: FailureKind = FailureKind.USER_ERROR, why: str = "broken"):
        return self.tell(TrialFailed(self.now, TrialNumber(trial), Failure(kind, why)))

    def lose(self, trial: int):
        failure = Failure(FailureKind.LOST, "vanished")
        return self.tell(TrialLost(self.now, TrialNumber(trial), failure))

    def save(self, trial: int, step: int) -> CheckpointRef:
        """Store a checkpoint and return it."""
        ref = CheckpointRef(TrialNumber(trial), step, f"{len(self.log):032x}", 1)
        self.tell(TrialCheckpointed(self.now, TrialNumber(trial), ref))
        return ref

    # -- what is decided -------------------------------------------------------------------

    def take(self, decided: Decided) -> list[Command]:
        """Take note of what the machine decided."""
        self.log += decided.events
        self.commands += decided.commands
        check_invariants(self.machine.facts)
        return list(decided.commands)

    def decide(self, after: float = 1.0) -> list[Command]:
        self.now += after
        return self.take(self.machine.decide(self.now))

    def wish(self, kind: str, **body: Any) -> str:
        """Make a request and return the answer."""
        self.n_requests += 1
        decided = self.machine.obey(Request(self.n_requests, self.now, kind, body), self.now)
        self.take(decided)
        answer = decided.events[-1]
        assert isinstance(answer, RequestObeyed)
        assert self.machine.facts.last_request == self.n_requests
        return answer.answer

    def interrupt(self) -> list[Command]:
        return self.take(self.machine.interrupt(self.now, "Ctrl-C"))

    def take_up(self, n_slots: int = 1) -> None:
        """Let another driver take the study up, after whatever became of the one before."""
        self.tell(DriverStarted(self.now, "host:2", n_slots))
        self.take(self.machine.recover(self.now))
        self.take(self.machine.reopen(self.now))

    # -- what is known ---------------------------------------------------------------------

    def trial(self, number: int) -> Trial:
        return self.machine.facts.trials[number]

    def state(self, number: int) -> TrialState:
        return self.trial(number).state

    @property
    def study(self) -> tuple[StudyState, str | None]:
        """The study's state, and the limit that brought it there."""
        return self.machine.facts.state, self.machine.facts.limit

    @property
    def launches(self) -> list[Launch]:
        """All launches so far."""
        return [command for command in self.commands if isinstance(command, Launch)]

    def launch_of(self, trial: int) -> Launch:
        """The last launch of a trial."""
        return [launch for launch in self.launches if launch.trial == trial][-1]

    @property
    def halts(self) -> list[tuple[int, TrialState]]:
        """All trials that were asked to end so far, and where to go."""
        return [(c.trial, c.outcome) for c in self.commands if isinstance(c, Halt)]


@pytest.fixture(scope="session")
def make_study() -> Callable[..., Study]:
    return Study


@pytest.fixture
def study() -> Study:
    """A study of three trials, one at a time, the first of which is running."""
    begun = Study(trials=3)
    begun.decide()
    return begun
