"""One carrying-out of a guide: its task, its log, and what every stage does with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

from tunebook.errors import BudgetError
from tunebook.guide.log import GuideLog, GuideState
from tunebook.playbook.rounds import Waiver
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
    ask: Ask = agree
    file: StudyFile | None = None
    """The study file of a training function, which cannot be looked into."""
    tell: Callable[[str], None] = lambda line: None
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
    def left(self) -> int:
        """Updates that the budget still allows."""
        return self.budget - self.state.updates_spent

    @property
    def shares(self) -> dict[int, int]:
        """The updates that each stage may use."""
        return divided(self.budget)

    @property
    def waivers(self) -> list[Waiver]:
        """The gates passed in spite of a problem."""
        return [Waiver(gate, reason) for gate, reason in self.state.waivers.items()]

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
        """Return a decision: the recorded one, the proposed one, or what a person says.

        ``by_reason``: a stage may decide on it more than once, each time for another reason.
        """
        for known in self.state.decisions:
            is_same = known["stage"] == stage and known["name"] == name
            if is_same and (not by_reason or known["reason"] == reason):
                return known["value"]
        chosen = self.ask(name, value, reason)
        by = "rule" if chosen == value else "person"
        self.log.write("decision", stage=stage, name=name, value=chosen, reason=reason, by=by)
        self.tell(f"  {name}: {_short(chosen)} ({reason})")
        return chosen

    def adopt(self, stage: int, changes: Mapping[str, Any], reason: str) -> None:
        """Make ``changes`` part of the incumbent configuration."""
        self.decide(stage, CONFIGURATION, {**self.config, **changes}, reason, by_reason=True)

    def passed(self, stage: int) -> set[str]:
        """Return the checks of a stage's gate that no problem speaks against."""
        problems = {
            f.check for f in self.state.findings.get(stage, []) if f.verdict is Verdict.PROBLEM
        }
        return {check for check in STAGES[stage].gate if check not in problems}

    def require(self, stage: int, key: str, updates: int) -> None:
        """Refuse to begin what the budget does not pay for; everything measured is kept (I7).

        ``key`` is the first fact of what begins: once it is there, it was paid for.
        """
        if updates > self.left and (stage, key) not in self.state.facts:
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
