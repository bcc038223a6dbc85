"""Optuna's samplers as searchers: S0.14. Runs where the package ``optuna`` is installed."""

from __future__ import annotations

import statistics

import pytest

from surfaces import branches, surface
from tunebook.errors import SearchError
from tunebook.records import Configuration, FailureKind, Objective
from tunebook.search import Searcher, make_searcher
from tunebook.search.optuna_sampler import OptunaSampler
from tunebook.search.protocol import History, Randomness
from tunebook.search.registry import describe
from tunebook.space import Float, Space
from tunebook.testing.searcher_suite import (
    SearcherSuite,
    finished,
    mixed_space,
    noise_of,
    value_problem,
)
from tunebook.testing.simulation import Outcome, Problem, simulate

optuna = pytest.importorskip("optuna")

MINIMIZE = Objective.of(minimize="loss")


class TestTpe(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return OptunaSampler()


class TestRandomSampler(SearcherSuite):
    def make_searcher(self) -> Searcher:
        return make_searcher(optuna.samplers.RandomSampler())


class TestQmcSampler(SearcherSuite):
    """One that keeps notes: where it stands in its sequence is written at the study."""

    def make_searcher(self) -> Searcher:
        return OptunaSampler("QMCSampler", {"warn_independent_sampling": False})


class TestCmaEsSampler(SearcherSuite):
    """One that keeps notes: its whole state is written at the trials."""

    def make_searcher(self) -> Searcher:
        return OptunaSampler("CmaEsSampler", {"warn_independent_sampling": False})


def best_of(searcher: Searcher, problem: Problem, seed: int, trials: int = 40) -> float:
    history = simulate(searcher, problem, trials=trials, seed=seed)
    return min(t.value for t in history.trials if t.value is not None)


def test_tpe_beats_random_search_s0_14() -> None:
    seeds = range(11)
    tpe = [best_of(OptunaSampler(), surface(), seed) for seed in seeds]
    plain = [best_of(make_searcher("random"), surface(), seed) for seed in seeds]
    assert statistics.median(tpe) < statistics.median(plain)


def test_tpe_learns_which_branch_is_good() -> None:
    history = simulate(OptunaSampler(), branches(), trials=60)
    late = [t.config["optimizer"] for t in history.trials[30:]]
    assert late.count("adam") > 15


def test_infeasible_regions_are_left_s0_14() -> None:
    def cliff(config: Configuration) -> Outcome:
        return FailureKind.DIVERGED if config["x"] > 0.7 else (config["x"] - 0.3) ** 2

    space = Space(x=Float(0.0, 1.0), y=Float(0.0, 1.0))
    history = simulate(OptunaSampler(), Problem(space, cliff), trials=60)
    late = [t.config["x"] > 0.7 for t in history.trials[20:]]
    assert sum(late) / len(late) < 0.15


def test_a_sampler_is_recognised_and_its_study_described() -> None:
    made = make_searcher(optuna.samplers.TPESampler(seed=7, n_startup_trials=3))
    assert isinstance(made, OptunaSampler)
    assert describe(made) == {
        "name": "optuna",
        "sampler": "TPESampler",
        "arguments": None,
        "is_given": True,
    }
    again = make_searcher(describe(made))
    history = History(mixed_space(), MINIMIZE, ())
    with pytest.raises(SearchError, match=r"search=optuna\.samplers\.TPESampler"):
        again.decide(history, 1, Randomness(0))


def test_the_studys_seed_rules_not_the_samplers() -> None:
    history = History(mixed_space(), MINIMIZE, finished(15, mixed_space()))
    first, second = (
        repr(make_searcher(optuna.samplers.TPESampler(seed=s)).decide(history, 2, Randomness(3)))
        for s in (1, 2)
    )
    assert first == second


def test_a_sampler_handed_over_is_not_touched() -> None:
    def first_draw(sampler: object) -> float:
        study = optuna.create_study(sampler=sampler)
        return study.ask().suggest_float("x", 0.0, 1.0)

    sampler = optuna.samplers.RandomSampler(seed=5)
    simulate(make_searcher(sampler), value_problem(noise_of, mixed_space()), trials=5)
    assert first_draw(sampler) == first_draw(optuna.samplers.RandomSampler(seed=5))


def test_unknown_samplers_and_arguments_are_refused() -> None:
    history = History(mixed_space(), MINIMIZE, ())
    with pytest.raises(SearchError, match="Did you mean 'TPESampler'"):
        OptunaSampler("TPSampler").decide(history, 1, Randomness(0))
    with pytest.raises(SearchError, match="n_startup"):
        OptunaSampler("TPESampler", {"n_startup": 5}).decide(history, 1, Randomness(0))


def test_the_platforms_bayesian_search_is_tpe_with_five_initial_points_s0_14() -> None:
    wanted = {"name": "optuna", "sampler": "TPESampler", "arguments": {"n_startup_trials": 5}}
    searcher = make_searcher(wanted)
    history = simulate(searcher, surface(), trials=10)
    assert len(history.trials) == 10
    assert history.trials[9].why == "proposed by TPESampler of Optuna"
