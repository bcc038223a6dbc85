"""The conformance suite of searchers: subclass ``SearcherSuite``, say how to make one, run pytest.

    class TestMySearcher(SearcherSuite):
        def make_searcher(self):
            return MySearcher()

Each test runs the searcher on simulated trainings and checks a promise of
``tunebook.search.protocol``; every decision made on the way is checked too.
"""

from __future__ import annotations

import itertools
import json
import math
import statistics
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import final

import pytest

from tunebook.records import (
    Configuration,
    FailureKind,
    Objective,
    Series,
    Trial,
    TrialNumber,
    TrialState,
)
from tunebook.search.protocol import (
    Clone,
    Decision,
    History,
    Randomness,
    Resume,
    Searcher,
    Start,
    Stop,
)
from tunebook.space import Bool, Choice, Constant, Float, Int, Space
from tunebook.testing.simulation import Outcome, Problem, simulate

N_STEPS = 9
N_TRIALS = 24


def mixed_space() -> Space:
    """Return a space with every kind of parameter, two of them conditional."""
    return Space(
        lr=Float(1e-5, 1.0, log=True),
        momentum=Float(0.5, 0.999, log="1-x"),
        width=Int(8, 512, log=True),
        batch=Choice(32, 64, 128, ordered=True),
        optimizer=Choice("sgd", "adam", "lion"),
        beta=Float(0.5, 0.999, log="1-x", when={"optimizer": "adam"}),
        nesterov=Bool(when={"optimizer": "sgd"}),
    )


def ordered_space() -> Space:
    """Return a space with every kind of parameter but choices without an order."""
    return Space(
        lr=Float(1e-5, 1.0, log=True),
        momentum=Float(0.5, 0.999, log="1-x"),
        width=Int(8, 512, log=True),
        batch=Choice(32, 64, 128, ordered=True),
        is_adam=Bool(),
        beta=Float(0.5, 0.999, log="1-x", when={"is_adam": True}),
        decay=Float(0.0, 0.5, step=0.1),
    )


def small_space() -> Space:
    """Return a finite space of six points."""
    return Space(a=Choice("p", "q", "r"), b=Bool())


def small_ordered_space() -> Space:
    """Return a finite space of six points, without a choice that has no order."""
    return Space(a=Int(1, 3), b=Bool())


def one_point_space() -> Space:
    """Return a space of a single point."""
    return Space(a=Constant("only"))


def constrained_space() -> Space:
    """Return a space of which a constraint leaves about half."""
    return Space(x=Float(0.0, 1.0), y=Float(0.0, 1.0), constraints=["x + y <= 1"])


def noise_of(config: Configuration) -> float:
    """Return a number in [0, 1) that depends on every bit of a configuration, without pattern."""
    text = json.dumps(sorted(config.items()))
    return zlib.crc32(text.encode()) / 2**32


def curve_of(config: Configuration) -> Sequence[float]:
    """Return a learning curve that falls towards a level, which the learning rate sets."""
    lr = float(config["lr"] or 1.0)
    level = (math.log10(lr) + 2.0) ** 2
    return [level + 1.0 / step for step in range(1, N_STEPS + 1)]


def troubled_curve_of(config: Configuration) -> Outcome:
    """Return a curve, or now and then one of the ways in which trainings fail."""
    troubles: Sequence[Outcome] = [
        FailureKind.OUT_OF_MEMORY,
        FailureKind.USER_ERROR,
        [1.0, math.nan],
        [math.inf],
    ]
    which = int(noise_of(config) * 3 * len(troubles))
    return troubles[which] if which < len(troubles) else curve_of(config)


def curve_problem(
    function: Callable[[Configuration], Outcome] = curve_of, space: Space | None = None
) -> Problem:
    """Return a problem with learning curves; trainings take different times."""
    return Problem(
        space=space or mixed_space(),
        function=function,
        max_steps=N_STEPS,
        seconds=lambda config: 1.0 + noise_of(config),
    )


def value_problem(function: Callable[[Configuration], Outcome], space: Space) -> Problem:
    """Return a problem of which only a final value is seen."""
    return Problem(space=space, function=function, seconds=lambda config: 1.0 + noise_of(config))


@final
@dataclass(slots=True)
class Watched:
    """A searcher (or equal ones in turn) whose every answer is checked and kept as text."""

    searchers: Sequence[Searcher]
    answers: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The searcher's name."""
        return self.searchers[0].name

    @property
    def watches_running(self) -> bool:
        """What the searcher says."""
        return self.searchers[0].watches_running

    def decide(self, history: History, slots: int, rng: Randomness) -> Sequence[Decision]:
        """Ask the searcher and check its answer."""
        trials = tuple(history.trials)
        before = _text(trials)
        searcher = self.searchers[len(self.answers) % len(self.searchers)]
        decisions = searcher.decide(replace(history, trials=trials), slots, rng)
        assert _text(trials) == before, "the searcher changed its history"
        check(decisions, history, slots)
        self.answers.append(repr(list(decisions)))
        return decisions


