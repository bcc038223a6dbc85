"""Hyperband: S4.33, bracket sizes exact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.records import Configuration, TrialState
from tunebook.search.hyperband import Hyperband, brackets
from tunebook.space import Float, Space
from tunebook.testing.simulation import Problem, simulate

SPACE = Space(x=Float(0.0, 1.0))


def falling(config: Configuration) -> list[float]:
    return [config["x"] + 1.0 / step for step in range(1, 82)]


PROBLEM = Problem(SPACE, falling, max_steps=81)


def test_bracket_sizes_are_those_of_the_paper_s4_33() -> None:
    plan = brackets(81, 3)
    assert [tuple(rungs[0]) for rungs in plan] == [(81, 1), (34, 3), (15, 9), (8, 27), (5, 81)]
    assert [tuple(rung) for rung in plan[0]] == [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]
    assert [tuple(rung) for rung in plan[1]] == [(34, 3), (11, 9), (3, 27), (1, 81)]


@pytest.mark.parametrize("max_steps", [1, 2, 5, 7, 50, 243, 1000])
@pytest.mark.parametrize("eta", [2, 3, 4])
def test_every_bracket_ends_with_full_trainings(max_steps: int, eta: int) -> None:
    for rungs in brackets(max_steps, eta):
        steps = [rung.step for rung in rungs]
        assert steps == sorted(set(steps))
        assert steps[-1] == max_steps
        assert all(rung.n_trials >= 1 for rung in rungs)


@pytest.mark.parametrize("workers", [1, 7])
def test_a_study_carries_the_brackets_out_exactly_s4_33(workers: int) -> None:
    history = simulate(Hyperband(), PROBLEM, trials=81 + 34 + 15 + 8 + 5, workers=workers)
    first = 0
    for rungs in brackets(81, 3):
        members = history.trials[first : first + rungs[0].n_trials]
        first += rungs[0].n_trials
        for n, step in rungs:
            assert sum(t.step >= step for t in members) == n
        best = sorted(members, key=lambda t: t.config["x"])[: rungs[-1].n_trials]
        assert {t.state for t in best} == {TrialState.DONE}


def test_brackets_come_round_again() -> None:
    history = simulate(Hyperband(min_steps=27), PROBLEM, trials=16)
    plan = brackets(81, 3, 27)
    assert [rungs[0].n_trials for rungs in plan] == [3, 2]
    assert "trial 1 of 3 that bracket 1" in (history.trials[5].why or "")


def test_a_bracket_that_the_budget_cuts_short_still_ends() -> None:
    history = simulate(Hyperband(), PROBLEM, trials=20)
    ended = [t for t in history.trials if t.state is TrialState.DONE]
    assert len(ended) == 1
    assert ended[0].config == min(history.trials, key=lambda t: t.config["x"]).config


def test_a_broken_trial_gives_its_place_to_the_next_only_before_it_went_on() -> None:
    def broken_later(config: Configuration) -> list[float]:
        curve = falling(config)
        return [*curve[:5], float("nan")] if config["x"] < 0.02 else curve

    history = simulate(Hyperband(), replace(PROBLEM, function=broken_later), trials=81)
    for n, step in brackets(81, 3)[0][:2]:
        assert sum(t.step >= step for t in history.trials) == n


def test_trials_that_cannot_pause_are_stopped_at_the_rungs_of_their_bracket() -> None:
    history = simulate(Hyperband(), replace(PROBLEM, can_pause=False), trials=81, workers=4)
    stopped = [t for t in history.trials if t.state is TrialState.STOPPED]
    assert len(stopped) > 50
    assert {t.step for t in stopped} <= {1, 3, 9, 27}
