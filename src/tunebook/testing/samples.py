"""Builders of small, valid facts: a study, trials, measurements, one second apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tunebook.records import (
    Configuration,
    Event,
    Objective,
    Series,
    StudySpec,
    TrialBegan,
    TrialCreated,
    TrialEnded,
    TrialNumber,
    TrialReported,
)

SPACE = {"lr": {"type": "float", "low": 1e-5, "high": 1.0, "log": True}}


def sample_spec(name: str = "digits", **changes: Any) -> StudySpec:
    """Return the description of a study that maximises ``val_accuracy`` over ``lr``."""
    values: dict[str, Any] = {
        "space": SPACE,
        "objective": Objective.of(maximize="val_accuracy"),
        "max_steps": 10,
    }
    return StudySpec(name=name, **(values | changes))


def sample_series(first: int, last: int, value: float = 0.5) -> Series:
    """Return points of one value at the steps ``first`` to ``last``, a second each."""
    steps = range(first, last + 1)
    return Series.of(steps, [value] * len(steps), [float(step) for step in steps])


def sample_report(
    trial: int, first: int, last: int, *, value: float = 0.5, at: float = 0.0
) -> TrialReported:
    """Return a batch of ``val_accuracy`` at the steps ``first`` to ``last``."""
    series = {"val_accuracy": sample_series(first, last, value)}
    return TrialReported(at or float(last), TrialNumber(trial), series)


def sample_start(trial: int, *, lr: float = 0.1, at: float = 1.0) -> Sequence[Event]:
    """Return the events with which a trial comes to be and begins."""
    number = TrialNumber(trial)
    return [
        TrialCreated(at, number, Configuration({"lr": lr}), until_step=10),
        TrialBegan(at + 1, number, 0),
    ]


def sample_trial(trial: int, *, n_steps: int = 10, value: float = 0.5) -> Sequence[Event]:
    """Return the whole life of a trial that is trained to its end in two reports."""
    half = n_steps // 2
    return [
        *sample_start(trial),
        sample_report(trial, 1, half, value=value),
        sample_report(trial, half + 1, n_steps, value=value),
        TrialEnded(float(n_steps), TrialNumber(trial), n_steps, float(n_steps)),
    ]
