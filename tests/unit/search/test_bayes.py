"""Bayesian search: S0.14."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest

from surfaces import bowl, branches, surface
from tunebook.errors import SearchError
from tunebook.records import Configuration, FailureKind, Objective, TrialState
from tunebook.search.bayes import Bayes, concurrency_warning
from tunebook.search.protocol import History, Randomness, Start
from tunebook.search.random import Random
from tunebook.space import Float, Space
from tunebook.testing.searcher_suite import finished, mixed_space, noise_of, value_problem
from tunebook.testing.simulation import Outcome, Problem, simulate

MINIMIZE = Objective.of(minimize="loss")


def best_values(searcher: Bayes | Random, problem: Problem, *, n_seeds: int) -> list[float]:
    found = []
    for seed in range(n_seeds):
        history = simulate(searcher, problem, trials=40, seed=seed)
        found.append(min(trial.value for trial in history.trials if trial.value is not None))
    return found


def test_is_far_better_than_random_on_a_training_like_surface() -> None:
    bayes = best_values(Bayes(), surface(), n_seeds=6)
    random = best_values(Random(), surface(), n_seeds=6)
    assert all(mine < theirs for mine, theirs in zip(bayes, random, strict=True))
    assert statistics.median(bayes) - 0.05 < 0.2 * (statistics.median(random) - 0.05)


def test_finds_the_best_branch_of_a_conditional_space() -> None:
    assert statistics.median(best_values(Bayes(), branches(), n_seeds=6)) < 0.005


def test_no_branch_is_given_up_for_good() -> None:
    """One optimizer looks good at once, another is better only where nobody has looked yet."""
    trials = simulate(Bayes(), branches(), trials=40, seed=3).trials
    names = [str(trial.config["optimizer"]) for trial in trials[20:]]
    assert len(set(names)) >= 2


def test_a_proposal_says_what_the_model_expects() -> None:
    history = simulate(Bayes(), bowl(), trials=8, seed=1)
    whys = [trial.why for trial in history.trials]
    assert whys[:2] == ["initial trial 1 of 5", "initial trial 2 of 5"]
    assert all(why is not None and why.startswith("the model expects loss") for why in whys[5:])


def test_random_initial_trials_are_those_of_random_search() -> None:
    problem = value_problem(noise_of, mixed_space())
    mine = simulate(Bayes(design="random"), problem, trials=5, seed=7)
    theirs = simulate(Random(), problem, trials=5, seed=7)
    assert [t.config for t in mine.trials] == [t.config for t in theirs.trials]


def test_no_more_than_max_concurrent_at_once() -> None:
    trials = finished(9, mixed_space())
    trials[3] = replace(trials[3], state=TrialState.RUNNING, value=None, ended_at=None)
    history = History(mixed_space(), MINIMIZE, trials, workers=20)
    assert len(Bayes(max_concurrent=4).decide(history, 16, Randomness(0))) == 3


@pytest.mark.parametrize("option", [{"initial": 0}, {"initial": 21}, {"max_concurrent": 21}])
def test_options_outside_the_platforms_ranges_are_refused(option: dict[str, int]) -> None:
    with pytest.raises(SearchError, match="from 1 to 20"):
        Bayes(**option)


def test_concurrency_that_makes_it_random_is_told() -> None:
    assert concurrency_warning(None, 5, 20) is None
    assert concurrency_warning(40, 5, 5) is None
    assert "no proposal" in str(concurrency_warning(10, 5, 5))
    assert "hardly any" in str(concurrency_warning(20, 5, 10))


def test_learns_where_trials_fail() -> None:
    """A third of the space diverges: few of the later proposals lie there (S0.14)."""
    space = Space(a=Float(0.0, 1.0), b=Float(0.0, 1.0), c=Float(0.0, 1.0))

    def outcome(config: Configuration) -> Outcome:
        if float(config["a"] or 0.0) > 0.7:
            return FailureKind.DIVERGED
        return sum((float(config[name] or 0.0) - 0.6) ** 2 for name in ("a", "b", "c"))

    late = []
    for seed in range(4):
        trials = simulate(Bayes(), Problem(space, outcome), trials=40, seed=seed).trials
        late += [trial.state is TrialState.INFEASIBLE for trial in trials[20:]]
    assert statistics.fmean(late) < 0.15


def test_a_finite_space_is_used_up_without_repeats() -> None:
    space = Space(a=Float(0.0, 1.0, step=0.25), b=Float(0.0, 1.0, step=0.5))
    trials = simulate(Bayes(), value_problem(noise_of, space), trials=40).trials
    assert len(trials) == len({trial.config for trial in trials}) == space.size() == 15


def test_a_prior_is_tried_first_and_draws_the_next_trials_near() -> None:
    space = Space(a=Float(0.0, 1.0, prior=0.9, confidence="high"), b=Float(0.0, 1.0))
    trials = simulate(Bayes(), value_problem(lambda config: 0.0, space), trials=12).trials
    assert trials[0].config["a"] == 0.9
    assert statistics.fmean(float(t.config["a"] or 0.0) for t in trials[5:]) > 0.7


@pytest.mark.parametrize("acquisition", ["lcb", "ei"])
def test_every_acquisition_finds_the_bottom_of_a_bowl(acquisition: str) -> None:
    searcher = Bayes(acquisition=acquisition)  # type: ignore[arg-type]  # a name by parameter
    assert statistics.median(best_values(searcher, bowl(), n_seeds=3)) < 1e-3


def test_a_batch_is_spread_by_beliefs_about_its_own_trials() -> None:
    trials = simulate(Bayes(), bowl(), trials=15).trials
    history = History(bowl().space, MINIMIZE, trials, workers=4)
    starts = Bayes().decide(history, 4, Randomness(1))
    configs = [start.config for start in starts if isinstance(start, Start)]
    assert len(set(configs)) == 4
