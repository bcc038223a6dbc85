"""A study made of the events that a driver would have appended."""

from __future__ import annotations

from typing import Any

from results import sample_failure
from tunebook.engine import Facts, apply
from tunebook.records import (
    Budget,
    Configuration,
    DriverStarted,
    DryRunMeasured,
    Event,
    StudyCreated,
    StudyState,
    StudyStateChanged,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialNumber,
)
from tunebook.testing.samples import sample_report, sample_spec


class StudySoFar:
    """Facts that grow; a step was timed at 2 s, a driver took the study up at time 1."""

    def __init__(self, n_slots: int = 2, budget: Budget | None = None, **changes: Any) -> None:
        self.facts = Facts()
        self.add(
            StudyCreated(0.0, sample_spec(budget=budget or Budget(trials=10), **changes)),
            DryRunMeasured(1.0, 0.5, 2.0, {"val_accuracy": 0.1}),
            DriverStarted(1.0, "here:1", n_slots),
        )

    def add(self, *events: Event) -> None:
        for event in events:
            apply(self.facts, event)

    def start(self, *numbers: int, at: float = 2.0) -> None:
        for number in map(TrialNumber, numbers):
            config = Configuration({"lr": 0.1})
            self.add(TrialCreated(at, number, config, until_step=10), TrialBegan(at, number, 0))

    def report(self, trial: int, last: int, value: float, at: float = 3.0) -> None:
        self.add(sample_report(trial, 1, last, value=value, at=at))

    def finish(self, trial: int, value: float, at: float = 12.0) -> None:
        self.report(trial, 10, value, at=at)
        self.add(TrialEnded(at, TrialNumber(trial), 10, 10.0))

    def fail(self, trial: int, at: float = 12.0) -> None:
        self.add(sample_failure(trial, at=at))

    def end(self, why: str, at: float = 20.0, state: StudyState = StudyState.DONE) -> None:
        self.add(StudyStateChanged(at, state, why))
