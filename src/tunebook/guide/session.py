"""One carrying-out of a guide: its task, its log, and what every stage does with them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, final

from tunebook.checks.check import Check, Conclusion
from tunebook.checks.codec import encode
from tunebook.checks.examination import Examination, NotPossible, require
from tunebook.checks.experiments import Experiment
from tunebook.checks.laboratory import Laboratory
from tunebook.checks.readings import Reading
from tunebook.errors import BudgetError
from tunebook.guide.log import GuideLog, GuideState
from tunebook.playbook.stages import STAGES, divided
from tunebook.recipes.loop import Training
from tunebook.records import Configuration, Value
from tunebook.records.finding import Finding, Verdict
from tunebook.study.study_file import StudyFile
from tunebook.training.task import Task

Measured = tuple[Any, int]
"""A fact as JSON, and the updates it took."""

Ask = Callable[[str, Any, str], Any]
"""Asks a person about a decision: its name, the value proposed, the reason. Returns the value."""


CONFIGURATION = "configuration"
N_TRIALS, LATER, MIN_UPDATES = 45, 0.75, 50
"""Full trainings that stages 5 to 8 must have room for, their share of the budget, and the updates
that a training has at least (ours)."""


def agree(_name: str, value: Any, _reason: str) -> Any:
    """Take every decision as it is proposed."""
    return value


@final
@dataclass
class Session:
    """What stages work with. ``budget`` are updates for everything; ``tell`` shows a line."""

    name: str
    task: Task
    log: GuideLog
    home: Path
    budget: int
    seed: int = 0
    workers: int = 1
    target: float | None = None
    given: Mapping[str, Value] = field(default_factory=dict)
    ask_person: Ask = agree
    file: StudyFile | None = None
    """The study file of a training function, which cannot be looked into."""
    tell: Callable[[str], None] = lambda line: None
    examination: Examination = field(default_factory=Examination)
    """What checks concluded while this process lives: some are asked only after others."""
    trained: dict[tuple[int, Configuration], list[Training]] = field(default_factory=dict)
    """Networks by updates and configuration, while this process lives."""

    @property
    def state(self) -> GuideState:
        """What the log says so far."""
        return self.log.state

    @property
    def config(self) -> dict[str, Any]:
        """The configuration that is the best known so far: the incumbent."""
        return dict(self.state.decided(CONFIGURATION, {}))

    @property
    def n_updates(self) -> int:
        """The updates of a full training, as decided in stage 4."""
        return int(self.state.decided("n_updates", 0))

    @property
    def length(self) -> int:
        """The updates of a full training: as decided, or the most that all stages have room for."""
        return self.n_updates or max(MIN_UPDATES, int(LATER * self.budget / N_TRIALS))

    @property
    def readings(self) -> dict[Experiment, Reading]:
        """All that experiments of the checks gave so far."""
        return {e: r for found in self.state.readings.values() for e, r in found.items()}

    @property
    def left(self) -> int:
        """Updates that the budget still allows."""
        return self.budget - self.state.updates_spent

    @property
    def shares(self) -> dict[int, int]:
        """The updates that each stage may use."""
        return divided(self.budget)

    def measure(self, stage: int, key: str, run: Callable[[], Measured]) -> Any:
        """Return a fact of this stage: the recorded one, or what ``run`` measures now."""
        known = self.state.facts.get((stage, key))
        if known is not None:
            return known
        begin = time.perf_counter()
        value, updates = run()
        seconds = time.perf_counter() - begin
        self.log.write("fact", stage=stage, key=key, value=value, updates=updates, seconds=seconds)
        return self.state.facts[stage, key]

    def ask(self, stage: int, check: Check, config: Mapping[str, Any] | None = None) -> Conclusion:
        """Carry out what a check asks for until it concludes; keep its findings, adopt its change.

        A guide that goes on asks about the same configuration again, and measures only what the log
        does not have.
        """
        if (stage, check.name) not in self.state.questions:
            asked = dict(self.config if config is None else config)
            values = {"stage": stage, "check": check.name, "config": asked, "length": self.length}
            self.log.write("question", **values)
        about = self.state.questions[stage, check.name]
        subject, length = Configuration(about["config"]), about["length"]
        found = check.next(subject, length, self.readings)
        while not isinstance(found, Conclusion):
            self._require(stage, sum(experiment.price for experiment in found))
            for experiment in found:
                begin = time.perf_counter()
                reading = self._laboratory.carry_out(experiment)
                self.log.write(
                    "reading", stage=stage, experiment=encode(experiment), reading=encode(reading),
                    updates=experiment.price, seconds=time.perf_counter() - begin,
                )  # fmt: skip
            found = check.next(subject, length, self.readings)
        self.find(stage, *found.findings)
        self._change(stage, check, found)
        return found

    def ask_all(
        self,
        stage: int,
        checks: Iterable[Check],
        config: Mapping[str, Any],
        *,
        gates: Mapping[str, str],
        gate: str,
    ) -> None:
        """Ask several checks; a problem closes the gate that ``gates`` names, or else ``gate``."""
        done = self.examination
        for check in checks:
            try:
                require(check, Laboratory.ABILITIES, done)
                done.conclusions[check.name] = self.ask(stage, check, config)
            except NotPossible as impossible:
                done.left_out[check.name] = str(impossible)
        for found in self.problems(stage):
            if found.check not in STAGES[stage].gate:
                # The gate has one word for several checks.
                closed = gates.get(found.check, gate)
                problem = Finding(closed, Verdict.PROBLEM, found.title, source=found.source)
                self.find(stage, problem)

    def _change(self, stage: int, check: Check, found: Conclusion) -> None:
        """Adopt what a check changes; what was given stays, and that is said."""
        wanted = {}
        for name, value in found.change.items():
            if name in self.given:
                title = f"{name} stays as it was given; the check would set {_short(value)}."
                self.find(stage, Finding(check.name, Verdict.NOTICE, title, advice=found.reason))
            else:
                wanted[name] = self.decide(stage, name, value, found.reason, by_reason=True)
        if wanted:
            self.adopt(stage, wanted, f"{check.name}: {found.reason}")

    @cached_property
    def _laboratory(self) -> Laboratory:
        return Laboratory(self.task, seed=self.seed, max_seconds=math.inf)

    def find(self, stage: int, *findings: Finding) -> None:
        """Keep findings that this stage has not kept yet, and show what is not a pass."""
        known = set(self.state.findings.get(stage, []))
        for finding in findings:
            if finding not in known:
                self.log.find(stage, finding)
                if finding.verdict is not Verdict.PASS:
                    self.tell(f"  {finding.verdict.name}: {finding.title} {finding.value}".rstrip())

    def decide(
        self, stage: int, name: str, value: Any, reason: str, *, by_reason: bool = False
    ) -> Any:
        """Return the recorded decision (``by_reason``: of that reason), or a new one."""
        for known in self.state.decisions:
            is_same = known["stage"] == stage and known["name"] == name
            if is_same and (not by_reason or known["reason"] == reason):
                return known["value"]
        chosen = self.ask_person(name, value, reason)
        by = "rule" if chosen == value else "person"
        self.log.write("decision", stage=stage, name=name, value=chosen, reason=reason, by=by)
        self.tell(f"  {name}: {_short(chosen)} ({reason})")
        return chosen

    def adopt(self, stage: int, changes: Mapping[str, Any], reason: str) -> None:
        """Make ``changes`` part of the incumbent configuration."""
        self.decide(stage, CONFIGURATION, {**self.config, **changes}, reason, by_reason=True)

    def closing(self, stage: int) -> list[str]:
        """Return the checks that keep a stage's gate closed; a recorded waiver opens one (5.1)."""
        found = {problem.check for problem in self.problems(stage)} - set(self.state.waivers)
        return [check for check in STAGES[stage].gate if check in found]

    def problems(self, stage: int) -> list[Finding]:
        """Return the problems that a stage found."""
        return [f for f in self.state.findings.get(stage, []) if f.verdict is Verdict.PROBLEM]

    def require(self, stage: int, key: str, updates: int) -> None:
        """``BudgetError`` for what the budget cannot pay, unless fact ``key`` is there (I7)."""
        if (stage, key) not in self.state.facts:
            self._require(stage, updates)

    def _require(self, stage: int, updates: int) -> None:
        if updates > self.left:
            raise BudgetError(
                f"Stage {stage} ({STAGES[stage].name}) needs more than is left of the budget",
                got=f"{self.left} updates left of {self.budget}",
                expected=f"{updates} or more",
                do="Raise the budget and go on: all that was measured is kept",
            )


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k}={_short(v)}" for k, v in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
