"""Random search: S0.13."""

from __future__ import annotations

import numpy as np
import pytest

from surfaces import surface_error, surface_space
from tunebook.records import Configuration, Objective
from tunebook.search.protocol import History, Randomness, Start
from tunebook.search.random import Random, hit_probability
from tunebook.space import Bool, Choice, Constant, Float, Int, Space
from tunebook.testing.searcher_suite import mixed_space, noise_of, small_space, value_problem
from tunebook.testing.simulation import simulate

MINIMIZE = Objective.of(minimize="loss")


def configs_of(
    space: Space, *, trials: int, workers: int = 1, seed: int = 0
) -> list[Configuration]:
    history = simulate(
        Random(), value_problem(noise_of, space), trials=trials, workers=workers, seed=seed
    )
    return [trial.config for trial in history.trials]


@pytest.mark.parametrize("space", [mixed_space(), small_space()])
def test_same_seed_gives_same_configurations_at_any_parallelism_s0_13(space: Space) -> None:
    alone = configs_of(space, trials=20, workers=1, seed=5)
    for workers in (2, 7, 20):
        assert configs_of(space, trials=20, workers=workers, seed=5) == alone


def test_a_trial_depends_on_seed_and_number_alone_s0_13() -> None:
    first = configs_of(mixed_space(), trials=20)
    assert configs_of(mixed_space(), trials=12) == first[:12]


def test_chances_to_hit_the_best_share_s0_13() -> None:
    assert hit_probability(29, 0.10) == pytest.approx(0.9529, abs=1e-4)
    assert hit_probability(59, 0.05) == pytest.approx(0.9515, abs=1e-4)


def test_59_trials_reach_the_best_twentieth_in_19_of_20_studies_s0_13() -> None:
    space, n_seeds, n_reference = surface_space(), 500, 10_000
    stream = np.random.default_rng(1)
    reference = [surface_error(space.sample(stream)) for _ in range(n_reference)]
    threshold = float(np.quantile(reference, 0.05, method="inverted_cdf"))
    history = History(space, MINIMIZE, ())
    hits = 0
    for seed in range(n_seeds):
        decisions = Random().decide(history, 59, Randomness(seed))
        errors = [surface_error(d.config) for d in decisions if isinstance(d, Start)]
        hits += min(errors) <= threshold
    assert 0.93 <= hits / n_seeds <= 0.97


def test_a_log_range_is_drawn_evenly_in_each_decade_s0_12() -> None:
    space = Space(wd=Float(1e-5, 1e-1, log=True), n=Int(1, 5))
    decisions = Random().decide(History(space, MINIMIZE, ()), 10_000, Randomness(0))
    drawn = [d.config for d in decisions if isinstance(d, Start)]
    decades = np.bincount([int(np.floor(np.log10(c.wd))) + 5 for c in drawn], minlength=4)
    assert np.all(np.abs(decades[:4] / 10_000 - 0.25) < 0.02)
    assert {c.n for c in drawn} == {1, 2, 3, 4, 5}


def test_a_finite_space_is_tried_once_each_and_then_the_search_is_over() -> None:
    configs = configs_of(small_space(), trials=50, workers=4)
    assert len(configs) == 6
    assert len(set(configs)) == 6


def test_a_large_finite_space_is_used_up_to_its_last_configuration() -> None:
    space = Space(a=Int(1, 40), b=Choice(*"abcde"), c=Bool(), d=Constant(1))
    assert len(set(configs_of(space, trials=1000, workers=50))) == 400


def test_cancelled_trials_may_be_drawn_again() -> None:
    from dataclasses import replace

    from tunebook.records import TrialState

    done = simulate(Random(), value_problem(noise_of, small_space()), trials=6)
    trials = [*done.trials[:5], replace(done.trials[5], state=TrialState.CANCELLED)]
    decisions = Random().decide(replace(done, trials=trials), 3, Randomness(0))
    assert [d.config for d in decisions if isinstance(d, Start)] == [done.trials[5].config]
