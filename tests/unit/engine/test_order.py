"""Same searcher and seed: the same configurations by number, whatever runs in whatever order."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invariants import check_invariants
from tunebook.engine import Machine
from tunebook.records import (
    Budget,
    Configuration,
    DriverStarted,
    Event,
    Failure,
    FailureKind,
    JsonObject,
    Series,
    StudyCreated,
    TrialEnded,
    TrialFailed,
    TrialLost,
    TrialNumber,
    TrialReported,
)
from tunebook.search import Grid, Halton, Random
from tunebook.search.protocol import Searcher
from tunebook.testing.samples import sample_spec

N_TRIALS = 20
SPACE = {
    "lr": {"type": "float", "low": 1e-5, "high": 1.0, "log": True},
    "layers": {"type": "int", "low": 1, "high": 4},
    "optimizer": {"type": "choice", "values": ["sgd", "adam"]},
    "beta": {"type": "float", "low": 0.5, "high": 0.9, "when": {"optimizer": "adam"}},
}
FINITE = {
    "layers": {"type": "int", "low": 1, "high": 7},
    "optimizer": {"type": "choice", "values": ["sgd", "adam", "lion"]},
}
SEARCHERS: dict[str, tuple[Callable[[], Searcher], JsonObject]] = {
    "random": (Random, SPACE),
    "random, finite": (Random, FINITE),
    "halton": (Halton, SPACE),
    "halton, finite": (Halton, FINITE),
    "grid": (Grid, SPACE),
}


def end_of(trial: TrialNumber, chance: random.Random) -> list[Event]:
    """Return how one trial may end, or be lost."""
    kind = chance.choice([FailureKind.DIVERGED, FailureKind.USER_ERROR, FailureKind.LOST])
    if chance.random() < 0.6:
        series = {"val_accuracy": Series.of([10], [chance.random()], [1.0])}
        return [TrialReported(1.0, trial, series), TrialEnded(1.0, trial, 10, 1.0)]
    if kind is FailureKind.LOST:
        return [TrialLost(1.0, trial, Failure(kind, "vanished"))]
    return [TrialFailed(1.0, trial, Failure(kind, "broken"))]


def configurations(name: str, *, seed: int, n_slots: int, order: int) -> list[Configuration]:
    """Run a study whose trials come to their ends in a random order."""
    chance = random.Random(order)
    make_searcher, space = SEARCHERS[name]
    machine = Machine(make_searcher())
    budget = Budget(trials=N_TRIALS, max_failures=N_TRIALS)
    machine.handle(StudyCreated(0.0, sample_spec(space=space, seed=seed, budget=budget)))
    machine.handle(DriverStarted(0.0, "host:1", n_slots))
    machine.decide(0.0)
    while machine.facts.attempts:
        for event in end_of(chance.choice(sorted(machine.facts.attempts)), chance):
            machine.handle(event)
        if chance.random() < 0.7 or not machine.facts.attempts:
            machine.decide(1.0)
    check_invariants(machine.facts)
    return [trial.config for trial in machine.facts.trials]


@cache
def alone(name: str, seed: int) -> list[Configuration]:
    return configurations(name, seed=seed, n_slots=1, order=0)


@pytest.mark.parametrize("name", sorted(SEARCHERS))
@settings(max_examples=20)
@given(seed=st.integers(0, 3), n_slots=st.integers(1, 25), order=st.integers(0, 10_000))
def test_configurations_follow_from_searcher_seed_and_number_alone(
    name: str, seed: int, n_slots: int, order: int
) -> None:
    found = configurations(name, seed=seed, n_slots=n_slots, order=order)
    assert found == alone(name, seed)
    assert len(found) == N_TRIALS


@pytest.mark.parametrize("name", ["random", "halton"])
def test_another_seed_gives_other_configurations(name: str) -> None:
    assert alone(name, 0) != alone(name, 1)