def _text(trials: Sequence[Trial]) -> str:
    return repr([(trial, dict(trial.curves)) for trial in trials])


def check(decisions: Sequence[Decision], history: History, slots: int) -> None:
    """Assert that decisions are allowed: few enough, in the space, about trials that can obey."""
    n_slots = sum(isinstance(decision, Start | Resume | Clone) for decision in decisions)
    assert n_slots <= slots, f"{n_slots} decisions for {slots} free slots"
    for decision in decisions:
        match decision:
            case Start(config=config) | Clone(config=config):
                assert history.space.contains(config), f"{config} is not in the space"
            case Resume(trial=number):
                assert history.trials[number].state is TrialState.PAUSED
            case Stop(trial=number):
                assert not history.trials[number].state.is_final


def finished(n_trials: int, space: Space, seed: int = 0) -> list[Trial]:
    """Return facts of finished random trials, a second each."""
    trials = []
    for n in range(n_trials):
        config = space.sample(Randomness(seed).of_trial(n, 99))
        value = noise_of(config)
        trial = Trial(
            number=TrialNumber(n),
            state=TrialState.DONE,
            config=config,
            created_at=float(n),
            started_at=float(n),
            ended_at=n + 1.0,
            step=1,
            steps_done=1,
            seconds=1.0,
            value=value,
            best_step=1,
            curves={"loss": Series.of([1], [value], [1.0])},
        )
        trials.append(trial)
    return trials


class SearcherMaker(ABC):
    """How a suite comes by the searcher it tests.

    ``is_seeded``: whether another seed has to give other trials. A grid's are always the same.
    ``takes_choices``: whether it searches choices without an order; if not, spaces have none.
    """

    is_seeded = True
    takes_choices = True

    @abstractmethod
    def make_searcher(self) -> Searcher:
        """Return a searcher that has seen nothing yet."""

    def space(self) -> Space:
        """Return a space with every kind of parameter that the searcher takes."""
        return mixed_space() if self.takes_choices else ordered_space()

    def curves(self, function: Callable[[Configuration], Outcome] = curve_of) -> Problem:
        """Return a problem with learning curves in that space."""
        return curve_problem(function, self.space())

    def run(
        self,
        problem: Problem,
        *,
        trials: int = N_TRIALS,
        workers: int = 1,
        seed: int = 0,
        is_forgetful: bool = False,
    ) -> tuple[History, list[str]]:
        """Simulate a study; return what came of it and all the searcher's answers."""
        n_searchers = 20 * trials if is_forgetful else 1
        watched = Watched([self.make_searcher() for _ in range(n_searchers)])
        history = simulate(watched, problem, trials=trials, workers=workers, seed=seed)
        return history, watched.answers


