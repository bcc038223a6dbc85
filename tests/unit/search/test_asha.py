"""Asynchronous successive halving: S4.33."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from tunebook.errors import SearchError
from tunebook.records import Configuration, Objective, TrialState
from tunebook.search.asha import Asha
from tunebook.search.protocol import History, Randomness, Resume, Start
from tunebook.search.random import Random
from tunebook.space import Float, Space
from tunebook.testing.simulation import Problem, simulate

SPACE = Space(x=Float(0.0, 1.0))


def falling(config: Configuration, n_steps: int = 27) -> list[float]:
    """Return a curve that falls to x, in the same order at every step."""
    return [config["x"] + 1.0 / step for step in range(1, n_steps + 1)]


def problem(**changes: object) -> Problem:
    made = Problem(SPACE, falling, max_steps=27)
    return replace(made, **changes)


@pytest.mark.parametrize("workers", [1, 4])
def test_each_rung_lets_a_third_go_on_s4_33(workers: int) -> None:
    history = simulate(Asha(first_rung=1), problem(), trials=81, workers=workers)
    n_beyond = [sum(t.step > rung for t in history.trials) for rung in (0, 1, 3, 9)]
    assert n_beyond[0] == 81
    for more, fewer in pairwise(n_beyond):
        assert more // 3 <= fewer <= more // 3 + more // 9 + 1


def test_costs_a_fraction_of_full_trainings_and_finds_as_much() -> None:
    asha = simulate(Asha(), problem(), trials=60)
    plain = simulate(Random(), problem(), trials=60)
    best = [min(t.value for t in h.trials if t.value is not None) for h in (asha, plain)]
    cost = [sum(t.steps_done for t in h.trials) for h in (asha, plain)]
    assert best[0] == pytest.approx(best[1], abs=0.02)
    assert cost[0] < cost[1] / 4


@pytest.mark.parametrize("trials", [1, 2, 5, 8])
def test_one_trial_is_trained_to_its_end_however_few_there_are(trials: int) -> None:
    history = simulate(Asha(), problem(), trials=trials, workers=2)
    ended = [t for t in history.trials if t.state is TrialState.DONE]
    assert len(ended) == 1
    assert ended[0].step == 27


def test_the_first_rung_is_a_27th_but_no_less_than_two_steps() -> None:
    for max_steps, first in ((9, 2), (27, 2), (52, 2), (81, 3), (1000, 37)):
        history = History(SPACE, Objective.of(minimize="loss"), (), max_steps, can_pause=True)
        (start,) = Asha().decide(history, 1, Randomness(0))
        assert isinstance(start, Start)
        assert start.until_step == first


def test_trials_that_cannot_pause_are_stopped_at_their_rungs() -> None:
    history = simulate(Asha(), problem(can_pause=False), trials=60, workers=3)
    stopped = [t for t in history.trials if t.state is TrialState.STOPPED]
    assert len(stopped) > 30
    assert all("not in the best 1/3" in (t.why or "") for t in stopped)
    assert all(t.state is not TrialState.PAUSED for t in history.trials)
    best = min(history.trials, key=lambda t: t.config["x"])
    assert best.state is TrialState.DONE


def test_broken_trials_count_at_their_rung_and_never_go_on() -> None:
    def often_broken(config: Configuration) -> list[float]:
        return falling(config) if config["x"] < 0.5 else [math.nan]

    history = simulate(Asha(first_rung=1), problem(function=often_broken), trials=40)
    assert {t.state for t in history.trials if t.config["x"] >= 0.5} == {TrialState.INFEASIBLE}
    assert any(t.state is TrialState.DONE for t in history.trials)


def test_a_larger_metric_is_better_when_maximised() -> None:
    up = problem(objective=Objective.of(maximize="loss"))
    history = simulate(Asha(), up, trials=40)
    ended = [t.config["x"] for t in history.trials if t.state is TrialState.DONE]
    assert min(ended) > 0.7


def test_without_max_steps_trials_are_trained_to_their_end() -> None:
    history = simulate(Asha(), problem(max_steps=None), trials=4)
    assert all(t.state is TrialState.DONE for t in history.trials)
    assert "without max_steps" in (history.trials[0].why or "")


def test_a_promotion_says_why() -> None:
    seen = []

    class Watched:
        name, watches_running = "watched", False

        def decide(self, history, slots, rng):
            seen.extend(decisions := Asha().decide(history, slots, rng))
            return decisions

    simulate(Watched(), problem(), trials=12)
    whys = [d.why for d in seen if isinstance(d, Resume)]
    assert whys
    assert whys[0].startswith("place 1 of 3 at step 2")


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(SearchError, match="from 2 to 10"):
        Asha(eta=1)
    with pytest.raises(SearchError, match="random, halton"):
        Asha(start="bayes")  # type: ignore[arg-type]  # what the test is about
