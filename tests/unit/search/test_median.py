"""The median rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.records import Configuration, Objective, TrialState
from tunebook.search.halton import Halton
from tunebook.search.median import Median
from tunebook.space import Float, Space
from tunebook.testing.simulation import Problem, simulate

SPACE = Space(x=Float(0.0, 1.0))


def falling(config: Configuration) -> list[float]:
    return [config["x"] + 1.0 / step for step in range(1, 21)]


PROBLEM = Problem(SPACE, falling, max_steps=20)


def test_stops_what_is_worse_than_the_median_and_keeps_the_best() -> None:
    history = simulate(Median(), PROBLEM, trials=60, workers=2)
    stopped = [t for t in history.trials if t.state is TrialState.STOPPED]
    assert 10 < len(stopped) < 50
    assert all(t.value is not None for t in stopped)
    best = min(history.trials, key=lambda t: t.config["x"])
    assert best.state is TrialState.DONE


def test_grace_is_given_in_trials_and_in_steps() -> None:
    history = simulate(Median(grace_trials=8, grace_steps=6), PROBLEM, trials=40)
    stopped = [t for t in history.trials if t.state is TrialState.STOPPED]
    assert stopped
    assert min(t.number for t in stopped) >= 8
    assert min(t.step for t in stopped) >= 6


@pytest.mark.parametrize("start", ["random", "halton"])
def test_configurations_come_from_the_strategy_it_is_given(start: str) -> None:
    stopping = simulate(Median(start=start), PROBLEM, trials=20)  # type: ignore[arg-type]  # a name
    if start == "halton":
        plain = simulate(Halton(), PROBLEM, trials=20)
        assert [t.config for t in stopping.trials] == [t.config for t in plain.trials]
    assert len(stopping.trials) == 20


def test_says_what_it_compared() -> None:
    up = replace(PROBLEM, objective=Objective.of(maximize="accuracy"))
    history = simulate(Median(), up, trials=40)
    stopped = [t for t in history.trials if t.state is TrialState.STOPPED]
    assert stopped
    for trial in stopped:
        why = (trial.why or "").split()
        best, bar = float(why[2]), float(why[why.index("median") + 1])
        assert best < bar


def test_the_decision_uses_only_what_was_measured_up_to_the_same_step() -> None:
    def crossing(config: Configuration) -> list[float]:
        late = config["x"] > 0.5
        return [1.0 if late and step < 15 else 0.5 - 0.1 * late for step in range(20)]

    history = simulate(Median(grace_steps=1), replace(PROBLEM, function=crossing), trials=40)
    stopped = [t for t in history.trials if t.state is TrialState.STOPPED]
    assert stopped
    assert all(t.config["x"] > 0.5 for t in stopped)