class SearcherSuite(SearcherMaker):
    """What every searcher must do."""

    @pytest.mark.parametrize("workers", [1, 5])
    def test_trials_lie_in_the_space(self, workers: int) -> None:
        history, _ = self.run(self.curves(), workers=workers)
        assert history.trials
        assert all(history.space.contains(trial.config) for trial in history.trials)

    def test_conditional_parameters_are_absent_when_inactive(self) -> None:
        history, _ = self.run(self.curves())
        parameters = history.space.parameters
        conditional = [name for name, parameter in parameters.items() if parameter.when]
        assert conditional
        for trial, name in itertools.product(history.trials, conditional):
            wanted = (parameters[name].when or {}).items()
            allowed = [(p, v if isinstance(v, tuple) else (v,)) for p, v in wanted]
            is_active = all(trial.config.get(parent) in values for parent, values in allowed)
            assert (name in trial.config) == is_active

    def test_constraints_hold(self) -> None:
        problem = value_problem(noise_of, constrained_space())
        history, _ = self.run(problem)
        assert history.trials
        assert all(history.space.satisfies(trial.config) for trial in history.trials)

    @pytest.mark.parametrize("workers", [1, 5])
    def test_same_seed_and_order_give_byte_equal_decisions(self, workers: int) -> None:
        first = self.run(self.curves(troubled_curve_of), workers=workers, seed=3)[1]
        second = self.run(self.curves(troubled_curve_of), workers=workers, seed=3)[1]
        assert first == second

    def test_another_seed_gives_other_trials(self) -> None:
        problem = self.curves()
        configs = [[t.config for t in self.run(problem, seed=s)[0].trials] for s in (0, 1)]
        assert (configs[0] != configs[1]) == self.is_seeded

    def test_dropping_the_cache_changes_nothing(self) -> None:
        problem = self.curves(troubled_curve_of)
        remembering = self.run(problem, workers=3)[1]
        forgetful = self.run(problem, workers=3, is_forgetful=True)[1]
        assert remembering == forgetful

    def test_serves_two_studies_in_turn(self) -> None:
        searcher, rng = self.make_searcher(), Randomness(0)
        space = self.space()
        objective = Objective.of(minimize="loss")
        histories = [
            History(space, objective, finished(n, space, seed), max_steps=1)
            for n, seed in ((7, 0), (9, 1), (8, 0), (10, 1))
        ]
        for history in histories:
            fresh = self.make_searcher().decide(history, 2, rng)
            assert repr(searcher.decide(history, 2, rng)) == repr(fresh)

    def test_a_batch_fills_the_slots_with_different_trials(self) -> None:
        history = History(self.space(), Objective.of(minimize="loss"), (), N_STEPS, workers=8)
        decisions = self.make_searcher().decide(history, 8, Randomness(0))
        check(decisions, history, 8)
        configs = [d.config for d in decisions if isinstance(d, Start)]
        assert configs
        assert len(set(configs)) == len(configs)

    def test_no_slots_no_starts(self) -> None:
        history = History(self.space(), Objective.of(minimize="loss"), (), N_STEPS)
        check(self.make_searcher().decide(history, 0, Randomness(0)), history, 0)

    @pytest.mark.parametrize("workers", [1, 5])
    def test_goes_on_when_trials_fail(self, workers: int) -> None:
        history, _ = self.run(self.curves(troubled_curve_of), workers=workers)
        assert len(history.trials) == N_TRIALS
        assert {trial.state for trial in history.trials} >= {TrialState.INFEASIBLE}

    def test_goes_on_when_all_trials_fail(self) -> None:
        history, _ = self.run(self.curves(lambda config: [math.nan]), workers=2)
        assert len(history.trials) == N_TRIALS
        assert all(trial.value is None for trial in history.trials)

    def test_goes_on_when_the_objective_is_constant(self) -> None:
        history, _ = self.run(self.curves(lambda config: [0.5] * N_STEPS))
        assert len(history.trials) == N_TRIALS

    def test_goes_on_when_values_are_enormous(self) -> None:
        huge = self.curves(lambda config: [1e300 * (noise_of(config) - 0.5)] * N_STEPS)
        history, _ = self.run(huge)
        assert len(history.trials) == N_TRIALS

    @pytest.mark.parametrize("is_one_point", [True, False])
    def test_ends_or_goes_on_in_a_finite_space(self, is_one_point: bool) -> None:
        small = small_space() if self.takes_choices else small_ordered_space()
        space = one_point_space() if is_one_point else small
        history, _ = self.run(value_problem(noise_of, space), trials=10, workers=2)
        assert history.trials

    def test_a_maximised_metric_is_driven_up(self) -> None:
        space = self.space()
        down = value_problem(lambda c: curve_of(c)[-1], space)
        up = replace(
            value_problem(lambda c: -curve_of(c)[-1], space),
            objective=Objective.of(maximize="loss"),
        )
        configs = [[t.config for t in self.run(problem)[0].trials] for problem in (up, down)]
        assert configs[0] == configs[1]

    def test_decides_after_ten_thousand_trials(self) -> None:
        space = self.space()
        trials = finished(10_000, space)
        history = History(space, Objective.of(minimize="loss"), trials, max_steps=1)
        decisions = self.make_searcher().decide(history, 2, Randomness(0))
        check(decisions, history, 2)

    def test_waiting_and_running_trials_are_taken_in(self) -> None:
        space = self.space()
        trials = finished(12, space)
        for n, state in enumerate((TrialState.RUNNING, TrialState.QUEUED, TrialState.LOST)):
            trials[n] = replace(trials[n], state=state, value=None, ended_at=None, curves={})
        trials[3] = replace(trials[3], state=TrialState.CANCELLED, value=None)
        history = History(space, Objective.of(minimize="loss"), trials, max_steps=1, workers=6)
        decisions = self.make_searcher().decide(history, 3, Randomness(0))
        check(decisions, history, 3)
        configs = [d.config for d in decisions if isinstance(d, Start)]
        assert len(set(configs)) == len(configs)

    def test_is_no_worse_than_random_where_there_is_nothing_to_learn(self) -> None:
        n_seeds, space = 8, self.space()
        problem = value_problem(noise_of, space)
        best = [
            min(trial.value for trial in self.run(problem, seed=seed)[0].trials if trial.value)
            for seed in range(n_seeds)
        ]
        # The least of n uniform numbers: mean 1 / (n + 1), deviation about the same.
        expected = 1.0 / (N_TRIALS + 1)
        assert statistics.fmean(best) <= expected + 3.0 * expected / math.sqrt(n_seeds)
