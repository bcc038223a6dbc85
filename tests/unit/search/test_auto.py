"""The default searcher: what it chooses, and how it divides training among trials."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import pytest

from surfaces import bowl
from tunebook.records import Configuration, Objective, TrialState
from tunebook.search import Auto, Randomness, Start, make_searcher
from tunebook.search.auto import has_curves
from tunebook.search.proposals import Proposals, Settings
from tunebook.search.protocol import History
from tunebook.search.threads import one_thread
from tunebook.space import Float, Space
from tunebook.testing.searcher_suite import finished, mixed_space, noise_of
from tunebook.testing.simulation import Problem, simulate

N_STEPS = 20
BUDGET = 8 * N_STEPS
MINIMIZE = Objective.of(minimize="loss")


def slow_space() -> Space:
    return Space(lr=Float(1e-4, 1.0, log=True), wd=Float(1e-5, 1e-1, log=True), x=Float(0.0, 1.0))


def level_of(config: Configuration) -> float:
    lr, wd = math.log10(float(config["lr"] or 1.0)), math.log10(float(config["wd"] or 1.0))
    return 0.1 * (lr + 2.2) ** 2 + 0.05 * (wd + 3.0) ** 2


def curve(config: Configuration) -> list[float]:
    """Return a power law; low learning rates fall slowly, so that early curves cross later."""
    lr = float(config["lr"] or 1.0)
    speed = 0.4 + 0.2 * (math.log10(lr) + 4.0)
    noise = [0.002 * math.sin(97.0 * noise_of(config) + step) for step in range(N_STEPS)]
    return [level_of(config) + (step + 1.0) ** -speed + noise[step] for step in range(N_STEPS)]


def problem(**changes: object) -> Problem:
    return replace(Problem(slow_space(), curve, max_steps=N_STEPS), **changes)  # type: ignore[arg-type]  # by name


def best_end(searcher: str, seed: int, made: Problem, workers: int = 1) -> float:
    history = simulate(make_searcher(searcher), made, steps=BUDGET, workers=workers, seed=seed)
    return min(trial.value for trial in history.trials if trial.value is not None)


def test_final_values_alone_are_left_to_the_gaussian_process() -> None:
    trials = simulate(Auto(), bowl(), trials=12).trials
    history = History(bowl().space, MINIMIZE, trials)
    with one_thread():
        expected = Proposals().starts(history, 1, Randomness(0), Settings(4))
    assert Auto().decide(history, 1, Randomness(0)) == expected


def test_trials_without_curves_are_noticed_once_one_is_done() -> None:
    trials = finished(2, mixed_space())
    assert has_curves(History(mixed_space(), MINIMIZE, (), N_STEPS))
    assert not has_curves(History(mixed_space(), MINIMIZE, trials, N_STEPS))
    assert not has_curves(History(mixed_space(), MINIMIZE, ()))


def test_the_first_trial_is_trained_out_and_others_get_a_slice() -> None:
    history = History(slow_space(), MINIMIZE, (), N_STEPS, can_pause=True)
    starts = [d for d in Auto().decide(history, 3, Randomness(0)) if isinstance(d, Start)]
    assert starts[0].config == slow_space().default()
    assert [start.until_step for start in starts] == [None, 2, 2]


def test_training_goes_to_the_trials_that_end_well() -> None:
    history = simulate(Auto(), problem(), steps=BUDGET, seed=1)
    ranked = sorted(history.trials, key=lambda trial: level_of(trial.config))
    third = len(ranked) // 3
    good = statistics.fmean(trial.step for trial in ranked[:third])
    bad = statistics.fmean(trial.step for trial in ranked[-third:])
    assert good > 1.5 * bad
    assert len(history.trials) > 2 * 8


@pytest.mark.parametrize("workers", [1, 4])
def test_finds_better_trials_than_halving_and_whole_trainings(workers: int) -> None:
    made, seeds = problem(), range(2)
    best = {
        name: statistics.fmean(best_end(name, seed, made, workers) for seed in seeds)
        for name in ("auto", "asha", "random")
    }
    assert best["auto"] < best["asha"]
    assert best["auto"] < best["random"]


def test_stops_trials_that_cannot_pause_and_is_better_for_it() -> None:
    made = problem(can_pause=False)
    history = simulate(Auto(), made, steps=BUDGET, seed=0)
    stopped = list(history.in_state(TrialState.STOPPED))
    assert len(stopped) > 3
    assert not any(isinstance(trial.until_step, int) for trial in history.trials)
    mine = min(trial.value for trial in history.trials if trial.value is not None)
    assert mine < best_end("random", 0, made)


def test_new_trials_are_trained_out_at_once_when_the_budget_runs_low() -> None:
    """At a given share of the budget a start goes to the end, and before it does not."""
    history = simulate(Auto(), problem(), steps=5 * N_STEPS, seed=0)
    untils = {}
    for share in (0.2, 0.6):
        asked = [
            decision
            for seed in range(12)
            for decision in Auto().decide(replace(history, budget_used=share), 1, Randomness(seed))
            if isinstance(decision, Start) and "model expects" in str(decision.why)
        ]
        untils[share] = {start.until_step for start in asked}
    assert untils == {0.2: {2}, 0.6: {None}}


def test_every_decision_says_why() -> None:
    history = simulate(Auto(), problem(), steps=6 * N_STEPS, seed=2)
    whys = {trial.number: trial.why for trial in history.trials}
    assert all(whys.values())
    assert any("the model expects loss" in str(why) for why in whys.values())


def test_the_most_promising_are_finished_before_the_budget_ends() -> None:
    history = simulate(Auto(), problem(), steps=BUDGET, seed=3)
    best = min((t for t in history.trials if t.value is not None), key=lambda t: t.value or 0.0)
    assert best.state is TrialState.DONE


def test_a_study_of_so_many_trials_ends_when_none_has_a_chance_left() -> None:
    history = simulate(Auto(), problem(), trials=15, seed=0)
    assert len(history.trials) == 15
    assert any(trial.state is TrialState.PAUSED for trial in history.trials)
    assert any(trial.state is TrialState.DONE for trial in history.trials)


def test_checkpoints_of_hopeless_trials_are_given_up() -> None:
    history = simulate(Auto(), problem(), steps=11 * N_STEPS, seed=0)
    n_paused = sum(trial.state is TrialState.PAUSED for trial in history.trials)
    assert n_paused <= 3 * 1 + 10 + 5
    assert all(t.state is not TrialState.STOPPED or t.why for t in history.trials)


def test_priors_of_known_parameters_come_first() -> None:
    space = Space(momentum=Float(0.5, 0.999, log="1-x"), width=Float(0.0, 1.0))
    history = History(space, MINIMIZE, ())
    (start,) = Auto().decide(history, 1, Randomness(0))
    assert isinstance(start, Start)
    assert start.config["momentum"] == 0.9
    assert space.contains(start.config)
